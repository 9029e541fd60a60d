"""Recording a payment in real Chromium: without JavaScript, by keyboard, and on a phone."""

import pytest

from ccportal.core.testing.browser import DESKTOP, PHONE, assert_accessible

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "acdb"]),
]


@pytest.fixture
def account(register, add_row):
    register()
    add_row(balance=12.5)


def balance(page):
    page.goto("/customer-data/0045MAK/summary/")
    return page.locator(".account-summary dd").first.inner_text()


def test_without_javascript_a_payment_is_recorded_and_the_balance_changes(signed_in_page, lineo, account):
    page = signed_in_page(lineo, java_script_enabled=False)
    assert balance(page).startswith("12.50 kWh")
    page.goto("/customer-data/0045MAK/")
    page.get_by_role("link", name="Record a payment").first.click()
    assert page.get_by_role("textbox", name="Account").input_value() == "0045MAK"
    page.get_by_label("Provider", exact=True).select_option("mpesa")
    page.get_by_label("Provider’s reference").fill("qk7abc12de")
    page.get_by_label("Amount, M").fill("50")
    page.get_by_role("button", name="Show the effect").click()
    assert "22.50" in page.locator("#balance-effect").inner_text()
    page.get_by_role("button", name="Change what I typed").click()
    assert page.get_by_label("Amount, M").input_value() == "50"
    page.get_by_label("Amount, M").fill("60")
    page.get_by_role("button", name="Show the effect").click()
    assert "24.50" in page.locator("#balance-effect").inner_text()
    page.get_by_role("button", name="Record the payment").click()
    assert page.get_by_role("heading", level=1).inner_text() == "M-Pesa QK7ABC12DE"
    assert balance(page).startswith("24.50 kWh")


def test_without_javascript_a_transaction_is_added_and_deleted(signed_in_page, palesa, account):
    page = signed_in_page(palesa, java_script_enabled=False)
    page.goto("/customer-data/0045MAK/")
    page.get_by_role("link", name="New transaction").click()
    page.get_by_label("Amount, M").fill("10")
    page.get_by_label("Reason").fill("Cash, receipt 12")
    page.get_by_role("button", name="Show the effect").click()
    page.get_by_role("button", name="Save", exact=True).click()
    assert balance(page).startswith("14.50 kWh")
    page.goto("/customer-data/0045MAK/")
    page.get_by_role("link", name="Delete").first.click()
    page.get_by_label("Reason").fill("Typed twice")
    page.get_by_role("button", name="Delete the transaction").click()
    assert balance(page).startswith("12.50 kWh")


def test_with_the_keyboard_alone_the_effect_appears_while_typing(signed_in_page, lineo, account):
    page = signed_in_page(lineo, viewport=DESKTOP)
    page.goto("/payments/new/?account=0045MAK")
    page.get_by_label("Provider’s reference").focus()
    page.keyboard.type("QK7ABC12DE")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("50")
    page.keyboard.press("Tab")
    page.locator("#effect #balance-effect").wait_for()
    assert "22.50" in page.locator("#effect").inner_text()
    page.get_by_label("Provider’s reference").press("Enter")
    page.get_by_role("heading", name="Record this payment?").wait_for()
    page.get_by_role("button", name="Record the payment").press("Enter")
    page.get_by_role("heading", name="M-Pesa QK7ABC12DE").wait_for()


@pytest.mark.parametrize(
    "look",
    [{"viewport": DESKTOP, "color_scheme": "light"}, {"viewport": PHONE, "color_scheme": "dark"}],
    ids=["desktop-light", "phone-dark"],
)
def test_pages_of_payments_have_no_barrier(signed_in_page, palesa, account, add_row, look):
    row = add_row("2026-11-20 19:00", balance=22.5)
    page = signed_in_page(palesa, **look)
    rows = "/customer-data/0045MAK/transactions"
    text = "EcoCash: You have received M20.00 from 62000001 THABO NTSANE. Reference: 0054MAK. Approval Code: "
    page.goto("/payments/sms/")
    page.get_by_label("Confirmation message").fill(f"{text}MP261121.1405.A12345.")
    page.get_by_role("button", name="Show what is understood").click()
    page.get_by_role("button", name="Take it in").click()
    page.get_by_role("heading", name="EcoCash MP261121.1405.A12345").wait_for()
    detail = page.url.partition(":")[2].partition("/payments")[2]
    paths = ["/payments/", "/payments/queue/", "/payments/new/", "/payments/sms/", f"/payments{detail}"]
    paths += [f"/payments{detail}match/?account=0045MAK", f"{rows}/new/", f"{rows}/recent/{row.pk}/delete/"]
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
