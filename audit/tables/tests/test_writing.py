"""Single records: GET, POST, PUT and DELETE on /api/tables, and who may."""

import pytest

from audit.models import Mutation
from billing.models import Transaction
from ccportal.accounts import keys
from customers.models import AccountNumber, Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
CUSTOMER = "/api/tables/tblcustomer"
LEDGER = "/api/tables/tblaccounthistory1"
ROLES = ["thabo", "lineo", "palesa", "nthabiseng"]


@pytest.fixture
def act(api, request):
    """Does something as a named person: ``act("palesa", "put", path, {...})``."""

    def go(name, method, path, data=None, **extra):
        client = api(request.getfixturevalue(name) if name else None)
        body = {"data": data, **extra} if data is not None else None
        return getattr(client, method)(path, body, format="json")

    return go


def test_a_record_is_read_by_its_key(act, thabo, people):
    answer = act("thabo", "get", f"{CUSTOMER}/1").json()
    assert (answer["primary_key"], answer["id"]) == ("CUSTOMER ID", "1")
    assert answer["record"]["LAST NAME"] == "Letšela"
    assert answer["record"]["DATE SERVICE CONNECTED"] == "2024-12-07 00:30:00"


def test_a_table_without_key_uses_the_habitual_column(act, people):
    answer = act("thabo", "get", "/api/tables/tblaccountnumbers/2").json()
    assert answer["primary_key"] == "customerid"
    assert answer["record"]["accountnumber"] == "0001MAK"


def test_of_several_records_with_the_same_key_the_first_is_read_and_its_own_id_given(act, people):
    answer = act("thabo", "get", "/api/tables/tblaccountnumbers/1").json()
    assert answer["record"]["accountnumber"] == "0001MAK"
    again = act("thabo", "get", f"/api/tables/tblaccountnumbers/{answer['id']}").json()
    assert again["record"] == answer["record"]


def test_an_unknown_record_is_404_and_an_unknown_table_400(act, people):
    assert act("thabo", "get", f"{CUSTOMER}/99").status_code == 404
    assert act("thabo", "get", f"{CUSTOMER}/abc").status_code == 404
    for method in ("get", "put", "delete"):
        assert act("palesa", method, "/api/tables/tblnothing/1", {"x": 1}).status_code == 400
    assert act("palesa", "post", "/api/tables/tblnothing", {"x": 1}).status_code == 400


def test_a_created_record_gets_its_key_and_an_entry_that_can_be_undone(act, people):
    response = act("palesa", "post", CUSTOMER, {"first name": "Mpho", "CUSTOMER ID": 7, "CELL PHONE 1": "58000001"})
    number = Customer.objects.get(first_name="Mpho").number
    assert response.status_code == 201
    body = response.json()
    entry = Mutation.objects.get(pk=body.pop("mutation_id"))
    assert body == {"message": "Created.", "table": "tblcustomer", "id": str(number)}
    assert (entry.record_id, entry.action, entry.actor_id, entry.state) == (str(number), "create", "1002", "applied")


def test_only_the_given_columns_change(act, people):
    response = act("palesa", "put", f"{CUSTOMER}/1", {"City": " Maseru ", "GPS X": None}, reason="Moved")
    assert (response.status_code, response.json()["id"]) == (200, "1")
    customer = Customer.objects.get(number=1)
    assert (customer.city, customer.gps_x, customer.last_name) == ("Maseru", None, "Letšela")
    assert Mutation.objects.get(pk=response.json()["mutation_id"]).reason == "Moved"


def test_a_deleted_record_stays_in_the_log(act, people):
    response = act("palesa", "delete", f"{CUSTOMER}/3")
    assert (response.status_code, response.json()["message"]) == (200, "Deleted.")
    assert not Customer.objects.filter(number=3).exists()
    assert Mutation.objects.get(pk=response.json()["mutation_id"]).old_values["FIRST NAME"] == "Neo"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"CELL PHONE 1": "3.5"}, "CELL PHONE 1 must be"),
        ({"GPS X": "north"}, "GPS X must be a number."),
        ({"DATE SERVICE CONNECTED": "31/02/2026"}, "DATE SERVICE CONNECTED must be a date"),
        ({"FIRST NAME": ["a"]}, "FIRST NAME must be a single value."),
        ({"no such": 1}, "no column 'no such'"),
        ({}, "Nothing to write"),
        ({"CUSTOMER ID": 9}, "Nothing to write"),
    ],
)
def test_a_value_that_does_not_fit_is_400_naming_its_column(act, people, data, words):
    for method, path in (("post", CUSTOMER), ("put", f"{CUSTOMER}/1")):
        response = act("palesa", method, path, data)
        assert response.status_code == 400
        assert words in response.json()["detail"]
    assert not Mutation.objects.filter(database="acdb").exists()


def test_a_body_without_data_is_422(api, palesa, people):
    for body in ({}, {"data": []}, {"data": None}, [], "x"):
        assert api(palesa).put(f"{CUSTOMER}/1", body, format="json").status_code == 422


def test_values_that_no_longer_stand_are_a_conflict(act, people):
    response = act("palesa", "put", f"{CUSTOMER}/1", {"CITY": "Maseru"}, expected={"CITY": "Roma"})
    assert response.status_code == 409
    assert Customer.objects.get(number=1).city is None


def test_rows_that_share_a_key_are_told_apart_by_the_ids_of_the_listing(api, act, palesa, people):
    assert act("palesa", "put", "/api/tables/tblaccountnumbers/1", {"meterid": "SMR-9"}).status_code == 409
    listed = api(palesa).get("/api/tables/tblaccountnumbers").json()
    (one,) = [i for i, row in zip(listed["ids"], listed["rows"], strict=True) if row["accountnumber"] == "0005MAK"]
    assert act("palesa", "put", f"/api/tables/tblaccountnumbers/{one}", {"meterid": "SMR-9"}).status_code == 200
    assert AccountNumber.objects.get(meter_id="SMR-9").account == "0005MAK"


def test_a_key_that_exists_already_is_400(act, people):
    from django.db import connections

    with connections["acdb"].cursor() as cursor:
        cursor.execute('CREATE TABLE "tblnamed" ("code" VARCHAR(3) PRIMARY KEY, "note" VARCHAR(20))')
    assert act("nthabiseng", "post", "/api/tables/tblnamed", {"code": "a/b", "note": "x"}).status_code == 201
    assert act("nthabiseng", "post", "/api/tables/tblnamed", {"code": "a/b"}).status_code == 400
    assert act("thabo", "get", "/api/tables/tblnamed/a%2Fb").json()["record"]["note"] == "x"


def test_a_yes_or_no_that_is_not_given_is_no_as_in_access(act, people):
    from django.db import connections

    with connections["acdb"].cursor() as cursor:
        cursor.execute('CREATE TABLE "tblswitch" ("ID" INTEGER PRIMARY KEY, "on" BIT NOT NULL, "note" VARCHAR(20))')
    number = act("nthabiseng", "post", "/api/tables/tblswitch", {"note": "x"}).json()["id"]
    assert act("thabo", "get", f"/api/tables/tblswitch/{number}").json()["record"]["on"] is False


def test_a_creation_sent_twice_with_one_key_is_done_once(api, palesa, people):
    for _ in range(2):
        response = api(palesa).post(
            CUSTOMER, {"data": {"FIRST NAME": "Mpho"}}, format="json", headers={"Idempotency-Key": "one"}
        )
        assert response.status_code == 201
    assert Customer.objects.filter(first_name="Mpho").count() == 1


#: Who may do what (semantics 19): the statuses for Thabo, Lineo, Palesa, Nthabiseng.
MATRIX = [
    ("post", CUSTOMER, {"FIRST NAME": "x"}, [403, 403, 201, 201]),
    ("put", f"{CUSTOMER}/1", {"FIRST NAME": "x"}, [403, 403, 200, 200]),
    ("delete", f"{CUSTOMER}/1", None, [403, 403, 200, 200]),
    ("post", LEDGER, {"transaction amount": 1}, [403, 201, 201, 201]),
    ("put", f"{LEDGER}/1", {"transaction amount": 1}, [403, 200, 200, 200]),
    ("delete", f"{LEDGER}/1", None, [403, 403, 200, 200]),
    ("post", "/api/tables/tblaccountnumbers", {"accountnumber": "0009MAK"}, [403, 201, 201, 201]),
    ("post", "/api/tables/tblaccounthistoryOriginal", {"transaction amount": 1}, [403, 201, 201, 201]),
    ("post", "/api/tables/tblconfig", {"therate": 5}, [403, 403, 201, 201]),
]


@pytest.mark.parametrize(("method", "path", "data", "statuses"), MATRIX)
@pytest.mark.parametrize("place", range(4), ids=ROLES)
def test_each_role_may_write_what_the_contract_says(act, people, ledger, method, path, data, statuses, place):
    response = act(ROLES[place], method, path, data)
    assert response.status_code == statuses[place]
    if response.status_code == 403:
        assert "It takes the role" in response.json()["detail"]
        assert not Mutation.objects.filter(database="acdb").exists()


def test_the_role_is_asked_before_the_body(api, thabo, people):
    assert api(thabo).post(CUSTOMER, {"nonsense": 1}, format="json").status_code == 403


@pytest.mark.parametrize(("method", "path", "data", "statuses"), MATRIX)
def test_customers_and_strangers_write_nothing(act, lerato, ledger, method, path, data, statuses):
    assert act("lerato", method, path, data).status_code == 403
    assert act(None, method, path, data).status_code == 401
    assert Transaction.objects.count() == 10


def test_a_customer_reads_only_an_own_record(act, lerato):
    assert act("lerato", "get", f"{CUSTOMER}/1").json()["record"]["FIRST NAME"] == "Lerato"
    assert act("lerato", "get", f"{CUSTOMER}/3").status_code == 403
    assert act("lerato", "get", "/api/tables/tblaccountnumbers/1").status_code == 200
    assert act("lerato", "get", "/api/tables/tblaccountnumbers/2").status_code == 403
    assert act("lerato", "get", f"{LEDGER}/1").status_code == 403


def test_a_program_writes_with_the_scope_for_it(client, people):
    def put(*scopes):
        _, text = keys.issue(f"sync {scopes}", list(scopes), "1001")
        return client.put(
            f"{CUSTOMER}/1", {"data": {"CITY": "Roma"}}, content_type="application/json", headers={"X-API-Key": text}
        )

    assert put("tables.read").status_code == 403
    assert put("tables.write").status_code == 200
    assert Mutation.objects.get(database="acdb").actor_kind == "service"


def test_a_read_only_database_refuses_with_a_sentence(act, people, settings):
    settings.ACDB_READ_ONLY = True
    response = act("palesa", "put", f"{CUSTOMER}/1", {"CITY": "Roma"})
    assert response.status_code == 403
    assert "imported again" in response.json()["detail"]
