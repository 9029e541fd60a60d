"""Forgets one contact on request: messages, files, judgements, and the contact itself; logged without personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from audit.actors import Actor
from audit.services import record_change
from ccportal.core.errors import Conflict, InvalidInput, NotFound
from ccportal.jobs.models import OutboxMessage
from whatsapp.channels.base import GROUP_KEY
from whatsapp.models import (
    Contact,
    Conversation,
    Direction,
    Media,
    Message,
    MessageState,
    Receipt,
    Report,
    Technician,
    Ticket,
    TicketEvent,
    TriageExample,
    TriageResult,
)
from whatsapp.services.media import path_of
from whatsapp.services.notices import MAIL

#: What stands in a ticket's history for somebody who is forgotten.
NOBODY = "A forgotten contact"


@dataclass(frozen=True)
class Kept:
    """How much there is of a contact."""

    messages: int
    files: int
    tickets: int


def kept_of(contact: Contact) -> Kept:
    return Kept(
        Message.objects.filter(contact=contact).count(),
        Media.objects.filter(message__contact=contact).exclude(file="").count(),
        Ticket.objects.filter(reports__contact=contact).distinct().count(),
    )


@transaction.atomic
def forget(contact_id: int, *, actor: Actor, reason: str) -> Kept:
    """Delete what a contact wrote and got; tickets stay, with their own words but without the name.

    ``Conflict`` while a message is being answered or sent, and for technicians, whose answers are part of jobs.
    """
    actor.require("forget_contacts")
    if not reason.strip():
        raise InvalidInput("Say why, for the log: for instance who asked, and when.", field="reason")
    contact = Contact.objects.select_for_update().filter(pk=contact_id).exclude(key=GROUP_KEY).first()
    if contact is None:
        raise NotFound("There is no such contact.")
    _check(contact)
    gone = kept_of(contact)
    files = [path_of(media) for media in Media.objects.filter(message__contact=contact).exclude(file="")]
    _leave_tickets(contact)
    _delete(contact)
    record_change(
        actor, "whatsapp.contact.forgotten", "whatsapp_contact", str(contact_id),
        {"messages": gone.messages, "files": gone.files, "tickets": gone.tickets}, None, reason=reason.strip(),
    )  # fmt: skip
    transaction.on_commit(lambda: _unlink(files))
    return gone


def _check(contact: Contact) -> None:
    if contact.phone and Technician.objects.filter(phone=contact.phone).exists():
        raise Conflict("This is the phone of a technician, whose answers belong to jobs. Take them off the list first.")
    under_way = Message.objects.filter(contact=contact, state__in=(MessageState.RECEIVED, MessageState.QUEUED))
    if contact.claim or under_way.exists():
        raise Conflict("A message is being answered or sent at this moment. Try again in a minute.")


def _leave_tickets(contact: Contact) -> None:
    """Tickets remember the fault, not the person; customer and account number are the utility's own."""
    reports = list(Report.objects.filter(contact=contact).select_related("ticket", "message"))
    names = {name for name in (contact.name, contact.phone, contact.key) if name}
    for report in reports:
        ticket = report.ticket
        said = [f"+{contact.phone}", contact.phone] if contact.phone else []
        if _opened(report, contact):
            names.add(ticket.reported_by)
            said.insert(0, ticket.reported_by)
            Ticket.objects.filter(pk=ticket.pk).update(reported_by=NOBODY)
        _hide(said, ticket.number)
    mine = Q(message__contact=contact) | Q(ticket__reports__in=reports)
    events = TicketEvent.objects.filter(mine, actor__in=names).values("pk")
    TicketEvent.objects.filter(pk__in=events).update(actor=NOBODY)
    TicketEvent.objects.filter(media__message__contact=contact).update(media=None)
    TicketEvent.objects.filter(message__contact=contact).update(message=None)
    Report.objects.filter(message__contact=contact).update(message=None)
    Report.objects.filter(contact=contact).update(contact=None)


def _opened(report: Report, contact: Contact) -> bool:
    """Whether the ticket names this contact as its reporter: staff open tickets, too, and merging mixes reports."""
    ticket = report.ticket
    if report.customer_number:
        return report.customer_number == ticket.customer_number
    if not ticket.reported_by.startswith("WhatsApp: "):
        return False
    of_them = f": {contact.name} (" in ticket.reported_by or f"({contact.phone})" in ticket.reported_by
    return of_them or (report.message is not None and report.message.text == ticket.original_text)


def _hide(said: Sequence[str], number: str) -> None:
    """Take name and phone of a reporter out of what technicians and their group were told, or mailed, of a ticket."""
    for message in Message.objects.filter(direction=Direction.OUT, text__contains=number):
        Message.objects.filter(pk=message.pk).update(text=_without(said, message.text))
    for mail in OutboxMessage.objects.filter(kind=MAIL, payload__text__icontains=number):
        payload = {**mail.payload, "text": _without(said, mail.payload["text"])}
        OutboxMessage.objects.filter(pk=mail.pk).update(payload=payload)


def _without(said: Sequence[str], text: str) -> str:
    for words in said:
        text = text.replace(words, NOBODY)
    return text


def _delete(contact: Contact) -> None:
    messages = Message.objects.filter(contact=contact)
    TriageExample.objects.filter(judgement__conversation__contact=contact).delete()
    TriageResult.objects.filter(conversation__contact=contact).delete()
    Media.objects.filter(message__contact=contact).delete()
    Receipt.objects.filter(channel=contact.channel, external_id__in=messages.values("external_id")).delete()
    messages.delete()
    Conversation.objects.filter(contact=contact).delete()
    contact.delete()


def _unlink(files: list[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)
