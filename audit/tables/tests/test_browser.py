"""Tables, exports and roles in real Chromium: by keyboard, and without JavaScript."""

import pytest
from playwright.sync_api import expect

from ccportal.core.testing.browser import PHONE, assert_accessible
from customers.models import Customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(databases=["default", "acdb"])]


def test_a_record_is_filtered_found_and_edited_by_keyboard_alone(signed_in_page, palesa, people):
    page = signed_in_page(palesa)
    page.goto("/tables/tblcustomer/")
    page.get_by_role("link", name="Filter by LAST NAME").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Condition").locator("option")).to_have_count(4)
    page.get_by_label("Value").focus()
    page.keyboard.type("Letš")
    page.keyboard.press("Enter")
    expect(page.get_by_text("LAST NAME contains Letš")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="1", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Edit").focus()
    page.keyboard.press("Enter")
    page.get_by_label("FIRST NAME").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Neo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The record is changed.")).to_be_visible()
    assert Customer.objects.get(number=1).first_name == "Neo"


def test_a_conflict_is_resolved_without_javascript(signed_in_page, palesa, people):
    page = signed_in_page(palesa, java_script_enabled=False, viewport=PHONE)
    page.goto("/tables/tblcustomer/edit/?id=1")
    page.get_by_label("FIRST NAME").fill("Neo")
    Customer.objects.filter(number=1).update(city="Roma")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Somebody changed this record meanwhile")
    expect(page.get_by_label("FIRST NAME")).to_have_value("Neo")
    expect(page.get_by_label("CITY")).to_have_value("Roma")
    page.get_by_role("button", name="Save over theirs").click()
    expect(page.get_by_text("The record is changed.")).to_be_visible()
    saved = Customer.objects.get(number=1)
    assert (saved.first_name, saved.city) == ("Neo", "Roma")


def test_an_export_is_chosen_and_saved_without_javascript(signed_in_page, thabo, people):
    page = signed_in_page(thabo, java_script_enabled=False)
    page.goto("/export/")
    page.get_by_label("Any table").select_option("tblcustomer")
    page.get_by_role("button", name="Choose columns").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export", exact=True).click()
    assert saved.value.suggested_filename == "tblcustomer.csv"


@pytest.mark.parametrize("look", [{}, {"viewport": PHONE, "color_scheme": "dark"}], ids=["desktop", "phone-dark"])
def test_the_pages_have_no_barrier_and_fit(signed_in_page, nthabiseng, people, look):
    page = signed_in_page(nthabiseng, **look)
    for path in (
        "/tables/tblcustomer/?col=CUSTOMER+ID&op=gt&val=1&to=", "/tables/tblcustomer/edit/?id=1",
        "/tables/tblcustomer/delete/?id=1", "/tables/tblcustomer/record/?id=1", "/export/",
        "/export/choose/?table=tblcustomer", "/export/choose/?set=payments", "/roles/", "/roles/1001/",
        "/roles/emails/", "/roles/import/", "/mutations/", "/mutations/record/?table=tblcustomer&record=1",
    ):  # fmt: skip
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
