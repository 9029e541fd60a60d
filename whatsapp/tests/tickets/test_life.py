"""Whatever happens to tickets, in any order: what must always hold, holds."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ccportal.core.errors import PortalError
from ccportal.integrations.ugridplan.schemas import RemoteTicket
from whatsapp.models import UNFINISHED, Incident, Message, Offer, Priority, Report, Technician, Ticket, TicketState
from whatsapp.services import clocks, dispatch, following, incidents, lifecycle, tickets
from whatsapp.tests.tickets.conftest import message_of, on_call, report
from whatsapp.triage import parse_command

BY = {"actor": "Palesa Molapo", "actor_id": "1002"}
PEOPLE = st.sampled_from([f"2665812000{number}" for number in range(4)])
SITES = st.sampled_from(["MAK", "KET"])
WORDS = st.sampled_from(["accept", "accept", "decline", "arrived", "done: new fuse", "on my way", "what?"])
FAULTS = st.sampled_from(
    [
        {}, {"safety": True}, {"category": "meter-issue", "priority": "P2"},
        {"category": "vegetation", "priority": "P4"}, {"text": "No power, only my house"},
    ]
)  # fmt: skip
AT = st.integers(0, 30)


class Life(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.whole = transaction.atomic()
        self.whole.__enter__()
        on_call("Tau Nkuebe", "26662000001", "MAK", 1)
        on_call("Pule Mohapi", "26662000002", "MAK", 2)
        on_call("Neo Ralebese", "26662000003", "", 1)
        self.clock = timezone.now() - timedelta(minutes=10)
        for phone in ("26658120000", "26658120001"):
            self.report_of(phone, "MAK", {})

    def teardown(self):
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    def some(self, rows, place):
        found = list(rows.order_by("pk"))
        return found[place % len(found)] if found else None

    # ------------------------------------------------------------ what happens
    @rule(phone=PEOPLE, site=SITES, fault=FAULTS)
    def somebody_reports(self, phone, site, fault):
        self.report_of(phone, site, fault)

    def report_of(self, phone, site, fault):
        opened = report(phone=phone, site=site, **fault)
        Ticket.objects.filter(pk=opened.ticket.pk, external_id="").update(
            external_id=f"{site}-{opened.ticket.pk}", external_state="open"
        )

    @rule(at=AT, yes=st.booleans())
    def somebody_answers(self, at, yes):
        row = self.some(Report.objects.exclude(told_resolved_at=None), at)
        if row:
            tickets.power_back(row, row.contact, yes)

    @rule(at=AT, state=st.sampled_from(TicketState.values))
    def staff_take_a_step(self, at, state):
        ticket = self.some(Ticket.objects.all(), at)
        if ticket and state in lifecycle.STEPS[ticket.state]:
            assert tickets.STEP[TicketState(state)](ticket, **BY).state == state

    @rule(at=AT, word=WORDS, named=st.booleans())
    def a_technician_writes(self, at, word, named):
        technician = self.some(Technician.objects.all(), at)
        ticket = self.some(Ticket.objects.all(), at)
        text = f"{word} {ticket.number}" if named and ticket else word
        tickets.technician_message(technician, message_of(technician.phone, text), parse_command(text))

    @rule()
    def nobody_answers_in_time(self):
        Offer.objects.filter(state="offered").update(answer_by=timezone.now() - timedelta(seconds=1))
        dispatch.expire_due()

    @rule(at=AT, who=AT)
    def staff_assign(self, at, who):
        ticket = self.some(Ticket.objects.filter(state__in=UNFINISHED), at)
        if ticket:
            dispatch.assign(ticket, self.some(Technician.objects.all(), who), **BY)

    @rule(at=AT, status=st.sampled_from(TicketState.values), minutes=st.integers(-3, 3))
    def ugridplan_tells(self, at, status, minutes):
        ticket = self.some(Ticket.objects.all(), at)
        if ticket and ticket.external_id:
            self.clock += timedelta(seconds=1)
            when = (self.clock + timedelta(minutes=minutes)).isoformat()
            news = {"ticket_id": ticket.external_id, "status": status, "updated_at": when}
            following.take(RemoteTicket.model_validate(news))

    @rule(at=AT, priority=st.sampled_from(Priority.values), site=SITES)
    def staff_correct(self, at, priority, site):
        ticket = self.some(Ticket.objects.all(), at)
        if ticket:
            tickets.change(ticket, priority=priority, site_code=site, **BY)

    @rule(at=AT, other=AT)
    def staff_merge(self, at, other):
        one, two = self.some(Ticket.objects.all(), at), self.some(Ticket.objects.all(), other)
        if one and one != two:
            try:
                incidents.merge(one, two, **BY)
            except PortalError as fault:
                assert "danger" in fault.message or "not finished" in fault.message

    @rule(at=AT)
    def staff_split(self, at):
        row = self.some(Report.objects.all(), at)
        if row and row.ticket.reports.count() > 1:
            tickets.split(row, **BY)

    @rule()
    def days_pass(self):
        long_ago = timezone.now() - timedelta(days=4)
        Ticket.objects.filter(state="resolved").update(resolved_at=long_ago)
        clocks.close_silent()
        clocks.alert()

    # ------------------------------------------------------------ what must hold
    @invariant()
    def one_offer_is_open_or_none(self):
        for ticket in Ticket.objects.all():
            jobs = list(ticket.offers.filter(state__in=dispatch.OPEN_OFFERS))
            assert len(jobs) <= 1
            if ticket.state not in UNFINISHED:
                assert jobs == []
            elif jobs and jobs[0].state in dispatch.AT_WORK:
                assert ticket.technician_id == jobs[0].technician_id
            else:
                assert ticket.technician_id is None

    @invariant()
    def a_ticket_that_waits_has_somebody_to_wait_for(self):
        waiting = Ticket.objects.filter(state__in=("open", "reopened"), technician=None).exclude(priority="P4")
        for ticket in waiting:
            alerted = ticket.events.filter(kind="job.unassigned", details__reopenings=ticket.reopenings).exists()
            assert alerted or ticket.offers.filter(state="offered").exists()

    @invariant()
    def an_outage_is_over_when_its_tickets_are(self):
        for incident in Incident.objects.all():
            over = not incident.tickets.filter(state__in=UNFINISHED).exists()
            assert (incident.state == "resolved") is over
            assert (incident.resolved_at is not None) is over
            assert incident.tickets.exists()
            assert incident.customers_affected >= 1

    @invariant()
    def nobody_is_told_anything_twice(self):
        keys = Counter(Message.objects.exclude(outbox_key="").values_list("outbox_key", flat=True))
        assert max(keys.values(), default=1) == 1

    @invariant()
    def every_step_is_one_of_the_table(self):
        for ticket in Ticket.objects.all():
            now = "open"
            for event in ticket.events.filter(kind="state.changed"):
                assert event.details["from"] == now
                assert event.details["to"] in lifecycle.STEPS[now]
                now = event.details["to"]
            assert ticket.state == now

    @invariant()
    def danger_has_a_ticket_of_its_own(self):
        assert not Ticket.objects.filter(safety=True, events__kind="report.added").exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_what_must_hold_of_tickets_holds_in_any_order_of_events():
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
