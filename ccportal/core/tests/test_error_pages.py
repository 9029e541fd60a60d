"""What people and programs get when something fails: a sentence, the request id, nothing internal."""

import logging

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from ccportal.core.views import bad_request

pytestmark = [
    pytest.mark.urls("ccportal.core.tests.styleguide"),
    pytest.mark.django_db(databases=["default", "acdb"]),
]


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.fixture
def acdb_emptied():
    """The ACDB as it is before the first import."""
    with connections["acdb"].cursor() as cursor:
        cursor.execute("ALTER TABLE tblcustomer RENAME TO elsewhere")


def test_an_unknown_address_gets_a_page_with_the_request_id(sign_in, thabo):
    answer = sign_in(thabo).get("/no/such/page/", headers={"X-Request-ID": "abcdef0123456789"})
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "quote request <code>abcdef0123456789</code>" in answer.text


def test_an_unknown_api_address_gets_a_detail(visitor):
    answer = visitor.get("/api/no/such/thing")
    assert answer.status_code == 404
    assert list(answer.json()) == ["detail"]


def test_an_expected_fault_shows_its_sentence(sign_in, thabo):
    answer = sign_in(thabo).get("/styleguide/conflict/")
    assert answer.status_code == 409
    assert "Somebody else changed this meter a moment ago." in answer.text


def test_an_expected_fault_of_a_part_is_one_line(sign_in, thabo):
    answer = sign_in(thabo).get("/styleguide/conflict/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert '<div class="message error">' in answer.text
    assert "<html" not in answer.text


def test_an_unexpected_fault_tells_nothing_internal(visitor):
    answer = visitor.get("/styleguide/broken/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert answer["X-Request-ID"] in answer.text
    assert "secret detail" not in answer.text
    assert "RuntimeError" not in answer.text


def test_an_unexpected_fault_of_the_api_is_a_detail(visitor):
    answer = visitor.get("/api/styleguide/broken/")
    assert answer.status_code == 500
    assert answer.json() == {"detail": "It has been logged. Try again; if it stays, tell support the request number."}


def test_the_page_for_unexpected_faults_needs_no_database(visitor, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert visitor.get("/styleguide/broken/").status_code == 500


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/styleguide/", "<h1>The portal is not available</h1>"),
        ("/api/styleguide/broken/", "Its database does not answer"),
    ],
)
def test_while_our_own_database_is_silent_people_are_told_to_come_back(thabo, address, sentence):
    def silent(*_):
        raise OperationalError("connection to server at 10.0.0.7 failed")

    client = Client(raise_request_exception=False)
    client.force_login(thabo, backend="django.contrib.auth.backends.ModelBackend")
    with connection.execute_wrapper(silent):
        answer = client.get(address)
    assert answer.status_code == 503
    assert sentence in answer.text
    assert "10.0.0.7" not in answer.text


def test_even_without_templates_an_unexpected_fault_is_answered(visitor, settings, caplog):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": []}]
    with caplog.at_level(logging.ERROR):
        answer = visitor.get("/styleguide/broken/")
    assert answer.status_code == 500
    assert "<h1>Something went wrong on our side</h1>" in answer.text
    assert "the error page failed" in caplog.text


def test_a_form_without_its_token_is_refused_with_advice(thabo):
    client = Client(enforce_csrf_checks=True)
    client.force_login(thabo, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/styleguide/", {"name": "Lerato"})
    assert answer.status_code == 403
    assert "Nothing was saved. Go back, reload the page and send it again" in answer.text


def test_more_than_the_server_reads_is_413(sign_in, thabo, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = sign_in(thabo).post("/styleguide/", {"name": "x" * 200})
    assert answer.status_code == 413
    assert "Too much at once" in answer.text


def test_a_malformed_request_is_400(rf, thabo):
    request = rf.get("/styleguide/")
    request.user, request.htmx = thabo, False
    answer = bad_request(request)
    assert answer.status_code == 400
    assert b"The request could not be read" in answer.content


def test_a_missing_customer_database_is_named_and_the_rest_still_works(sign_in, nthabiseng, acdb_emptied):
    client = sign_in(nthabiseng)
    answer = client.get("/styleguide/acdb-away/")
    assert answer.status_code == 503
    assert "The customer database is not available" in answer.text
    assert "What still works" in answer.text
    assert 'href="/admin/"' in answer.text
    assert client.get("/admin/").status_code == 200


def test_a_missing_customer_database_is_found_out_from_the_query_that_failed(sign_in, thabo, acdb_emptied):
    answer = sign_in(thabo).get("/styleguide/query/")
    assert answer.status_code == 503
    assert "The customer database is not available" in answer.text
    assert "elsewhere" not in answer.text
    assert "tblcustomer" not in answer.text


def test_htmx_is_sent_to_the_sign_in_page_as_a_page(visitor):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/styleguide/?page=2"}
    answer = visitor.get("/styleguide/", headers=headers)
    assert answer.status_code == 200
    assert answer["HX-Redirect"].endswith("?next=%2Fstyleguide%2F%3Fpage%3D2")
