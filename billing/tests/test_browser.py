"""The page of an account in a real browser: Thabo on his phone, Lineo at her desk."""

import pytest
from playwright.sync_api import expect

from ccportal.core.testing.browser import PHONE, assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.django_db(databases=["default", "acdb"])]
PAGE = "/customer-data/0045MAK/"


@pytest.fixture
def history(add_row, register):
    register()
    for day in range(1, 29):
        add_row(f"2026-10-{day:02d} 08:00", amount=100 + day, kwh=20.0, balance=30.5)


@pytest.mark.usefixtures("history")
def test_a_phone_shows_a_transaction_in_two_lines(signed_in_page, thabo):
    page = signed_in_page(thabo, viewport=PHONE, color_scheme="dark")
    page.goto(PAGE)
    latest = page.locator("#transactions tbody tr").first
    for words in ("28 Oct 2026, 08:00", "Payment", "M 128.00", "20.00", "30.50"):
        expect(latest.get_by_text(words)).to_be_visible()
    assert latest.bounding_box()["height"] <= 70
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert_accessible(page)


@pytest.mark.usefixtures("history")
def test_the_three_charts_stand_side_by_side_at_a_desk(signed_in_page, lineo):
    page = signed_in_page(lineo)
    page.goto(PAGE)
    tops = {round(page.get_by_role("figure").nth(number).bounding_box()["y"]) for number in range(3)}
    assert len(tops) == 1


@pytest.mark.usefixtures("history")
def test_the_head_leads_to_the_transactions(signed_in_page, thabo):
    page = signed_in_page(thabo, viewport=PHONE)
    page.goto(PAGE)
    page.get_by_role("link", name="Transactions", exact=True).click()
    expect(page.get_by_role("heading", name="Transactions")).to_be_in_viewport()


@pytest.mark.usefixtures("history")
def test_choosing_a_kind_says_how_many_there_are(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto(PAGE)
    page.get_by_label("Kind").focus()
    page.get_by_label("Kind").select_option("payments")
    expect(page.locator("#announce")).to_contain_text("28 transactions selected")
    expect(page.get_by_label("Kind")).to_be_focused()


def test_an_unknown_account_fits_a_narrow_screen(signed_in_page, thabo):
    page = signed_in_page(thabo, viewport={"width": 320, "height": 640})
    page.goto(PAGE)
    expect(page.get_by_role("heading", name="No account 0045MAK")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert_accessible(page)
