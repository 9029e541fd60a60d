"""The customer database gone, locked, corrupt or empty: what needs it says so, everything else works."""

import sqlite3

import pytest
from django.db import DatabaseError, connections, transaction
from django.db.utils import IntegrityError
from django.test import Client

from ccportal.core.middleware import database_of, is_acdb_fault
from customers.models import Customer, Site

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def fault_of(act):
    with pytest.raises(DatabaseError) as caught:
        act()
    return caught.value


def query(alias, sql):
    def run():
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(sql)

    return run


def test_it_tells_which_database_failed():
    assert database_of(fault_of(query("acdb", "SELECT * FROM nothing"))) == "acdb"
    assert database_of(fault_of(query("default", "SELECT * FROM nothing"))) == "default"
    assert database_of(ValueError("x")) is None


def test_a_fault_of_our_own_database_is_not_taken_for_one_of_the_acdb():
    assert is_acdb_fault(fault_of(query("acdb", "SELECT * FROM nothing")))
    assert not is_acdb_fault(fault_of(query("default", "SELECT * FROM nothing")))


def test_a_broken_constraint_is_not_taken_for_a_broken_database():
    Customer.objects.create(number=7)

    def twice():
        with transaction.atomic(using="acdb"):
            Customer.objects.create(number=7)

    fault = fault_of(twice)
    assert isinstance(fault, IntegrityError)
    assert not is_acdb_fault(fault)
    assert Site.objects.exists()


@pytest.fixture
def without_customers(db):
    with connections["acdb"].cursor() as cursor:
        cursor.execute("DROP TABLE tblcustomer")


def test_a_page_that_needs_the_customer_database_says_that_it_is_not_available(sign_in, thabo, without_customers):
    response = sign_in(thabo).get("/customers/7/")
    assert response.status_code == 503
    assert "The customer database is not available" in response.text
    assert "tblcustomer" not in response.text


def test_programs_get_the_same_as_json(client, sign_in, thabo, without_customers):
    response = sign_in(thabo).get("/customers/by-id/7")
    assert response.status_code == 503
    assert response.json() == {"detail": "The customer database is not available at the moment. Try again shortly."}


def test_the_rest_still_works(sign_in, thabo, without_customers):
    assert Client().get("/sign-in/").status_code == 200
    client = sign_in(thabo)
    assert client.get("/profile/").status_code == 200
    assert client.get("/mutations/").status_code == 200
    assert client.get("/health").json()["status"] == "no_db"


SCRIPT = """
from django.conf import settings
from django.test import Client
from ccportal.accounts.models import Employee
settings.ALLOWED_HOSTS = ["testserver"]
settings.DATABASES["acdb"]["OPTIONS"]["timeout"] = 0.2
thabo = Employee.objects.create_user("1004", "Katse-e-ntsho-7", name="Thabo Mokoena", role="generic")
client = Client()
client.force_login(thabo, backend="django.contrib.auth.backends.ModelBackend")
for path in ("/customers/7/", "/customers/by-id/7", "/profile/", "/health"):
    answer = client.get(path)
    kind = answer["Content-Type"].split(";")[0]
    print(path, answer.status_code, kind, answer.json().get("status", "") if path == "/health" else "")
"""


def visit(installation):
    installation.extra = {"DEBUG": "1"}  # static files need no collecting then; faults are answered alike
    return installation.python(SCRIPT).splitlines()


def unavailable(status):
    return [
        "/customers/7/ 503 text/html ",
        "/customers/by-id/7 503 application/json ",
        "/profile/ 200 text/html ",
        f"/health 200 application/json {status}",
    ]


@pytest.mark.slow
def test_a_file_that_is_gone(installation):
    for file in installation.folder.glob("acdb.sqlite3*"):
        file.unlink()
    assert visit(installation) == unavailable("no_db")


@pytest.mark.slow
def test_a_file_that_is_corrupt(installation):
    for file in installation.folder.glob("acdb.sqlite3-*"):
        file.unlink()
    (installation.folder / "acdb.sqlite3").write_bytes(b"Standard ACE DB, or so they said. " * 400)
    assert visit(installation) == unavailable("db_error")


@pytest.mark.slow
def test_a_file_that_another_program_has_locked(installation):
    other = sqlite3.connect(installation.folder / "acdb.sqlite3")
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE held (x)")
    try:
        assert visit(installation) == unavailable("db_error")
    finally:
        other.close()
