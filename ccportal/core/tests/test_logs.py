"""Log lines: JSON with a request id, and nothing of what people are."""

import io
import json
import logging
import logging.config
from datetime import datetime, timedelta

import pytest
from django.urls import path

from ccportal.accounts.permissions import public
from ccportal.core import logs
from conftest import PASSWORD
from customers.models import Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
PHONE, ACCOUNT, NAME = "58698650", "0045MAK", "Letšela"


@public
def broken(request, phone):
    raise ValueError(f"no such phone: {phone}")


@public
def nested(request, phone):
    try:
        raise KeyError(phone)
    except KeyError as error:
        raise RuntimeError(f"about {phone}") from error


def with_broken_views():
    from ccportal.urls import urlpatterns

    return [path("broken/<str:phone>", broken), path("api/nested/<str:phone>", nested), *urlpatterns]


@pytest.fixture
def log(settings):
    """What the portal's own logging writes, as a file."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logs.JsonFormatter())
    handler.addFilter(logs.RequestFilter())
    logging.config.dictConfig(settings.LOGGING)
    root = logging.getLogger()
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_is_one_line_that_names_the_route(client, log):
    response = client.get(f"/customers/by-phone/{PHONE}", headers={"X-Request-ID": "0123456789abcdef0123"})
    assert response["X-Request-ID"] == "0123456789abcdef0123"
    (line,) = [line for line in lines(log) if line["logger"] == "ccportal.request"]
    assert line["request_id"] == "0123456789abcdef0123"
    assert (line["method"], line["status"], line["route"]) == ("GET", 401, "customers/by-phone/<str:phone>")
    assert line["ms"] >= 0
    assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize("given", ["short", "has blanks in it, many", "x" * 65, "1" * 10 + "\n" + "2" * 10, PHONE])
def test_an_odd_request_id_is_replaced(client, log, given):
    assert client.get("/health", headers={"X-Request-ID": given})["X-Request-ID"] != given


def test_real_requests_leave_nothing_personal_in_the_log(client, sign_in, thabo, log):
    Customer.objects.create(first_name="Mpho", last_name=NAME, phone=PHONE, plot_number="MAK 0045 HH")
    client.post("/sign-in/", {"username": "1004", "password": PASSWORD})
    client.post("/sign-in/", {"username": "1004", "password": "wrong-" + PASSWORD})
    client.post(
        "/api/auth/employee-login", {"employee_id": "1004", "password": PASSWORD}, content_type="application/json"
    )
    sign_in(thabo)
    for address in (
        f"/customers/by-phone/{PHONE}",
        f"/customers/by-phone/{PHONE}/no-such-page",
        f"/customers/?q={NAME}",
        f"/customer-data/{ACCOUNT}/",
        f"/api/customer-data/{ACCOUNT}",
        f"/no/such/page/{PHONE}",
        f"/api/tables/{ACCOUNT}",
    ):
        client.get(address)
    written = log.getvalue()
    assert len(lines(log)) >= 10
    for secret in (PHONE, ACCOUNT, NAME, "Let\\u0161ela", PASSWORD, "Mpho"):
        assert secret not in written


@pytest.mark.urls("ccportal.core.tests.test_logs")
@pytest.mark.parametrize("address", [f"/broken/{PHONE}", f"/api/nested/{PHONE}"])
def test_an_unhandled_fault_is_logged_with_type_and_stack_but_without_data(client, log, address, monkeypatch):
    monkeypatch.setitem(globals(), "urlpatterns", with_broken_views())
    client.raise_request_exception = False
    assert client.get(address).status_code == 500
    faults = [line for line in lines(log) if line["level"] == "ERROR"]
    assert len(faults) == 1
    assert "test_logs.py" in faults[0]["exc_info"]
    assert "Error" in faults[0]["exc_info"]
    assert faults[0]["request_id"]
    assert PHONE not in log.getvalue()


def test_the_causes_of_a_fault_are_in_the_stack(db):
    try:
        nested(None, PHONE)
    except RuntimeError as error:
        text = logs.stack(error)
    assert text.index("RuntimeError") < text.index("caused by") < text.index("KeyError")
    assert PHONE not in text


def test_faults_of_the_program_itself_keep_their_words():
    try:
        PASSWORD.no_such_method()
    except AttributeError as error:
        assert "no attribute 'no_such_method'" in logs.stack(error)
