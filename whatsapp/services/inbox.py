"""What staff do in a conversation: take it over, write, hand it back, correct what was understood, link a ticket."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ccportal.core.errors import Conflict, InvalidInput
from whatsapp.models import (
    Author,
    Awaiting,
    Category,
    Channel,
    Conversation,
    ConversationState,
    Message,
    MessageKind,
    Mode,
    Priority,
    Ticket,
    TriageExample,
    TriageResult,
)
from whatsapp.services import attaching, sending
from whatsapp.services.messages import send_text, touch
from whatsapp.triage.safety import is_dangerous

LONGEST = 4000
LONGEST_CAPTION = 1024
NOTHING_NOW = "The customer last wrote more than 24 hours ago, and no template is set up: nothing can be sent now."
NO_FILES_NOW = (
    "The customer last wrote more than 24 hours ago: WhatsApp delivers no files now. Write without a file, and send it "
    "when the customer has answered."
)


def locked(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_for_update().get(pk=conversation.pk)


def seen(conversation: Conversation) -> None:
    """Somebody has looked: nothing is unread any more. Open pages ask all the time: mostly nothing is written."""
    if conversation.unread:
        Conversation.objects.filter(pk=conversation.pk).update(unread=0)


@transaction.atomic
def take_over(conversation: Conversation, *, who: str, name: str) -> None:
    """From now on a person answers; ``Conflict`` when somebody else does already."""
    now = locked(conversation)
    if now.mode == Mode.STAFF and now.taken_by != who:
        raise Conflict(f"{now.taken_by_name} answers this conversation. Ask them to hand it back first.")
    if now.state == ConversationState.CLOSED:
        other = Conversation.objects.filter(contact=now.contact_id, state=ConversationState.OPEN).first()
        if other is not None:
            raise Conflict("This contact has a newer conversation. Answer there.")
        touch(now, state=ConversationState.OPEN, closed_at=None)
    touch(now, mode=Mode.STAFF, taken_by=who, taken_by_name=name, needs_staff=False, unread=0)


@transaction.atomic
def hand_back(conversation: Conversation) -> None:
    """The portal answers again; what it had asked before is forgotten."""
    touch(
        locked(conversation), mode=Mode.BOT, taken_by="", taken_by_name="", needs_staff=False,
        awaiting=Awaiting.NOTHING, awaiting_details={},
    )  # fmt: skip


@transaction.atomic
def dealt_with(conversation: Conversation) -> None:
    """A person has looked and nothing more is to be done."""
    touch(locked(conversation), needs_staff=False, unread=0)


@transaction.atomic
def write(conversation: Conversation, text: str, *, who: str, name: str, token: str, file: bytes = b"") -> Message:
    """Send a person's own words, a photo or a document, once for a ``token`` however often; this takes over.

    With a file the words are its caption.
    """
    words = text.strip()
    if not words and not file:
        raise InvalidInput("Write something first.", field="text")
    longest = LONGEST_CAPTION if file else LONGEST
    if len(words) > longest:
        raise InvalidInput(f"The message is longer than {longest} characters.", field="text")
    mime, kind = attaching.judge(file) if file else ("", MessageKind.TEXT)
    if window_closed(conversation):
        if not settings.WHATSAPP_TEMPLATE:
            raise InvalidInput(NOTHING_NOW, field="text")
        if file:
            raise InvalidInput(NO_FILES_NOW, field="file")
    take_over(conversation, who=who, name=name)
    message = send_text(
        conversation.contact, words, key=f"staff-{conversation.pk}-{token}", conversation=conversation,
        author=Author.STAFF, author_id=who, author_name=name, kind=kind,
    )  # fmt: skip
    if file and not message.media.exists():
        attaching.attach(message, file, mime)
    return message


def window_closed(conversation: Conversation) -> bool:
    """Whether WhatsApp takes only an approved template now."""
    contact = conversation.contact
    return contact.channel == Channel.CLOUD and not sending.window_is_open(contact.last_inbound_at)


@transaction.atomic
def correct(judgement: TriageResult, *, category: str, priority: str, who: str) -> TriageResult:
    """State what a message really was about; it becomes an example to learn from."""
    if category not in Category.values:
        raise InvalidInput("Choose one of the categories.", field="category")
    if priority not in Priority.values:
        raise InvalidInput("Choose one of the priorities.", field="priority")
    judgement.corrected_category, judgement.corrected_priority = category, priority
    judgement.corrected_by, judgement.corrected_at = who, timezone.now()
    judgement.save(update_fields=["corrected_category", "corrected_priority", "corrected_by", "corrected_at"])
    TriageExample.objects.update_or_create(
        judgement=judgement,
        defaults={
            "text": judgement.text,
            "language": judgement.language,
            "category": category,
            "safety": judgement.safety or is_dangerous(judgement.text),
            "created_by": who,
        },
    )
    touch(judgement.conversation)
    return judgement


@transaction.atomic
def link(conversation: Conversation, ticket: Ticket) -> None:
    """Say which ticket a conversation is about."""
    touch(locked(conversation), ticket=ticket)
