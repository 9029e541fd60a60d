"""The customer list in a real browser: Thabo filters, sorts, goes back, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from ccportal.core.testing.browser import PHONE, assert_accessible

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("village"),
]


def first_name(page):
    return page.locator("#customer-list tbody th").first


def test_sorting_replaces_the_list_and_keeps_the_focus(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/customers/")
    page.evaluate("document.body.dataset.kept = 'yes'")
    page.get_by_role("link", name="Number", exact=True).press("Enter")
    page.wait_for_url("**/customers/?*sort=number*")
    expect(page.get_by_role("link", name="Number", exact=True)).to_be_focused()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Number")
    expect(page.locator("body")).to_have_attribute("data-kept", "yes")
    page.get_by_role("link", name="Number", exact=True).press("Enter")
    expect(first_name(page)).to_have_text("Neo Molapo")


def test_filter_and_sorting_survive_each_other(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/customers/")
    page.get_by_label("Status", exact=True).select_option("active")
    expect(page.locator("#announce")).to_contain_text("3 of 4 customers")
    page.get_by_role("link", name="Number", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Number")
    page.get_by_label("Type", exact=True).select_option("SME")
    page.wait_for_url(re.compile("customer_type=SME&status=active&sort=number"))
    expect(first_name(page)).to_have_text("Thabo 'Mokoena")


def test_back_from_a_customer_leads_to_the_filtered_list(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/customers/")
    page.get_by_label("Status", exact=True).select_option("terminated")
    page.get_by_role("link", name="Palesa Mpho Tau").click()
    page.wait_for_url("**/customers/3/")
    page.go_back()
    expect(page.get_by_label("Status", exact=True)).to_have_value("terminated")
    expect(page.locator("#customer-list tbody tr")).to_have_count(1)


def test_sorting_and_filters_work_without_javascript(signed_in_page, thabo):
    page = signed_in_page(thabo, java_script_enabled=False)
    page.goto("/customers/")
    page.get_by_role("link", name="Number", exact=True).click()
    page.get_by_label("Status", exact=True).select_option("active")
    page.get_by_role("button", name="Show").click()
    assert "sort=number" in page.url
    expect(first_name(page)).to_have_text("Lerato Letšela")


def test_a_phone_shows_name_account_phone_village_and_state_in_little_space(signed_in_page, thabo):
    page = signed_in_page(thabo, viewport=PHONE)
    page.goto("/customers/")
    entry = page.locator("#customer-list tbody tr").filter(has_text="Lerato Letšela")
    for shown in ("Lerato Letšela", "0001MAK", "58698650", "Thaba-Tšoeu", "Active"):
        expect(entry.get_by_text(shown).first).to_be_visible()
    expect(entry.get_by_text("7 Dec 2024")).to_be_hidden()
    assert entry.bounding_box()["height"] <= 90
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert_accessible(page)


def test_heads_and_cells_leave_out_the_same_columns_on_a_tablet(signed_in_page, thabo):
    page = signed_in_page(thabo, viewport={"width": 900, "height": 800})
    page.goto("/customers/")
    assert page.locator("thead th:visible").all_inner_texts() == [
        "Name", "Accounts", "Site", "Phone", "Village, plot", "Status",
    ]  # fmt: skip
    expect(page.locator("tbody tr").first.locator("th:visible, td:visible")).to_have_count(6)


@pytest.mark.parametrize("path", ["/customers/", "/customers/1/", "/customers/?q=nobody", "/customers/77/"])
def test_the_pages_fit_a_narrow_screen_at_double_size(signed_in_page, thabo, path):
    page = signed_in_page(thabo, viewport={"width": 320, "height": 640}, color_scheme="dark")
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert_accessible(page)
