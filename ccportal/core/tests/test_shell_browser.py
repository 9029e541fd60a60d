"""The shell in a real browser: keyboard, phone, dark, without JavaScript, without a connection."""

import re

import pytest
from playwright.sync_api import expect

from ccportal.core.testing.browser import PHONE, assert_accessible

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("ccportal.core.tests.styleguide"),
    pytest.mark.django_db(databases=["default", "acdb"]),
]
LOOKS = [("light", None), ("dark", None), ("light", PHONE), ("dark", PHONE)]


@pytest.mark.parametrize(("scheme", "viewport"), LOOKS)
def test_the_shared_pieces_are_accessible(signed_in_page, nthabiseng, scheme, viewport):
    options = {"viewport": viewport} if viewport else {}
    page = signed_in_page(nthabiseng, color_scheme=scheme, **options)
    page.goto("/styleguide/")
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
    assert_accessible(page)


def test_a_phone_never_scrolls_sideways(signed_in_page, nthabiseng):
    page = signed_in_page(nthabiseng, viewport=PHONE)
    page.goto("/styleguide/")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_everything_to_press_on_a_phone_is_44_pixels_high(signed_in_page, nthabiseng):
    page = signed_in_page(nthabiseng, viewport=PHONE)
    page.goto("/styleguide/")
    page.get_by_text("Menu", exact=True).click()
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, summary, nav a, select, input:not([type=hidden])')]
        .filter(e => e.offsetParent && !e.matches('[type=checkbox], [type=radio]'))
        .filter(e => e.getBoundingClientRect().height < 43.5)
        .map(e => e.outerHTML.slice(0, 100))"""
    )
    assert small == []


def test_the_first_tab_stop_skips_to_the_content(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_search_box_answers_while_typing_and_obeys_the_arrows(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.keyboard.press("/")
    box = page.get_by_label("Find a customer", exact=True)
    expect(box).to_be_focused()
    box.press_sequentially("letsela")
    first = page.get_by_role("link", name=re.compile("Lerato Nkuebe"))
    expect(first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name=re.compile("Neo Letšela"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(first).to_have_count(0)
    expect(box).to_be_focused()


def test_the_search_box_is_a_form_without_javascript(signed_in_page, thabo):
    page = signed_in_page(thabo, java_script_enabled=False)
    page.goto("/styleguide/")
    form = page.locator("form.search")
    assert form.get_attribute("action") == "/customers/find/"
    assert form.get_attribute("method") == "get"
    assert page.get_by_label("Find a customer", exact=True).get_attribute("name") == "q"


def test_menus_open_without_javascript(signed_in_page, thabo):
    page = signed_in_page(thabo, java_script_enabled=False, viewport=PHONE)
    page.goto("/styleguide/")
    customers = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Customers")
    expect(customers).to_be_hidden()
    page.get_by_text("Menu", exact=True).click()
    expect(customers).to_be_visible()
    page.get_by_label("Thabo Mokoena: profile and sign out").click()
    expect(page.get_by_text("1004 · Generic")).to_be_visible()


def test_escape_closes_the_user_menu(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.get_by_label("Thabo Mokoena: profile and sign out").press("Enter")
    expect(page.get_by_text("1004 · Generic")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1004 · Generic")).to_be_hidden()


def test_the_next_page_replaces_only_the_list(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.evaluate("document.body.dataset.kept = 'yes'")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("navigation", name="Pages of the list")).to_contain_text("21–40 of 60")
    expect(page.locator("body")).to_have_attribute("data-kept", "yes")
    assert page.url.endswith("?page=2")
    page.go_back()
    expect(page.get_by_text("1–20 of 60")).to_be_visible()


def test_the_next_page_takes_the_reader_to_its_beginning_and_says_what_it_is(signed_in_page, thabo):
    page = signed_in_page(thabo, viewport=PHONE)
    page.goto("/styleguide/")
    page.get_by_role("link", name="Next").press("Enter")
    expect(page.locator("#announce")).to_contain_text("21–40 of 60")
    expect(page.locator("#list")).to_be_focused()
    expect(page.locator("#list caption")).to_be_in_viewport()


def test_the_search_box_still_obeys_the_arrows_after_the_back_button(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/?page=2")
    page.go_back()
    expect(page.get_by_text("1–20 of 60")).to_be_visible()
    box = page.get_by_label("Find a customer", exact=True)
    box.press_sequentially("letsela")
    expect(page.get_by_role("link", name=re.compile("Lerato Nkuebe"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name=re.compile("Lerato Nkuebe"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_focused()


def test_paper_shows_the_page_without_the_bars(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for bar in (".top", ".site-nav", ".filters", ".bottom", "details.values > summary"):
        expect(page.locator(bar).first).to_be_hidden()


def test_paper_is_white_for_somebody_who_works_in_the_dark(signed_in_page, thabo):
    thabo.theme = "dark"
    thabo.save()
    page = signed_in_page(thabo, color_scheme="dark")
    page.goto("/styleguide/")
    page.emulate_media(media="print", color_scheme="dark")
    badge = page.locator(".badge.ok").first
    assert badge.evaluate("e => getComputedStyle(e).color") == "rgb(26, 107, 60)"
    assert badge.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(227, 244, 234)"
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"


def test_the_next_page_is_a_link_without_javascript(signed_in_page, thabo):
    page = signed_in_page(thabo, java_script_enabled=False)
    page.goto("/styleguide/")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("21–40 of 60")).to_be_visible()


def test_a_wrong_form_is_shown_again_with_the_first_error_in_focus(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.get_by_label("Name", exact=True).fill("Lerato Nkuebe")
    page.get_by_role("button", name="Save").click()
    phone = page.get_by_label("Phone", exact=True)
    expect(phone).to_be_focused()
    assert phone.get_attribute("aria-describedby") == "id_phone_error"
    expect(page.locator("#id_phone_error")).to_contain_text("This field is required.")


def test_a_message_can_be_dismissed(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.get_by_label("Name", exact=True).fill("Lerato Nkuebe")
    page.get_by_label("Phone", exact=True).fill("5800 0101")
    page.get_by_role("button", name="Save").click()
    saved = page.get_by_text("Saved Lerato Nkuebe.")
    expect(saved).to_be_visible()
    page.get_by_role("button", name="Dismiss this message").click()
    expect(saved).to_have_count(0)


def test_a_failed_part_says_why_and_leaves_the_page(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.get_by_role("button", name="Make a conflict").click()
    expect(page.locator("#messages")).to_contain_text(
        "Changed meanwhile. Somebody else changed this meter a moment ago."
    )
    expect(page.get_by_text("1–20 of 60")).to_be_visible()


def test_a_lost_connection_is_shown_at_once(signed_in_page, thabo, page_faults):
    page = signed_in_page(thabo)
    page.goto("/styleguide/")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("No connection.")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#messages")).to_contain_text("The server was not reached.")
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_be_hidden()
    page_faults.clear()  # htmx reports the lost request on the console


def test_an_ended_session_leads_to_the_sign_in_page_and_back(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/styleguide/?page=2")
    page.context.clear_cookies()
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/*next=%2Fstyleguide%2F%3Fpage%3D2")


def test_the_values_of_a_chart_are_copied_as_a_table(signed_in_page, thabo):
    page = signed_in_page(thabo, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/styleguide/")
    figure = page.get_by_role("figure").filter(has_text="Energy vended")
    figure.get_by_text("Values as a table").click()
    figure.get_by_role("button", name="Copy").click()
    expect(figure.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[:2] == ["Month\tVended, kWh", "Jan 2026\t820"]


def test_the_chosen_theme_wins_over_the_device(signed_in_page, thabo):
    thabo.theme = "dark"
    thabo.save()
    page = signed_in_page(thabo, color_scheme="light", java_script_enabled=False)
    page.goto("/styleguide/")
    background = page.locator("html").evaluate("e => getComputedStyle(e).backgroundColor")
    assert background == "rgb(16, 22, 30)"


def test_demonstration_and_read_only_are_said_on_every_page(signed_in_page, thabo, settings):
    settings.DEMO = settings.ACDB_READ_ONLY = True
    page = signed_in_page(thabo, java_script_enabled=False)
    page.goto("/styleguide/")
    expect(page.get_by_text("Demonstration with invented data")).to_be_visible()
    expect(page.get_by_text("The customer database is read-only here")).to_be_visible()
    bar, navigation = page.locator("header.top").bounding_box(), page.locator(".site-nav").bounding_box()
    assert abs(bar["y"] + bar["height"] - navigation["y"]) <= 2


def test_a_menu_on_a_phone_stays_on_the_screen(signed_in_page, thabo):
    page = signed_in_page(thabo, viewport=PHONE)
    page.goto("/styleguide/")
    page.get_by_label("Thabo Mokoena: profile and sign out").click()
    menu = page.locator(".user-menu .menu").bounding_box()
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= PHONE["width"]
