"""From a message in Sesotho to "it is fixed" in Chromium; no barriers; by keyboard; without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ccportal.core.testing.browser import DESKTOP, PHONE, assert_accessible
from ccportal.jobs import outbox
from customers.models import Customer, DirectoryCustomer, DirectoryPhone
from whatsapp.models import Contact, Incident, Message, Ticket, TriageResult
from whatsapp.services import conversations
from whatsapp.tests.tickets.conftest import message_of, on_call, report, sites  # noqa: F401 - a fixture among them

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MPHO, TAU = "26658120071", "26662000001"


@pytest.fixture
def mpho(db):
    """Mpho is a customer with a phone on file at Ha Makebe; Tau is on call there."""
    DirectoryCustomer.objects.create(
        number=71, name="Mpho Letsie", sort_name="letsie mpho", site="MAK", status="active", accounts="0045MAK",
        document=" mpho letsie mak 71", extra=" 58120071 0045mak", digest="x",
    )  # fmt: skip
    DirectoryPhone.objects.create(suffix="58120071", digits="58120071", customer_number=71)
    on_call("Tau Nkuebe", TAU, "MAK", 1)


def the_worker_works():
    """Everybody is answered, and what waits is sent."""
    Message.objects.filter(state="received").update(created_at=timezone.now() - timedelta(seconds=5))
    for contact in Contact.objects.filter(messages__state="received").distinct():
        conversations.answer(contact.pk)
    outbox.send_due()


def says(page, who, text):
    page.goto(f"/care/simulator/?as={who}")
    page.locator("textarea[name=text]").fill(text)
    page.locator("#phone").get_by_role("button", name="Send", exact=True).click()
    page.locator("#screen").get_by_text(text).wait_for()
    the_worker_works()


def does_not_scroll_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_message_in_sesotho_becomes_a_repair_on_a_phone(signed_in_page, palesa, mpho):
    page = signed_in_page(palesa, viewport=PHONE)
    says(page, MPHO, "Lumelang, motlakase o tsamaile haeso ho tloha maobane")
    ticket = Ticket.objects.get()
    page.goto("/care/inbox/")
    assert ticket.number in page.locator("#inbox-list").inner_text()
    page.get_by_role("link", name="Mpho Letsie").click()

    # The newest message and the box to write in are in view without scrolling.
    page.locator("#thread").get_by_text(ticket.number).first.wait_for()
    assert page.get_by_label("Message", exact=True).bounding_box()["y"] < PHONE["height"]
    page.get_by_role("button", name="Take over").click()
    page.get_by_text("Answered by Palesa Molapo").wait_for()
    page.get_by_label("Message", exact=True).fill("Setsebi se tseleng. A technician is on the way.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#thread").get_by_text("A technician is on the way.").wait_for()
    page.get_by_role("button", name="Hand back to the portal").click()
    page.get_by_text("Answered by the portal").wait_for()

    page.get_by_role("link", name=ticket.number).first.click()
    page.get_by_role("heading", level=1, name=ticket.number).wait_for()
    next_step, history = page.get_by_role("heading", name="Next step"), page.get_by_role("heading", name="History")
    assert next_step.bounding_box()["y"] < history.bounding_box()["y"]
    page.get_by_role("combobox", name="Technician").select_option("Tau Nkuebe")
    page.get_by_role("button", name="Assign").click()
    page.get_by_text("Assigned by staff").wait_for()

    says(page, TAU, "done: fuse replaced")
    says(page, MPHO, "E, motlakase o khutlile")
    page.goto(f"/care/tickets/{ticket.number}/")
    page.get_by_text("Says it is fixed").wait_for()
    ticket.refresh_from_db()
    assert (ticket.state, ticket.resolution_note) == ("closed", "fuse replaced")


@pytest.fixture
def busy(db, mpho):
    """An outage of two, a danger, a judgement, a long talk."""
    message = message_of(MPHO, "Ha ho motlakase " * 30, "Mpho Letsie")
    for number in range(25):
        message_of(MPHO, f"Message {number} with-a-word-that-is-far-too-long-for-any-phone-{'x' * 60}")
    TriageResult.objects.create(
        conversation=message.conversation, message=message, text=message.text, category="meter-issue", priority="P2",
        needs_ticket=True, needs_information=False, safety=True, confidence=0.4, source="classifier", language="st",
        corrected_category="no-power", corrected_priority="P1", corrected_at=timezone.now(),
    )  # fmt: skip
    ticket = report(MPHO).ticket
    report("26658120072", name="Thabo")
    report("26658120073", safety=True, summary="Wire on the ground " * 12)
    assert Incident.objects.exists()
    return {"conversation": f"/care/inbox/{message.conversation_id}/", "ticket": f"/care/tickets/{ticket.number}/"}


@pytest.mark.parametrize(
    "look",
    [{"viewport": DESKTOP, "color_scheme": "light"}, {"viewport": PHONE, "color_scheme": "dark"}],
    ids=["desktop-light", "phone-dark"],
)
def test_pages_of_care_have_no_barrier_and_do_not_scroll_sideways(signed_in_page, nthabiseng, busy, look):
    page = signed_in_page(nthabiseng, **look)
    paths = [
        "/care/inbox/",
        "/care/tickets/",
        "/care/on-call/",
        "/care/quality/",
        "/care/replies/",
        "/care/tickets/new/",
    ]
    for path in [*paths, *busy.values(), "/care/inbox/?q=nobody", "/care/tickets/?q=nothing", "/care/customers/71/"]:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
        assert does_not_scroll_sideways(page), path


def test_a_conversation_is_answered_by_keyboard(signed_in_page, palesa, busy):
    page = signed_in_page(palesa)
    page.goto(busy["conversation"])
    page.get_by_label("Message", exact=True).focus()
    page.keyboard.type("Re tla")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#thread").get_by_text("Re tla").wait_for()


def test_staff_answer_and_step_without_javascript(signed_in_page, palesa, busy):
    page = signed_in_page(palesa, java_script_enabled=False)
    page.goto(busy["conversation"])
    page.get_by_label("Prepared reply").select_option("Ask for a photo of the meter")
    page.get_by_role("button", name="Use").click()
    assert "photo of your meter" in page.get_by_label("Message", exact=True).input_value()
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#thread").get_by_text("photo of your meter").wait_for()
    page.goto(busy["ticket"])
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("open → acknowledged").wait_for()


@pytest.mark.django_db(databases=["default", "acdb"])
def test_the_page_of_a_customer_shows_what_they_reported_when_one_scrolls_to_it(signed_in_page, palesa, busy):
    Customer.objects.create(number=71, first_name="Mpho", last_name="Letsie", concession="MAK")
    ticket = Ticket.objects.earliest("pk")
    Ticket.objects.filter(pk=ticket.pk).update(customer_number="71")
    page = signed_in_page(palesa, viewport=PHONE)
    page.goto("/customers/71/")
    page.get_by_role("heading", name="Tickets and conversations").scroll_into_view_if_needed()
    page.get_by_role("link", name=ticket.number).click()
    page.get_by_role("heading", level=1, name=ticket.number).wait_for()
