"""What the HR directory adds at sign-in, asked over real HTTP."""

import json
import subprocess
import sys
import time

import pytest

from ccportal.accounts import services
from ccportal.accounts.checks import vendor_addresses
from ccportal.accounts.models import Employee, EmployeeEmail
from ccportal.integrations.addresses import address_is_safe
from ccportal.integrations.hr.client import Directory, DirectoryFault
from ccportal.integrations.hr.fake import KEY
from conftest import PASSWORD

PEOPLE = [
    {"employee_id": "1001", "name": "Nthabiseng Phiri", "email": "n@example.org", "department": "Board"},
    {"employee_id": "1003", "name": "Lineo M. Letsie", "email": "Lineo@Example.org", "department": "Finance"},
    {"employee_id": "1004", "name": "Thabo Mokoena", "email": "thabo@example.org", "department": "Reticulation"},
    {"employee_id": "X-77", "name": "Mpho Nteso", "email": "mpho@example.org", "department": "CFO"},
    *[
        {"employee_id": number, "name": "Tau", "email": "t@example.org", "department": "O&M", "behave": behave}
        for number, behave in [
            ("2001", "slow"),
            ("2002", "broken"),
            ("2003", "wrong"),
            ("2004", "other"),
            ("2005", "error"),
            ("2006", "huge"),
            ("2007", "redirect"),
        ]
    ],
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A real directory in a process of its own."""
    people = tmp_path_factory.mktemp("hr") / "people.json"
    people.write_text(json.dumps(PEOPLE))
    process = subprocess.Popen(
        [sys.executable, "-m", "ccportal.integrations.hr.fake", "0", str(people)], stdout=subprocess.PIPE, text=True
    )
    yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    process.terminate()
    process.wait()


@pytest.fixture
def directory(settings, address):
    settings.HR_URL, settings.HR_API_KEY, settings.HR_TIMEOUT_SECONDS = address, KEY, 20


@pytest.fixture
def log_in(client, db):
    def send(number):
        body = {"employee_id": number, "password": PASSWORD}
        return client.post("/api/auth/employee-login", body, content_type="application/json").json()["user"]

    return send


def test_it_brings_name_email_and_department(directory, lineo, enter):
    enter("1003")
    employee = Employee.objects.get(pk=lineo.pk)
    assert (employee.name, employee.email, employee.department) == ("Lineo M. Letsie", "lineo@example.org", "Finance")


def test_the_department_gives_the_role(directory, thabo, log_in):
    assert log_in("1004")["cc_role"] == "onm_team"


def test_an_assignment_by_hand_outranks_the_department(directory, thabo, log_in):
    services.assign_role("1004", "finance_team", assigned_by="1001")
    assert log_in("1004")["cc_role"] == "finance_team"


def test_a_department_that_gives_no_role_makes_generic(directory, make_employee, log_in):
    make_employee("1001", "Nthabiseng Phiri", "finance_team")
    assert log_in("1001")["cc_role"] == "generic"


def test_the_email_is_remembered_for_the_number(directory, thabo, enter):
    enter()
    assert list(EmployeeEmail.objects.values_list("employee_no", "email")) == [("1004", "thabo@example.org")]


def test_somebody_the_directory_knows_by_the_remembered_email_only_is_found(directory, make_employee, log_in):
    make_employee("3003", "Mpho Nteso", "generic")
    services.remember_email("3003", "mpho@example.org")
    assert log_in("3003")["cc_role"] == "finance_team"


def test_somebody_the_directory_does_not_know_has_no_role_from_it(directory, make_employee, log_in):
    make_employee("4004", "Tau Sello", "onm_team")
    user = log_in("4004")
    assert (user["name"], user["cc_role"], user["hr_role"]) == ("Tau Sello", "generic", "user")


@pytest.mark.parametrize("number", ["2001", "2002", "2003", "2004", "2005", "2006", "2007"])
@pytest.mark.parametrize("role", ["generic", "finance_team"])
def test_a_directory_that_is_slow_or_talks_nonsense_changes_nothing(
    directory, make_employee, enter, number, role, settings
):
    settings.HR_TIMEOUT_SECONDS = 1
    employee = make_employee(number, "Tau Sello", role)
    started = time.monotonic()
    assert enter(number).status_code == 302
    assert time.monotonic() - started < 30  # the slow one drips for ever
    after = Employee.objects.get(pk=employee.pk)
    assert (after.role, after.name, after.email, after.department) == (role, "Tau Sello", "", "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://hr.example.org", "ftp://hr.example.org", "nonsense"])
def test_a_directory_that_is_down_or_not_allowed_changes_nothing(settings, palesa, enter, url):
    settings.HR_URL = url
    assert enter("1002").status_code == 302
    assert Employee.objects.get(pk=palesa.pk).role == "onm_team"


def test_a_wrong_key_changes_nothing(directory, settings, palesa, enter):
    settings.HR_API_KEY = "wrong"
    assert enter("1002").status_code == 302
    assert Employee.objects.get(pk=palesa.pk).role == "onm_team"


def test_without_a_directory_everything_stays_as_it_is(settings, palesa, log_in):
    settings.HR_URL = ""
    assert log_in("1002")["cc_role"] == "onm_team"


def test_the_directory_is_not_asked_for_a_wrong_password(settings, thabo, enter):
    settings.HR_URL = "http://127.0.0.1:9"
    assert enter(password="wrong").status_code == 401


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://hr.example.org", True),
        ("http://127.0.0.1:9000", True),
        ("http://localhost:9000", True),
        ("http://[::1]:9000", True),
        ("http://hr.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@hr.example.org", False),
        ("https://", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_https_or_this_machine_is_asked(settings, url, safe):
    assert address_is_safe(url) is safe
    settings.HR_URL = url
    assert (vendor_addresses(None) == []) is safe


def test_numbers_are_escaped_in_the_address(address):
    with Directory(address, KEY, 1) as asked:
        assert asked.by_number("../employees?email=x") is None


def test_faults_name_no_person(address):
    with Directory(address, KEY, 1) as asked, pytest.raises(DirectoryFault) as fault:
        asked.by_number("2003")
    assert str(fault.value) == "the directory's answer is not as agreed: employee_id, name"
