"""What comes in is stored before anything else is done with it, once however often it is delivered."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
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

logger = logging.getLogger(__name__)
ANSWER = "whatsapp.answer"
MEDIA_KIND = "whatsapp.media"
#: A conversation that somebody of the staff has taken over stays theirs for so long after its last message.
STAFF_IDLE = timedelta(hours=12)
MOST_FILES = 10


def store(events: Sequence[InboundEvent]) -> None:
    """Store messages; those known already are left as they are. Then have a worker look.

    When it returns, everything is committed. A fault of the database is raised: the channel delivers again.
    """
    waiting = {contact for event in events if (contact := _stored(event)) is not None}
    for contact in waiting:
        broker.send(ANSWER, contact, countdown=settings.WHATSAPP_BATCH_SECONDS)


def _stored(event: InboundEvent) -> int | None:
    """Store one message in a transaction of its own; the contact to answer, unless that is under way already."""
    external_id = identifier(event.message_id)
    if Message.objects.filter(channel=event.channel, external_id=external_id).exists():
        return None
    try:
        with transaction.atomic():
            return _write(event, external_id)
    except IntegrityError:
        # Delivered twice at the same moment: the other one is stored.
        if Message.objects.filter(channel=event.channel, external_id=external_id).exists():
            return None
        raise


def identifier(text: str) -> str:
    """A message id that fits its column; one that is too long is replaced by its digest."""
    cleaned = clean_line(text, 4000)
    return cleaned if len(cleaned) <= 160 else hashlib.sha256(cleaned.encode()).hexdigest()


def _write(event: InboundEvent, external_id: str) -> int | None:
    now = timezone.now()
    at = _sane(event.at, now)
    contact = _contact(event, at)
    answering = Message.objects.filter(contact=contact, state=MessageState.RECEIVED).exists()
    conversation = _conversation(contact, now)
    message = Message.objects.create(
        contact=contact,
        conversation=conversation,
        channel=event.channel,
        external_id=external_id,
        direction=Direction.IN,
        author=Author.CUSTOMER,
        author_name=contact.name,
        kind=event.kind,
        text=clean_text(event.text),
        details=_details(event),
        state=MessageState.RECEIVED,
        sent_at=at,
    )
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
    return None if answering else contact.pk


def _details(event: InboundEvent) -> dict[str, object]:
    replied = {"reply_to": identifier(event.reply_to)} if event.reply_to else {}
    return {**_cleaned(event.details), **replied}


def _cleaned(value: Any) -> Any:
    """Names of files and places and reactions are text from outside as well, wherever they stand."""
    if isinstance(value, dict):
        return {clean_line(str(name), 60): _cleaned(held) for name, held in value.items()}
    return clean_line(value, 300) if isinstance(value, str) else value


def _sane(at: datetime, now: datetime) -> datetime:
    """The channel's time, unless its clock is absurd."""
    return at if now - timedelta(days=30) < at < now + timedelta(minutes=10) else now


def _contact(event: InboundEvent, at: datetime) -> Contact:
    """The sender, brought up to date; the update also makes two messages of one person wait for each other."""
    key = clean_line(event.contact_key, 120)
    phone = international(event.phone) if event.phone else ""
    name = clean_line(event.name, 150)
    contact, is_new = Contact.objects.get_or_create(
        channel=event.channel, key=key, defaults={"phone": phone, "name": name, "last_inbound_at": at}
    )
    if not is_new:
        news = {"phone": phone, "name": name}
        changed: dict[str, object] = {
            field: value for field, value in news.items() if value and getattr(contact, field) != value
        }
        if contact.last_inbound_at is None or contact.last_inbound_at < at:
            changed["last_inbound_at"] = at
        for field, value in changed.items():
            setattr(contact, field, value)
        Contact.objects.filter(pk=contact.pk).update(**(changed or {"key": key}))
    return contact


def _conversation(contact: Contact, now: datetime) -> Conversation:
    """The open conversation, or a new one when the last message is long ago."""
    conversation = Conversation.objects.filter(contact=contact, state=ConversationState.OPEN).first()
    if conversation is not None and is_idle(conversation, now):
        Conversation.objects.filter(pk=conversation.pk).update(
            state=ConversationState.CLOSED, closed_at=now, version=F("version") + 1
        )
        conversation = None
    if conversation is None:
        return Conversation.objects.create(contact=contact, last_message_at=now, unread=1, version=1)
    Conversation.objects.filter(pk=conversation.pk).update(
        last_message_at=now, unread=F("unread") + 1, version=F("version") + 1
    )
    return conversation


def is_idle(conversation: Conversation, now: datetime) -> bool:
    """Whether the next message begins a new conversation."""
    idle = timedelta(minutes=settings.WHATSAPP_IDLE_MINUTES)
    return now - conversation.last_message_at > (STAFF_IDLE if conversation.mode == Mode.STAFF else idle)
