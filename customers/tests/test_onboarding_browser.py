"""The whole way of a new customer in a real browser: on a phone, back and forward, by keyboard, without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from ccportal.core.testing.browser import DESKTOP, PHONE, assert_accessible
from customers.models import Customer, CustomerDraft, Meter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("village"),
]
HERE = {"geolocation": {"latitude": -29.4401, "longitude": 27.7801, "accuracy": 12}, "permissions": ["geolocation"]}


def go_on(page, heading):
    page.get_by_role("button", name="Keep and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"New customer: {heading}")


def fits(page):
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]
    assert_accessible(page)


def fill_person(page):
    page.goto("/customers/new/")
    page.get_by_label("First name").fill("Thato")
    page.get_by_label("Last name").fill("Molefe")


def test_a_customer_is_registered_and_gets_a_meter_on_a_phone(signed_in_page, palesa):
    page = signed_in_page(palesa, viewport=PHONE, **HERE)
    fill_person(page)
    page.locator("#id_phone").fill("123")
    go_on(page, "Person")
    expect(page.locator("#id_phone")).to_be_focused()
    expect(page.locator("#id_phone_error")).to_contain_text("Give the whole phone number")
    fits(page)
    page.locator("#id_phone").fill("6300 1122")
    go_on(page, "Location")
    page.get_by_label("Site", exact=True).select_option("MAK")
    page.get_by_label("Plot number").fill("mak 0045 hh")
    page.get_by_role("button", name="Use the position of this device").click()
    expect(page.get_by_label("Latitude")).to_have_value("-29.440100")
    expect(page.locator("[data-locate-note]")).to_have_text("Filled in, right to about 12 m.")
    fits(page)
    go_on(page, "Service")
    expect(page.get_by_label("Customer type")).to_have_value("HH")
    fits(page)
    go_on(page, "Review")
    fits(page)
    page.get_by_role("button", name="Register the customer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thato Molefe is registered")
    fits(page)
    page.get_by_role("link", name="Assign a meter").click()
    page.get_by_label("Meter serial").fill("smrsd-03-0001963e")
    fits(page)
    page.get_by_role("button", name="Assign the meter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Meter assigned")
    expect(page.locator(".stats")).to_contain_text("0002MAK")
    fits(page)
    assert Meter.objects.get(account="0002MAK").meter_id == "SMRSD-03-0001963E"


def test_back_and_forward_keep_what_was_typed_and_register_nobody_twice(signed_in_page, palesa):
    page = signed_in_page(palesa, viewport=PHONE)
    fill_person(page)
    go_on(page, "Location")
    page.get_by_label("Site", exact=True).select_option("MAK")
    go_on(page, "Service")
    page.get_by_label("Customer type").select_option("SME")
    go_on(page, "Review")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("New customer: Service")
    page.go_back()
    expect(page.get_by_label("Site", exact=True)).to_have_value("MAK")
    page.get_by_label("Village").fill("Ha Mokoto")
    go_on(page, "Service")
    expect(page.get_by_label("Customer type")).to_have_value("SME")
    page.get_by_role("link", name="4. Review").click()
    expect(page.locator("main")).to_contain_text("Ha Mokoto")
    page.get_by_role("button", name="Register the customer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thato Molefe is registered")
    page.reload()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thato Molefe is registered")
    assert Customer.objects.filter(last_name="Molefe").count() == 1
    assert CustomerDraft.objects.count() == 1


def test_a_double_is_shown_and_denied_without_javascript(signed_in_page, palesa):
    page = signed_in_page(palesa, viewport=DESKTOP, java_script_enabled=False)
    fill_person(page)
    page.locator("#id_phone").fill("58698650")
    expect(page.get_by_role("button", name="Use the position")).to_have_count(0)
    go_on(page, "Location")
    page.get_by_label("Site", exact=True).select_option("MAK")
    go_on(page, "Service")
    page.get_by_label("Customer type").select_option("HH")
    go_on(page, "Review")
    expect(page.get_by_role("row", name=re.compile("Lerato Letšela"))).to_contain_text("same phone")
    page.get_by_role("button", name="Register the customer").click()
    expect(page.locator("#messages")).to_contain_text("Say first whether it is one of the customers below.")
    page.get_by_label("None of them: it is somebody else").check()
    page.get_by_role("button", name="Register the customer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thato Molefe is registered")


def test_the_device_that_gives_no_position_is_said_so(signed_in_page, palesa):
    page = signed_in_page(palesa)
    fill_person(page)
    go_on(page, "Location")
    page.get_by_role("button", name="Use the position of this device").click()
    expect(page.locator("[data-locate-note]")).to_contain_text("The device gave no position.")


def test_a_customer_is_registered_with_the_keyboard_alone(signed_in_page, palesa):
    page = signed_in_page(palesa)
    page.goto("/customers/new/")
    page.get_by_label("First name").focus()
    page.keyboard.type("Thato")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Molefe")
    page.keyboard.press("Enter")
    page.get_by_label("Site", exact=True).focus()
    page.keyboard.type("MAK")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label("Customer type").focus()
    page.keyboard.type("HH")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Register the customer").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thato Molefe is registered")


def test_the_second_of_two_people_sees_both_values_and_keeps_what_was_typed(signed_in_page, palesa, nthabiseng):
    mine, theirs = signed_in_page(palesa, viewport=PHONE, color_scheme="dark"), signed_in_page(nthabiseng)
    for page in (mine, theirs):
        page.goto("/customers/1/edit/")
    theirs.get_by_label("Town").fill("Roma")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.locator("#messages")).to_contain_text("The customer’s record is changed.")
    mine.get_by_label("Town").fill("Mazenod")
    mine.get_by_role("button", name="Save").click()
    row = mine.get_by_role("row", name=re.compile("Town"))
    for value in ("Ha Makebe", "Mazenod", "Roma"):
        expect(row).to_contain_text(value)
    expect(mine.get_by_label("Town")).to_have_value("Mazenod")
    fits(mine)
    mine.get_by_role("button", name="Save").click()
    expect(mine.locator("#messages")).to_contain_text("The customer’s record is changed.")
    assert Customer.objects.get(number=1).city == "Mazenod"


@pytest.mark.parametrize(
    "path",
    [
        "/customers/1/",
        "/customers/assign-meter/?q=letsela",
        "/customers/1/assign-meter/?account=0001MAK",
        "/customers/meters/?account=0001MAK",
        "/customers/meters/remove/?account=0001MAK&meter=SMRSD-01-0002",
    ],
)
def test_the_pages_fit_a_narrow_screen_at_double_size_in_the_dark(signed_in_page, palesa, path):
    page = signed_in_page(palesa, viewport={"width": 320, "height": 640}, color_scheme="dark")
    page.goto(path)
    fits(page)
