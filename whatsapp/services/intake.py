"""What comes in is stored before anything else is done with it, once however often it is delivered."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F, QuerySet
from django.utils import timezone

from ccportal.core import broker
from ccportal.jobs import outbox
from whatsapp.channels.base import InboundEvent
from whatsapp.channels.text import clean_line, clean_text
from whatsapp.models import (
    Author,
    Contact,
    Conversation,
    ConversationState,
    Direction,
    Media,
    MediaState,
    Message,
    MessageState,
    Mode,
)
from whatsapp.services.messages import international
from whatsapp.services.turns import in_turn

ANSWER = "whatsapp.answer"
MEDIA_KIND = "whatsapp.media"
#: A conversation that somebody of the staff has taken over stays theirs for so long after its last message.
STAFF_IDLE = timedelta(hours=12)
MOST_FILES = 10
#: Messages that one transaction stores at most, so that none is long.
AT_ONCE = 200
#: What a message tells of its sender.
NEWS = ("phone", "name", "last_inbound_at")


def store(events: Sequence[InboundEvent]) -> None:
    """Store messages of one channel; those known already are left as they are. Then have a worker look.

    When it returns, everything is committed. A fault of the database is raised: the channel delivers again.
    """
    waiting: set[int] = set()
    for begin in range(0, len(events), AT_ONCE):
        waiting |= _stored(events[begin : begin + AT_ONCE])
    for contact in sorted(waiting):
        broker.send(ANSWER, contact, countdown=settings.WHATSAPP_BATCH_SECONDS)


def _stored(events: Sequence[InboundEvent]) -> set[int]:
    """Store messages in one transaction; the contacts to answer, without those whose answer is under way already."""
    try:
        return _write(_unknown(events))
    except IntegrityError:
        # One was delivered twice at the same moment, and the other delivery has stored it now.
        return _write(_unknown(events))


def _unknown(events: Sequence[InboundEvent]) -> dict[str, InboundEvent]:
    """By id and in their order, each once: those of the messages that are not stored."""
    given: dict[str, InboundEvent] = {}
    for event in events:
        given.setdefault(identifier(event.message_id), event)
    stored = with_ids(events[0].channel, given).values_list("external_id", flat=True)
    for external_id in stored:
        del given[external_id]
    return given


def with_ids(channel: str, external_ids: Iterable[str]) -> QuerySet[Message]:
    """The messages that a channel knows by these ids."""
    found = Message.objects.order_by().filter(channel=channel, external_id__in=list(external_ids))
    # SQLite uses the index of ids only for a query that says, in the same words, what the index leaves out.
    return found.exclude(external_id="")


def identifier(text: str) -> str:
    """A message id that fits its column; one that is too long is replaced by its digest."""
    cleaned = clean_line(text, 4000)
    return cleaned if len(cleaned) <= 160 else hashlib.sha256(cleaned.encode()).hexdigest()


def _write(unknown: dict[str, InboundEvent]) -> set[int]:
    if not unknown:
        return set()
    now = timezone.now()
    senders = _senders(list(unknown.values()), now)
    with in_turn():
        contacts = _updated(senders)
        arrived = Counter(contacts[_sender(event)].pk for event in unknown.values())
        answering = _waiting_already(arrived)
        conversations = _conversations(arrived, now)
        messages = []
        for external_id, event in unknown.items():
            contact = contacts[_sender(event)]
            messages.append(_message(event, external_id, contact, conversations[contact.pk], now))
        Message.objects.bulk_create(messages)
        for message, event in zip(messages, unknown.values(), strict=True):
            _keep_files(message, event)
    return arrived.keys() - answering


def _message(event: InboundEvent, external_id: str, contact: Contact, conversation: int, now: datetime) -> Message:
    return Message(
        contact=contact,
        conversation_id=conversation,
        channel=event.channel,
        external_id=external_id,
        direction=Direction.IN,
        author=Author.CUSTOMER,
        author_name=contact.name,
        kind=event.kind,
        text=clean_text(event.text),
        details=_details(event),
        state=MessageState.RECEIVED,
        sent_at=_sane(event.at, now),
    )


def _keep_files(message: Message, event: InboundEvent) -> None:
    """Files are fetched later, by a worker."""
    for file in event.media[:MOST_FILES]:
        media = Media.objects.create(
            message=message,
            external_id=clean_line(file.external_id, 200),
            mime=clean_line(file.mime, 100),
            size=max(0, min(file.size, 2**62)),
            sha256=clean_line(file.sha256, 64),
            state=MediaState.WAITING,
        )
        outbox.enqueue(MEDIA_KIND, f"media-{media.pk}", {"media": media.pk})


def _details(event: InboundEvent) -> dict[str, object]:
    replied = {"reply_to": identifier(event.reply_to)} if event.reply_to else {}
    return {**_cleaned(event.details), **replied}


def _cleaned(value: Any) -> Any:
    """Names of files and places and reactions are text from outside as well, wherever they stand."""
    if isinstance(value, dict):
        if any(isinstance(held, float) and not isfinite(held) for held in value.values()):
            # A place that is nowhere: no database keeps such numbers as JSON, and a phone may send them.
            value = {name: held for name, held in value.items() if not isinstance(held, float)}
        return {clean_line(str(name), 60): _cleaned(held) for name, held in value.items()}
    return clean_line(value, 300) if isinstance(value, str) else value


def _sane(at: datetime, now: datetime) -> datetime:
    """The channel's time, unless its clock is absurd."""
    return at if now - timedelta(days=30) < at < now + timedelta(minutes=10) else now


def _sender(event: InboundEvent) -> str:
    return clean_line(event.contact_key, 120)


def _senders(events: Sequence[InboundEvent], now: datetime) -> list[Contact]:
    """Who wrote, with what is known of them and what the messages say of them, in the order of their keys."""
    channel, keys = events[0].channel, sorted(set(map(_sender, events)))
    contacts = {key: Contact(channel=channel, key=key) for key in keys}
    known = Contact.objects.order_by().filter(channel=channel, key__in=keys)
    for key, *facts in known.values_list("key", *NEWS):
        contacts[key] = Contact(channel=channel, key=key, **dict(zip(NEWS, facts, strict=True)))
    for event in events:
        _refresh(contacts[_sender(event)], event, _sane(event.at, now))
    return list(contacts.values())


def _refresh(contact: Contact, event: InboundEvent, at: datetime) -> None:
    """Take over what a message says of its sender."""
    if event.phone and event.phone != contact.phone:
        contact.phone = international(event.phone)
    contact.name = clean_line(event.name, 150) or contact.name
    contact.last_inbound_at = max(at, contact.last_inbound_at or at)


def _updated(senders: Sequence[Contact]) -> dict[str, Contact]:
    """Write the senders, by key; two messages of one person that arrive at once wait here for each other."""
    made = Contact.objects.bulk_create(
        senders, update_conflicts=True, unique_fields=["channel", "key"], update_fields=NEWS
    )
    return {contact.key: contact for contact in made}


def _waiting_already(contacts: Iterable[int]) -> set[int]:
    """Those who wait for an answer to an earlier message: that task, or the sweeper, will see this one too."""
    unanswered = Message.objects.order_by().filter(contact__in=list(contacts), state=MessageState.RECEIVED)
    return set(unanswered.values_list("contact_id", flat=True))


def _conversations(arrived: Counter[int], now: datetime) -> dict[int, int]:
    """Per contact the open conversation that so many messages go into; a new one when the last message is long ago."""
    rows = Conversation.objects.order_by().filter(contact__in=list(arrived), state=ConversationState.OPEN)
    found = list(rows.only("contact", "mode", "needs_staff", "last_message_at"))
    held = {row.contact_id: row.pk for row in found if not is_idle(row, now)}
    _close([row.pk for row in found if row.contact_id not in held], now)
    for count in set(arrived.values()):
        growing = [pk for contact, pk in held.items() if arrived[contact] == count]
        Conversation.objects.filter(pk__in=growing).update(
            last_message_at=now, unread=F("unread") + count, version=F("version") + 1
        )
    new = [
        Conversation(contact_id=contact, last_message_at=now, unread=count, version=1)
        for contact, count in arrived.items()
        if contact not in held
    ]
    return held | {made.contact_id: made.pk for made in Conversation.objects.bulk_create(new)}


def _close(conversations: list[int], now: datetime) -> None:
    if conversations:
        Conversation.objects.filter(pk__in=conversations).update(
            state=ConversationState.CLOSED, closed_at=now, version=F("version") + 1
        )


def is_idle(conversation: Conversation, now: datetime) -> bool:
    """Whether the next message begins a new conversation; not while one waits for a person, who would miss it."""
    if conversation.needs_staff:
        return False
    idle = timedelta(minutes=settings.WHATSAPP_IDLE_MINUTES)
    return now - conversation.last_message_at > (STAFF_IDLE if conversation.mode == Mode.STAFF else idle)
