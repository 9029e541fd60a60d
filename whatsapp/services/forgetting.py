"""Forgets one contact on request: messages, files, judgements, and the contact itself; logged without personal data."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from audit.actors import Actor
from audit.services import record_change
from ccportal.core.errors import Conflict, InvalidInput, NotFound
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
    tickets = list(Ticket.objects.filter(reports__contact=contact).distinct())
    names = {name for name in (contact.name, contact.phone, contact.key) if name}
    for ticket in tickets:
        first = ticket.reports.order_by("pk").first()
        if first is not None and first.contact_id == contact.pk:
            names.add(ticket.reported_by)
            _hide(ticket.reported_by, ticket.number)
            Ticket.objects.filter(pk=ticket.pk).update(reported_by=NOBODY)
    mine = Q(message__contact=contact) | Q(ticket__in=tickets)
    TicketEvent.objects.filter(mine, actor__in=names).update(actor=NOBODY)
    TicketEvent.objects.filter(media__message__contact=contact).update(media=None)
    TicketEvent.objects.filter(message__contact=contact).update(message=None)
    Report.objects.filter(message__contact=contact).update(message=None)
    Report.objects.filter(contact=contact).update(contact=None)


def _hide(name: str, number: str) -> None:
    """Take the name of a reporter out of what technicians and their group were told of a ticket."""
    for message in Message.objects.filter(direction=Direction.OUT, text__contains=number):
        Message.objects.filter(pk=message.pk).update(text=message.text.replace(name, NOBODY))


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
