"""Thabo has a customer on the phone: from signing in to the balance, in real Chromium on the sample data."""

import pytest

from ccportal.core.testing.browser import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize(
    "options",
    [{"viewport": DESKTOP}, {"viewport": PHONE}, {"viewport": DESKTOP, "java_script_enabled": False}],
    ids=["desktop", "phone", "without JavaScript"],
)
def test_an_agent_finds_a_customer_by_phone_and_reads_balance_and_chart(enter, options):
    page = enter("1004", **options)
    page.get_by_label("Customer on the phone?").fill("+266 5869 8650")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**/customers/1/")
    assert page.get_by_role("heading", level=1).inner_text() == "'Mantšali Tšosane"
    page.get_by_role("link", name="0001TLH").first.click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("0001TLH")
    assert "11.20" in page.locator("main").inner_text()
    chart = page.get_by_role("img").first
    assert chart.is_visible()
    assert page.get_by_role("row", name="22 Oct 2026").first.is_visible()


def test_the_search_box_offers_customers_while_typing(enter):
    page = enter("1004", viewport=DESKTOP)
    page.get_by_role("searchbox").press_sequentially("letsela", delay=20)
    page.locator(".suggestions a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/*/")
    assert "Letšela" in page.get_by_role("heading", level=1).inner_text()


def test_a_filter_is_in_the_address_and_the_back_button_undoes_it(enter):
    page = enter("1004", viewport=DESKTOP)
    page.goto("/customers/")
    page.get_by_label("Site").select_option("TLH")
    page.wait_for_url("**site=TLH**")
    page.locator("caption").get_by_text("30 of 303 customers").wait_for()
    page.go_back()
    page.get_by_text("303 customers", exact=True).wait_for()
