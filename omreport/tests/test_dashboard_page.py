"""The first page after sign-in: find the customer on the phone, see how fresh the figures are."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.core.testing.browser import PHONE, assert_accessible
from customers.models import Customer
from customers.services.directory import refresh_directory

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def test_it_names_the_last_import_and_how_it_ended(sign_in, thabo):
    AcdbImport.objects.create(file_name="old.accdb", state=ImportState.DONE, finished_at=timezone.now())
    AcdbImport.objects.create(file_name="november.accdb", state=ImportState.FAILED, finished_at=timezone.now())
    page = sign_in(thabo).get("/").text
    assert "november.accdb, not imported " in page
    assert "old.accdb" not in page


def test_it_says_so_when_nothing_was_ever_imported(sign_in, thabo):
    assert "<dt>Last import</dt><dd>none</dd>" in sign_in(thabo).get("/").text


def test_only_who_may_import_gets_a_link_to_it(sign_in, thabo, nthabiseng):
    last = AcdbImport.objects.create(file_name="november.accdb", state=ImportState.DONE)
    link = f'href="/import/{last.pk}/"'
    assert link in sign_in(nthabiseng).get("/").text
    assert link not in sign_in(thabo).get("/").text


@pytest.mark.browser
def test_the_one_search_field_has_the_cursor_and_answers_while_typing(signed_in_page, thabo):
    Customer.objects.create(number=17, first_name="Lerato", last_name="Letšela", phone="58698650", concession="MAK")
    refresh_directory()
    page = signed_in_page(thabo, viewport=PHONE)
    page.goto("/")
    box = page.get_by_label("Customer on the phone?")
    expect(box).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_count(1)
    page.keyboard.type("letsela")
    expect(page.get_by_role("link", name="Lerato Letšela")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/17/")


@pytest.mark.browser
def test_the_search_field_is_a_form_without_javascript(signed_in_page, thabo):
    page = signed_in_page(thabo, java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Customer on the phone?").fill("letsela")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**/customers/?q=letsela")
