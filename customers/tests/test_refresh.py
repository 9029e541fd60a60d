"""The directory follows the ACDB, and says so when it cannot."""

import pytest
from django.db import connections

from customers.models import DirectoryCustomer, DirectoryState
from customers.tasks import refresh_directory

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("village")]


def break_the_acdb():
    with connections["acdb"].cursor() as cursor:
        cursor.execute("ALTER TABLE tblcustomer RENAME TO lost")


def test_a_failed_refresh_keeps_the_old_directory_and_is_recorded():
    break_the_acdb()
    refresh_directory()
    assert DirectoryState.objects.get().error == "The customer database could not be read."
    assert DirectoryCustomer.objects.count() == 4


def test_a_failed_refresh_shows_on_the_dashboard(sign_in, thabo):
    break_the_acdb()
    refresh_directory()
    assert "The customer database could not be read." in sign_in(thabo).get("/").text


def test_the_next_good_refresh_clears_the_failure():
    DirectoryState.objects.update(error="The customer database could not be read.")
    refresh_directory()
    assert DirectoryState.objects.get().error == ""


def test_lists_and_searches_work_without_the_acdb(sign_in, thabo):
    break_the_acdb()
    assert "Lerato Letšela" in sign_in(thabo).get("/customers/?q=letsela").text


def test_a_customer_page_without_the_acdb_says_what_is_wrong(sign_in, thabo):
    break_the_acdb()
    response = sign_in(thabo).get("/customers/1/")
    assert response.status_code == 503
    assert "The customer database" in response.text
    assert "tblcustomer" not in response.text


def test_a_lookup_without_the_acdb_is_503(sign_in, thabo):
    break_the_acdb()
    answer = sign_in(thabo).get("/customers/by-id/1")
    assert answer.status_code == 503
    assert set(answer.json()) == {"detail"}
