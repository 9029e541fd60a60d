"""Tickets: opened from a message or by staff, followed to their end (docs/algorithms/tickets.md).

A ticket lives here first, with its own number, in the transaction of the message that reports it. Everything that has
to leave the house (uGridPlan, technicians, customers) is an outbox row of the same transaction.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from ccportal.core.errors import InvalidInput
from ccportal.core.phones import parse_stored
from customers.models import DirectoryCustomer, Site
from whatsapp import replies
from whatsapp.models import (
    UNFINISHED,
    Category,
    Contact,
    Conversation,
    Media,
    Message,
    Priority,
    Report,
    Technician,
    Ticket,
    TicketEvent,
    TicketState,
)
from whatsapp.replies import Situation
from whatsapp.services import dispatch, exchange, incidents, lifecycle, numbering, outgoing, sla, telling
from whatsapp.services.identification import Person
from whatsapp.services.lifecycle import add_event, locked, move
from whatsapp.services.messages import send_text, touch
from whatsapp.triage import Answer, Triage, known_for
from whatsapp.triage.safety import is_dangerous
from whatsapp.triage.sites import site_in

#: Semantics 24: what uGridPlan calls the equipment.
EQUIPMENT = {
    Category.METER_ISSUE: "meter",
    Category.EQUIPMENT_FAILURE: "electrical",
    Category.NO_POWER: "electrical",
    Category.VEGETATION: "civil",
}
LONGEST_DESCRIPTION = 500
LONGEST_COMMENT = 4000


@dataclass(frozen=True)
class Opened:
    """What a report led to; ``joined`` when the outage was known already."""

    ticket: Ticket
    joined: bool


# ---------------------------------------------------------------- opening
@transaction.atomic
def open_fault(conversation: Conversation, message: Message, triage: Triage, person: Person | None) -> Opened:
    """Open a ticket for a fault, or add the report to the outage it belongs to; once for a message however often."""
    joined = TicketEvent.objects.filter(message=message, kind="report.added").select_related("ticket").first()
    if joined is not None:
        return Opened(joined.ticket, joined=True)
    known = Report.objects.filter(message=message).select_related("ticket").first()
    if known is not None:
        return Opened(known.ticket, known.ticket.reports.exclude(pk=known.pk).filter(pk__lt=known.pk).exists())
    site = triage.site_code
    incidents.hold_site(site)
    text = message.text
    outage = (
        None if triage.safety else incidents.known_outage(site, triage.category, text, person.number if person else "")
    )
    if outage is not None:
        # It may have been repaired at this moment; then this is news of another fault.
        outage = locked(outage)
        if outage.state in UNFINISHED:
            _join(outage, conversation.contact, message, person)
            return Opened(outage, joined=True)
    ticket = _create(
        site_code=site,
        category=triage.category,
        priority=triage.priority,
        safety=triage.safety,
        fault_description=triage.summary or text[:LONGEST_DESCRIPTION],
        original_text=text,
        reported_by=_reporter(conversation.contact, person),
        customer_number=person.number if person else "",
        account_number=person.account if person else "",
    )
    _report(ticket, conversation.contact, message, person)
    for media in Media.objects.filter(message=message):
        add_event(ticket, "photo.added", actor=ticket.reported_by, media=media, message=message)
    _begin(ticket, actor="the portal", text=text)
    return Opened(ticket, joined=False)


def _join(ticket: Ticket, contact: Contact, message: Message, person: Person | None) -> None:
    who = _reporter(contact, person)
    _report(ticket, contact, message, person)
    event = add_event(ticket, "report.added", actor=who, text=message.text, message=message)
    outgoing.comment(event)
    incidents.count_reporter(ticket)


def _report(ticket: Ticket, contact: Contact | None, message: Message | None, person: Person | None) -> None:
    values: dict[str, Any] = {
        "message": message,
        "customer_number": person.number if person else "",
        "account_number": person.account if person else "",
        "at": timezone.now(),
    }
    if contact is None:
        Report.objects.create(ticket=ticket, **values)
    else:
        Report.objects.get_or_create(ticket=ticket, contact=contact, defaults=values)


def _reporter(contact: Contact, person: Person | None) -> str:
    """Semantics 24: the customer's name, else what the channel knows."""
    if person is not None:
        return f"{person.name} (WhatsApp)"
    name, phone = contact.name or "unknown", contact.phone or "no number"
    return f"WhatsApp: {name} ({phone})"


def _create(**values: Any) -> Ticket:
    now = timezone.now()
    respond_by, resolve_by = sla.deadlines(values["priority"], now)
    reference = f"cc-{secrets.token_hex(12)}"
    return numbering.create(
        lambda number: Ticket.objects.create(
            number=number,
            reference=reference,
            equipment_category=EQUIPMENT.get(values["category"], "unknown"),
            created_at=now,
            respond_by=respond_by,
            resolve_by=resolve_by,
            version=1,
            **values,
        ),
        values["site_code"],
    )


def _begin(ticket: Ticket, *, actor: str, actor_id: str = "", text: str = "") -> None:
    add_event(ticket, "ticket.opened", actor=actor, actor_id=actor_id, text=text)
    outgoing.create(ticket)
    dispatch.begin(ticket)


@transaction.atomic
def open_by_staff(
    *,
    actor: str,
    actor_id: str,
    site_code: str,
    category: str,
    priority: str,
    description: str,
    customer_number: str = "",
    conversation: Conversation | None = None,
) -> Ticket:
    """Open a ticket that staff write down; the customer of the conversation, if any, is told of its progress."""
    site, text = _site(site_code), description.strip()
    if not text:
        raise InvalidInput("Describe the fault.", field="description")
    if category not in Category.values or priority not in Priority.values:
        raise InvalidInput("Choose a category and a priority.", field="category")
    person = _customer(customer_number)
    contact = conversation.contact if conversation else None
    ticket = _create(
        site_code=site,
        category=category,
        priority=priority,
        fault_description=text[:LONGEST_COMMENT],
        reported_by=f"{person.name} (by {actor})" if person else actor,
        customer_number=person.number if person else "",
        account_number=person.account if person else "",
    )
    _report(ticket, contact, None, person)
    _begin(ticket, actor=actor, actor_id=actor_id, text=text)
    if conversation is not None:
        Conversation.objects.filter(pk=conversation.pk).update(ticket=ticket)
    return ticket


def _site(code: str) -> str:
    if not Site.objects.filter(code=code).exists():
        raise InvalidInput("Choose one of the sites.", field="site_code")
    return code


def _customer(number: str) -> Person | None:
    text = number.strip()
    if not text:
        return None
    row = DirectoryCustomer.objects.filter(number=int(text)).first() if text.isdecimal() and len(text) < 10 else None
    if row is None:
        raise InvalidInput(f"There is no customer {text}.", field="customer_number")
    accounts = row.account_list
    return Person(str(row.number), row.name, accounts[0] if accounts else "", row.site, row.village)


# ---------------------------------------------------------------- comments
@transaction.atomic
def add_comment(
    ticket: Ticket,
    *,
    actor: str,
    actor_id: str = "",
    text: str,
    message: Message | None = None,
    media: Sequence[Media] = (),
    external_id: str = "",
) -> TicketEvent | None:
    """Add words and files to a ticket and to uGridPlan; None when there is neither, or they are there already."""
    ticket = locked(ticket)
    if external_id and ticket.events.filter(external_id=external_id).exists():
        return None
    event = None
    if text.strip():
        event = add_event(
            ticket, "comment.added", actor=actor, actor_id=actor_id, text=text.strip()[:LONGEST_COMMENT],
            message=message, external_id=external_id,
        )  # fmt: skip
        if not external_id:
            outgoing.comment(event)
    for file in media:
        shown = add_event(ticket, "photo.added", actor=actor, actor_id=actor_id, media=file, message=file.message)
        outgoing.comment(shown)
        event = event or shown
    if event is not None:
        lifecycle.write(ticket)
    return event


# ---------------------------------------------------------------- steps
def acknowledge(ticket: Ticket, **by: Any) -> Ticket:
    return move(ticket, TicketState.ACKNOWLEDGED, **by)


def start(ticket: Ticket, **by: Any) -> Ticket:
    return move(ticket, TicketState.IN_PROGRESS, **by)


@transaction.atomic
def resolve(ticket: Ticket, **by: Any) -> Ticket:
    """Mark as repaired; nobody else need go there, and who reported it is asked whether it is so."""
    ticket = move(ticket, TicketState.RESOLVED, **by)
    dispatch.withdraw(ticket)
    return ticket


@transaction.atomic
def close(ticket: Ticket, **by: Any) -> Ticket:
    ticket = move(ticket, TicketState.CLOSED, **by)
    dispatch.withdraw(ticket)
    return ticket


@transaction.atomic
def reopen(ticket: Ticket, **by: Any) -> Ticket:
    """Open a finished ticket again and look for a technician anew."""
    before = ticket.reopenings
    ticket = move(ticket, TicketState.REOPENED, **by)
    if ticket.reopenings != before:
        dispatch.begin(ticket)
    return ticket


@transaction.atomic
def put_back(ticket: Ticket, **by: Any) -> Ticket:
    """Nobody has the job any more: ask anew."""
    ticket = move(ticket, TicketState.OPEN, **by)
    dispatch.withdraw(ticket)
    dispatch.look(ticket)
    return ticket


STEP = {
    TicketState.OPEN: put_back,
    TicketState.ACKNOWLEDGED: acknowledge,
    TicketState.IN_PROGRESS: start,
    TicketState.RESOLVED: resolve,
    TicketState.CLOSED: close,
    TicketState.REOPENED: reopen,
}


@transaction.atomic
def change(
    ticket: Ticket,
    *,
    actor: str,
    actor_id: str = "",
    version: int | None = None,
    priority: str = "",
    category: str = "",
    site_code: str = "",
) -> Ticket:
    """Correct what triage or staff said of a ticket; empty values stay. The clocks follow the priority."""
    ticket = locked(ticket, version)
    wanted = {"priority": priority, "category": category, "site_code": _site(site_code) if site_code else ""}
    changes: dict[str, Any] = {
        name: value for name, value in wanted.items() if value and value != getattr(ticket, name)
    }
    if changes.get("category", Category.NO_POWER) not in Category.values:
        raise InvalidInput("Choose one of the categories.", field="category")
    if changes.get("priority", Priority.P1) not in Priority.values:
        raise InvalidInput("Choose one of the priorities.", field="priority")
    if not changes:
        return ticket
    details = {name: [getattr(ticket, name), value] for name, value in changes.items()}
    if "priority" in changes:
        clock = ticket.reopened_at or ticket.created_at
        changes["respond_by"], changes["resolve_by"] = sla.deadlines(changes["priority"], clock)
    if "category" in changes:
        changes["equipment_category"] = EQUIPMENT.get(changes["category"], "unknown")
    lifecycle.write(ticket, **changes)
    outgoing.change(add_event(ticket, "ticket.changed", actor=actor, actor_id=actor_id, details=details))
    if "site_code" in changes and ticket.incident is not None:
        incidents.move(ticket.incident, site_code)
    if ticket.state in UNFINISHED and ticket.technician_id is None:
        if "site_code" in changes:
            dispatch.withdraw(ticket)
        dispatch.look(ticket)  # planned work was not offered to anybody
    return ticket


@transaction.atomic
def split(report: Report, *, actor: str, actor_id: str = "") -> Ticket:
    """Give one report of an outage a ticket of its own: it is another fault."""
    old = locked(report.ticket)
    if old.reports.count() < 2:
        raise InvalidInput("This is the only report of the ticket.", field="report")
    text = report.message.text if report.message else old.original_text
    person = _customer(report.customer_number)
    ticket = _create(
        site_code=old.site_code,
        category=old.category,
        priority=old.priority,
        fault_description=text[:LONGEST_DESCRIPTION] or old.fault_description,
        original_text=text,
        reported_by=_reporter(report.contact, person) if report.contact else old.reported_by,
        customer_number=report.customer_number,
        account_number=report.account_number,
    )
    incidents.take_apart(report, ticket)
    add_event(old, "report.removed", actor=actor, actor_id=actor_id, text=f"Moved to {ticket.number}.")
    _begin(ticket, actor=actor, actor_id=actor_id, text=f"Taken out of {old.number}.")
    return ticket


# ---------------------------------------------------------------- is it fixed?
@transaction.atomic
def power_back(report: Report, contact: Contact, yes: bool) -> None:
    """The answer of one reporter: yes closes once everybody asked has said so, no opens the fault again.

    Where others have said yes, a no is about one house: it becomes a ticket of its own.
    """
    ticket = locked(report.ticket)
    Report.objects.filter(pk=report.pk).update(power_back=yes)
    words = "It is fixed." if yes else "It is not fixed."
    add_event(ticket, "answer.given", actor=contact.name or "customer", text=words)
    if yes:
        asked = ticket.reports.exclude(told_resolved_at=None)
        if ticket.state == TicketState.RESOLVED and not asked.exclude(power_back=True).exists():
            ticket = close(ticket, actor="the portal", note="Whoever reported it said that it is fixed.")
        # While others have not answered it is not closed, and nobody is told that it is.
        closed = ticket.state == TicketState.CLOSED
        about_power = Situation.POWER_BACK_NOTED if ticket.category == Category.NO_POWER else Situation.THANKS
        situation = Situation.CLOSED_THANKS if closed else about_power
        telling.to_reporter(report, situation, mark=f"yes-{ticket.reopenings}")
        return
    if ticket.reports.filter(power_back=True).exclude(pk=report.pk).exists():
        own = split(report, actor="the portal")
        report.refresh_from_db()
        telling.to_reporter(report, Situation.REOPENED, mark=f"no-{own.pk}")
        return
    mark = f"no-{ticket.reopenings}"
    if ticket.state in (TicketState.RESOLVED, TicketState.CLOSED):
        reopen(ticket, actor="the portal", note="The customer says that it is not fixed.")
    telling.to_reporter(report, Situation.REOPENED, mark=mark)


# ---------------------------------------------------------------- technicians
def technician_for(contact: Contact) -> Technician | None:
    """The active technician whose phone this is."""
    digits = contact.phone or contact.key
    parsed = parse_stored(f"+{digits}") if digits.isdecimal() else None
    if parsed is None:
        return None
    return Technician.objects.filter(phone=parsed.e164.lstrip("+") or digits, is_active=True).first()


def technician_message(technician: Technician, message: Message, command: Answer | None) -> None:
    """What a technician wrote, about one of their jobs; danger that is about no job is a report like anybody's."""
    if command is None and is_dangerous(message.text) and not dispatch.open_jobs(technician):
        _report_of_technician(technician, message)
    else:
        dispatch.answer(technician, message, command)


@transaction.atomic
def _report_of_technician(technician: Technician, message: Message) -> None:
    known = known_for()
    site = site_in(message.text, known)
    triage = Triage(
        needs_ticket=True, category=Category.EQUIPMENT_FAILURE, priority=Priority.P1, site_code=site,
        summary=f"Danger reported by technician {technician.name}.", reply="", needs_information=False,
        confidence=1.0, source="rules", safety=True, language="en",
    )  # fmt: skip
    conversation = message.conversation or telling.conversation_of(message.contact, None)
    ticket = open_fault(conversation, message, triage, None).ticket
    text = replies.reply(Situation.TICKET_CREATED, dict.fromkeys([technician.language, "en"]), number=ticket.number)
    send_text(message.contact, text, key=f"technician-{message.pk}", conversation=conversation)
    touch(conversation, needs_staff=True)


def exchange_works() -> bool:
    """Whether uGridPlan took what it was last sent; then a new ticket reaches it within seconds."""
    return exchange.works()
