"""The life of a ticket: opened once, numbered, followed to its end, and whoever reported it told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ccportal.core.errors import Conflict, InvalidInput
from whatsapp.models import Report, Ticket, TicketState
from whatsapp.services import clocks, lifecycle, tickets
from whatsapp.services.identification import Person
from whatsapp.tests.tickets.conftest import judged, message_of, report, told

pytestmark = pytest.mark.django_db
PALESA = {"actor": "Palesa Molapo", "actor_id": "1002"}
LINEO = Person("71", "Lineo Letsie", "0045MAK", "MAK", "Ha Makebe")


def test_a_ticket_holds_the_fault_the_customer_and_their_own_words():
    ticket = report(text="Motlakase o tsamaile bosiu", person=LINEO).ticket
    assert (ticket.site_code, ticket.priority, ticket.equipment_category) == ("MAK", "P1", "electrical")
    assert (ticket.customer_number, ticket.account_number) == ("71", "0045MAK")
    assert ticket.reported_by == "Lineo Letsie (WhatsApp)"
    assert (ticket.fault_description, ticket.original_text) == ("No power at the house.", "Motlakase o tsamaile bosiu")


def test_numbers_count_up_per_site_and_year():
    year = timezone.localtime().year
    numbers = [report(category="meter-issue", phone=f"2665812000{n}", site=site).ticket.number
               for n, site in enumerate(["MAK", "MAK", "KET", ""])]  # fmt: skip
    assert numbers == [f"CC-MAK-{year}-0001", f"CC-MAK-{year}-0002", f"CC-KET-{year}-0001", f"CC-XXX-{year}-0001"]


def test_the_number_after_9999_is_10000():
    year = timezone.localtime().year
    first = report(category="meter-issue").ticket
    Ticket.objects.filter(pk=first.pk).update(number=f"CC-MAK-{year}-9999")
    assert report(category="meter-issue", phone="26658120002").ticket.number == f"CC-MAK-{year}-10000"


def test_a_message_that_is_dealt_with_twice_opens_one_ticket():
    message = message_of("26658120001", "no power")
    first = tickets.open_fault(message.conversation, message, judged(), None)
    again = tickets.open_fault(message.conversation, message, judged(), None)
    assert again.ticket == first.ticket
    assert (Ticket.objects.count(), Report.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("priority", "respond", "resolve"), [("P1", 30, 240), ("P2", 120, 1440), ("P3", 480, 4320), ("P4", 1440, 10080)]
)
def test_the_clocks_follow_the_priority(priority, respond, resolve):
    ticket = report(category="meter-issue", priority=priority).ticket
    assert ticket.respond_by - ticket.created_at == timedelta(minutes=respond)
    assert ticket.resolve_by - ticket.created_at == timedelta(minutes=resolve)


def test_each_step_is_a_line_of_the_history_with_who_and_when():
    ticket = report().ticket
    tickets.acknowledge(ticket, **PALESA)
    tickets.resolve(ticket, note="Fuse replaced", **PALESA)
    steps = [(event.actor, event.details["from"], event.details["to"], event.text)
             for event in ticket.events.filter(kind="state.changed")]  # fmt: skip
    assert steps == [
        ("Palesa Molapo", "open", "acknowledged", ""),
        ("Palesa Molapo", "acknowledged", "resolved", "Fuse replaced"),
    ]


@pytest.mark.parametrize("state", TicketState.values)
def test_only_the_steps_of_the_table_are_allowed(state):
    for wanted in TicketState.values:
        ticket = report(phone=f"266581{hash((state, wanted)) % 10**5:05d}", category="meter-issue").ticket
        Ticket.objects.filter(pk=ticket.pk).update(state=state)
        if wanted in lifecycle.STEPS[state] or wanted == state:
            assert lifecycle.move(ticket, wanted, **PALESA).state == wanted
        else:
            with pytest.raises(Conflict):
                lifecycle.move(ticket, wanted, **PALESA)


def test_a_step_decided_on_an_old_page_is_refused_and_changes_nothing():
    ticket = report().ticket
    seen = ticket.version
    tickets.add_comment(ticket, actor="Tau", text="On my way")
    with pytest.raises(Conflict, match="changed meanwhile"):
        tickets.close(ticket, version=seen, **PALESA)
    ticket.refresh_from_db()
    assert ticket.state == "open"


def test_the_customer_is_told_once_that_the_team_has_seen_it_and_asked_once_whether_it_is_fixed():
    ticket = report().ticket
    for _ in range(2):
        tickets.acknowledge(ticket, **PALESA)
    for _ in range(2):
        tickets.resolve(ticket, **PALESA)
    seen, asked = told()
    assert ticket.number in seen
    assert "Is your power back" in asked or "power" in asked


def test_yes_closes_the_ticket_and_thanks():
    opened = report()
    tickets.resolve(opened.ticket, **PALESA)
    row = Report.objects.get()
    tickets.power_back(row, row.contact, True)
    opened.ticket.refresh_from_db()
    assert opened.ticket.state == "closed"
    assert f"Ticket {opened.ticket.number} is closed" in told()[-1]


def test_no_opens_the_ticket_again_with_new_clocks():
    ticket = report().ticket
    tickets.resolve(ticket, **PALESA)
    Ticket.objects.update(created_at=timezone.now() - timedelta(days=1))
    row = Report.objects.get()
    tickets.power_back(row, row.contact, False)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.reopenings, ticket.resolved_at) == ("reopened", 1, None)
    assert ticket.respond_by > timezone.now()
    assert ticket.number in told()[-1]


def test_after_a_second_repair_the_customer_is_asked_again():
    ticket = report().ticket
    tickets.resolve(ticket, **PALESA)
    row = Report.objects.get()
    tickets.power_back(row, row.contact, False)
    before = len(told())
    tickets.resolve(ticket, **PALESA)
    assert len(told()) == before + 1
    assert Report.objects.get().power_back is None


def test_silence_closes_after_three_days():
    ticket = report().ticket
    tickets.resolve(ticket, **PALESA)
    assert clocks.close_silent() == 0
    Ticket.objects.update(resolved_at=timezone.now() - timedelta(hours=73))
    assert clocks.close_silent() == 1
    ticket.refresh_from_db()
    assert ticket.state == "closed"


def test_a_late_ticket_is_alerted_once_for_each_clock():
    ticket = report(category="meter-issue").ticket
    Ticket.objects.update(respond_by=timezone.now() - timedelta(minutes=1))
    assert (clocks.alert(), clocks.alert()) == (1, 0)
    Ticket.objects.update(resolve_by=timezone.now() - timedelta(minutes=1))
    assert (clocks.alert(), clocks.alert()) == (1, 0)
    kinds = ticket.events.filter(kind__startswith="sla").values_list("kind", flat=True)
    assert list(kinds) == ["sla.response_breached", "sla.resolution_breached"]


def test_a_corrected_priority_moves_the_clocks_and_is_in_the_history():
    ticket = report(category="meter-issue", priority="P3").ticket
    ticket = tickets.change(ticket, priority="P1", **PALESA)
    assert ticket.respond_by - ticket.created_at == timedelta(minutes=30)
    assert ticket.events.get(kind="ticket.changed").details == {"priority": ["P3", "P1"]}


def test_staff_open_tickets_for_a_site_that_exists():
    ticket = tickets.open_by_staff(
        site_code="KET", category="vegetation", priority="P3", description="Tree on the line", **PALESA
    )
    assert (ticket.number[:6], ticket.equipment_category, ticket.reported_by) == ("CC-KET", "civil", "Palesa Molapo")
    with pytest.raises(InvalidInput, match="sites"):
        tickets.open_by_staff(site_code="ZZZ", category="vegetation", priority="P3", description="x", **PALESA)
