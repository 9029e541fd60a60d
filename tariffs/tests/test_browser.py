"""Changing and trying out rates in a real browser: by keyboard, and without JavaScript."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ccportal.core.testing.browser import PHONE, assert_accessible
from omreport.models import AccountMonth, RollupState
from tariffs.models import GlobalRate, TariffOverride
from tariffs.queries import rate_for
from tariffs.tests.conftest import NOW

NEXT_YEAR = timezone.now().year + 1

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "acdb"]),
    pytest.mark.usefixtures("everybody_pays_six", "villagers"),
]


def test_a_site_is_scheduled_and_called_off_without_javascript(signed_in_page, lineo):
    page = signed_in_page(lineo, java_script_enabled=False, viewport=PHONE)
    page.goto("/tariffs/")
    page.get_by_role("link", name="Change the rate of MAK").click()
    page.get_by_label("New rate").fill("5.25")
    page.get_by_label("From").fill(f"{NEXT_YEAR}-01-01T00:00")
    page.get_by_role("button", name="Check what it does").click()
    expect(page).to_have_url(re.compile("/tariffs/concession/MAK/change/"))  # the browser asks for the reason
    page.get_by_label("Reason").fill("Pilot")
    page.get_by_role("button", name="Check what it does").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the rate of site MAK?")
    page.get_by_role("button", name="Schedule it").click()
    told = f"The rate of site MAK will be M 5.25 per kWh from 1 Jan {NEXT_YEAR}, 00:00."
    expect(page.get_by_text(told)).to_be_visible()
    page.get_by_role("link", name="Call off").click()
    page.get_by_label("Reason").fill("Too early")
    page.get_by_role("button", name="Call it off").click()
    expect(page.get_by_text("The scheduled change is called off.")).to_be_visible()
    assert TariffOverride.objects.get().removed_at is not None


def test_everybodys_rate_is_changed_by_keyboard_alone(signed_in_page, lineo):
    page = signed_in_page(lineo)
    page.goto("/tariffs/global/all/change/")
    assert_accessible(page)
    page.get_by_label("New rate").focus()
    page.keyboard.type("6.5")
    page.get_by_label("Reason").focus()
    page.keyboard.type("Board decision 14")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the rate for everybody?")
    assert_accessible(page)
    page.get_by_role("button", name="Change it now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rate for everybody is M 6.50 per kWh now.")).to_be_visible()
    assert GlobalRate.objects.get().rate == 6.5


def test_rates_are_tried_out_and_carried_into_a_plan(signed_in_page, lineo):
    RollupState.objects.create(refreshed_at=NOW, version=1)
    AccountMonth.objects.create(
        account="0001MAK", site="MAK", period=202601, transactions=1, payments=1, revenue=60, kwh=10, paid=60,
        paid_kwh=10, consumed=0, days=1, vended=10,
    )  # fmt: skip
    page = signed_in_page(lineo)
    page.goto("/tariffs/simulator/")
    page.get_by_label("Everybody").fill("7")
    page.get_by_role("button", name="Show the effect").click()
    expect(page.get_by_text("Revenue at present rates")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Schedule these rates").click()
    assert_accessible(page)
    page.get_by_label("From").fill(f"{NEXT_YEAR}-01-01T00:00")
    page.get_by_label("Reason").fill("Board")
    page.get_by_role("button", name="Schedule 1 rate").click()
    expect(page.get_by_text("1 rate scheduled.")).to_be_visible()


def test_the_explanation_appears_under_the_question(signed_in_page, thabo):
    page = signed_in_page(thabo)
    page.goto("/tariffs/explain/")
    page.get_by_label("Account or customer number", exact=True).fill("0001MAK")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("the rate for everybody", exact=True)).to_be_visible()
    assert_accessible(page)
    assert rate_for(1, "MAK").rate == 6
