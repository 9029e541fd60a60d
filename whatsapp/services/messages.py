"""Messages from us: written with the record they speak of, sent by the outbox."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ccportal.core.phones import parse_stored
from ccportal.jobs import outbox
from whatsapp.channels import registry
from whatsapp.channels.base import GROUP_KEY
from whatsapp.models import (
    Author,
    Channel,
    Contact,
    Conversation,
    Direction,
    Message,
    MessageKind,
    MessageState,
)

#: WhatsApp takes no longer texts.
LONGEST = 4096
GROUP_NAME = "O&M group"


def send_text(
    contact: Contact,
    text: str,
    *,
    key: str,
    conversation: Conversation | None = None,
    author: str = Author.PORTAL,
    author_id: str = "",
    author_name: str = "",
    template: str = "",
    kind: MessageKind = MessageKind.TEXT,
) -> Message:
    """Write a message to a contact, inside the caller's transaction; the same key is the same message.

    ``key`` is unique over everything that leaves the house and holds no personal data. ``template`` names the notice,
    for the record. After the 24 hours the Cloud API gets the text in the approved template. Of another ``kind`` than
    text the message is the caption of a file, which the caller keeps in the same transaction.
    """
    known = Message.objects.filter(outbox_key=key).first()
    if known is not None:
        return known
    now = timezone.now()
    message = Message.objects.create(
        contact=contact,
        conversation=conversation,
        channel=contact.channel,
        direction=Direction.OUT,
        author=author,
        author_id=author_id,
        author_name=author_name[:150],
        kind=kind,
        text=text[:LONGEST],
        details={"template": template} if template else {},
        state=MessageState.QUEUED,
        outbox_key=key,
        sent_at=now,
    )
    _queue(message)
    if conversation is not None:
        touch(conversation, last_message_at=now)
    return message


def _queue(message: Message) -> None:
    """One person's messages leave in the order in which they were written."""
    kind = registry.outbox_kind(message.channel)
    outbox.enqueue(kind, message.outbox_key, {"message": message.pk}, lane=f"contact-{message.contact_id}")


def touch(conversation: Conversation, **changes: Any) -> None:
    """Change a conversation so that open pages notice."""
    Conversation.objects.filter(pk=conversation.pk).update(version=F("version") + 1, **changes)


def contact_for_phone(phone_digits: str) -> Contact:
    """The contact of a phone number: the one last heard from on any channel, else a new one on the default channel.

    ``phone_digits`` in any spelling; international digits are stored.
    """
    digits = international(phone_digits)
    heard = Contact.objects.filter(phone=digits).exclude(key=GROUP_KEY)
    found = heard.order_by(F("last_inbound_at").desc(nulls_last=True), "-pk").first()
    if found is not None:
        return found
    with transaction.atomic():
        made, _ = Contact.objects.get_or_create(channel=registry.default(), key=digits, defaults={"phone": digits})
    return made


def international(phone: str) -> str:
    """International digits without plus sign; the digits as they are when that is no number of any country.

    >>> international("5812 3456")
    '26658123456'
    """
    parsed = parse_stored(phone)
    if parsed is not None and parsed.e164:
        return parsed.e164.lstrip("+")
    return "".join(character for character in phone if character.isdecimal())[:20]


def notify_group(text: str, *, key: str) -> bool:
    """Tell the O&M group, inside the caller's transaction; False where the default channel has no groups."""
    channel = registry.default()
    if not registry.driver(channel).has_groups:
        return False
    send_text(group(channel), text, key=key)
    return True


def group(channel: Channel) -> Contact:
    """The contact that stands for the O&M group of a channel."""
    made, _ = Contact.objects.get_or_create(channel=channel, key=GROUP_KEY, defaults={"name": GROUP_NAME})
    return made
