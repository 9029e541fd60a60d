"""The log and undoing in a real browser."""

import pytest
from playwright.sync_api import expect

from audit import services
from audit.actors import Actor
from ccportal.core.testing.browser import assert_accessible
from customers.models import Customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(databases=["default", "acdb"])]


@pytest.fixture
def renamed(palesa):
    mpho = Customer.objects.create(first_name="Mpho", last_name="Letšela", concession="MAK")
    return services.update_record(Actor.of(palesa), "tblcustomer", str(mpho.pk), {"FIRST NAME": "Neo"})


def test_a_change_is_found_looked_at_and_undone(signed_in_page, palesa, renamed):
    page = signed_in_page(palesa)
    page.goto("/mutations/")
    assert_accessible(page)
    page.get_by_label("Table").select_option("tblcustomer")
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    page.get_by_role("link", name=str(renamed.pk), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Changed: tblcustomer")
    assert_accessible(page)
    page.get_by_role("link", name="Undo…").click()
    assert_accessible(page)
    page.get_by_label("Reason").fill("Wrong passport")
    page.get_by_role("button", name="Undo the change").click()
    expect(page.get_by_text(f"Entry {renamed.pk} is undone")).to_be_visible()
    assert Customer.objects.get().first_name == "Mpho"
