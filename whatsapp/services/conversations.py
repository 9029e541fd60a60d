"""Answers contacts: one worker at a time for each, their messages together, once (docs/algorithms/conversations.md).

A worker claims the contact by a conditional update, judges outside any transaction, then makes the records, the
reply and the messages' end in one transaction that holds only if the claim is still its own. A worker that dies
leaves its claim to expire and its messages as they were.
"""

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from ccportal.core import broker
from whatsapp import replies
from whatsapp.models import (
    Author,
    Awaiting,
    Contact,
    Conversation,
    Direction,
    Message,
    MessageState,
    Mode,
    Technician,
    TriageResult,
)
from whatsapp.replies import Situation
from whatsapp.services import identification, tickets
from whatsapp.services.deciding import Batch, Outcome, decide, open_pending, triage_of
from whatsapp.services.intake import ANSWER
from whatsapp.services.messages import send_text, touch
from whatsapp.services.turns import in_turn
from whatsapp.triage import Known, Triage, Turn, assess, known_for, parse_command
from whatsapp.triage.safety import is_dangerous

logger = logging.getLogger(__name__)
MOST_MESSAGES = 200
#: Between two messages that are answered together, at most.
SILENCE = timedelta(seconds=10)
LONGEST_TEXT = 8000
HISTORY = 10
#: A batch that fails so often is left to staff.
MOST_TRIES = 5
PLACE_WAITS = timedelta(minutes=10)
RATE_WINDOW = timedelta(minutes=1)
_STAFF_WORDS = "left to staff"


class ClaimLost(Exception):
    """Another worker has taken the contact over; what this one did is rolled back."""


def answer(contact_id: int) -> str:
    """Deal with what a contact wrote, if it is time and nobody else does; what was done, in a word."""
    wait = _seconds_to_wait(contact_id)
    if wait is None:
        return "nothing"
    if wait > 0:
        broker.send(ANSWER, contact_id, countdown=wait)
        return "early"
    token = _claim(contact_id)
    if token is None:
        return "busy"
    done = ""
    try:
        done = _answer(contact_id, token)
    finally:
        if done != "answered":  # what answers lets go of the contact in its own transaction
            _release(contact_id, token)
    if done == "answered" and (wait := _seconds_to_wait(contact_id)) is not None:
        broker.send(ANSWER, contact_id, countdown=wait)
    return done


def _received(contact_id: int) -> QuerySet[Message]:
    return Message.objects.filter(contact_id=contact_id, state=MessageState.RECEIVED, direction=Direction.IN)


def _seconds_to_wait(contact_id: int) -> float | None:
    """How long until the oldest unanswered message has waited its time; None when there is none."""
    oldest = _received(contact_id).aggregate(at=Min("created_at"))["at"]
    if oldest is None:
        return None
    waited = (timezone.now() - oldest).total_seconds()
    return max(0.0, settings.WHATSAPP_BATCH_SECONDS - waited)


def _claim(contact_id: int) -> str | None:
    """Take a contact for this worker; None when another has it."""
    token = secrets.token_hex(16)
    now = timezone.now()
    free = Q(claim="") | Q(claimed_at=None) | Q(claimed_at__lt=now - _claim_lasts())
    taken = Contact.objects.filter(free, pk=contact_id).update(claim=token, claimed_at=now)
    return token if taken else None


def _release(contact_id: int, token: str) -> int:
    """Let go of a contact; 0 when it is another worker's by now."""
    return Contact.objects.filter(pk=contact_id, claim=token).update(claim="", claimed_at=None)


def _claim_lasts() -> timedelta:
    """A claim older than this belongs to a worker that died; longer than the slowest judgement."""
    return timedelta(seconds=settings.WHATSAPP_CLAIM_SECONDS)


def _answer(contact_id: int, token: str) -> str:
    contact = Contact.objects.get(pk=contact_id)
    messages = _belonging_together(list(_received(contact_id).order_by("pk")[:MOST_MESSAGES]))
    if not messages:
        return "nothing"
    try:
        return _handle(contact, messages, token)
    except ClaimLost:
        logger.warning("contact %s was taken from this worker; it changed nothing", contact_id)
        return "lost"
    except Exception as error:
        logger.exception("messages of contact %s were not answered: %s", contact_id, type(error).__name__)
        _count_failure(contact, messages)
        return "failed"


def _belonging_together(messages: list[Message]) -> list[Message]:
    """The oldest messages up to the first longer silence; what came after an outage of ours is not one message."""
    for place, (earlier, later) in enumerate(pairwise(messages), 1):
        if later.created_at - earlier.created_at > SILENCE:
            return messages[:place]
    return messages


def _handle(contact: Contact, messages: list[Message], token: str) -> str:
    conversation = _conversation_of(messages)
    if conversation.mode == Mode.STAFF:
        with _mine(contact, token):
            _end(messages, _STAFF_WORDS)
            touch(conversation, needs_staff=True)
        return "answered"
    technician = tickets.technician_for(contact)
    if technician is not None:
        return _technician(contact, technician, messages, token)
    text = _joined(messages)
    if not is_dangerous(text) and _too_many(contact):
        _slow_down(contact, conversation, messages, token)
        return "slowed"
    batch = _judged(contact, conversation, messages, text)
    with _mine(contact, token):
        batch.judgement = _keep_judgement(batch) if text else None
        _conclude(batch, decide(batch))
    return "answered"


@contextmanager
def _mine(contact: Contact, token: str) -> Iterator[None]:
    """A transaction that holds only if the contact is still this worker's, and lets go of it at its end."""
    with in_turn():
        if not _release(contact.pk, token):  # nobody else sees that before the commit
            raise ClaimLost
        yield


def _conversation_of(messages: Sequence[Message]) -> Conversation:
    """The conversation of the newest message; intake has given each one."""
    return Conversation.objects.select_related("contact").get(messages__pk=messages[-1].pk)


def _joined(messages: Sequence[Message]) -> str:
    """The words of a batch, each once, the newest kept when there are too many."""
    words = list(dict.fromkeys(message.text for message in messages if message.text))
    return "\n".join(words)[-LONGEST_TEXT:]


# ---------------------------------------------------------------- judging
def _judged(contact: Contact, conversation: Conversation, messages: list[Message], text: str) -> Batch:
    person = identification.person_of(contact)
    candidates: list[identification.Person] = []
    if person is None and contact.phone:
        candidates = identification.people_with_phone(contact.phone)
        if len(candidates) == 1:
            person = candidates[0]
            identification.remember(contact, person)
    site = person.site_code if person else contact.site_code or _common_site(candidates)
    known = known_for(site, customer_known=person is not None)
    triage = _assessed(text, known, conversation, messages)
    return Batch(contact, conversation, messages, text, known, triage, person, candidates)


def _common_site(people: Sequence[identification.Person]) -> str:
    """The site that all candidates share; their languages are spoken to them."""
    sites = {person.site_code for person in people}
    return sites.pop() if len(sites) == 1 else ""


def _assessed(text: str, known: Known, conversation: Conversation, messages: list[Message]) -> Triage:
    """What the batch says. This may ask a language model, so no transaction is open here."""
    return assess(text, known, _history(conversation, messages[0]))


def _history(conversation: Conversation, first: Message) -> list[Turn]:
    earlier = Message.objects.filter(conversation=conversation, pk__lt=first.pk).exclude(text="").order_by("-pk")
    return [_turn(message) for message in reversed(earlier[:HISTORY])]


def _turn(message: Message) -> Turn:
    if message.direction == Direction.IN:
        return Turn("customer", message.text)
    return Turn("staff" if message.author == Author.STAFF else "portal", message.text)


def _keep_judgement(batch: Batch) -> TriageResult:
    triage = batch.triage
    return TriageResult.objects.create(
        conversation=batch.conversation,
        message=batch.last,
        text=batch.text,
        category=triage.category,
        priority=triage.priority,
        site_code=triage.site_code,
        summary=triage.summary[:300],
        language=triage.language,
        needs_ticket=triage.needs_ticket,
        needs_information=triage.needs_information,
        safety=triage.safety,
        confidence=triage.confidence,
        source=triage.source,
    )


# ---------------------------------------------------------------- concluding
def _conclude(batch: Batch, outcome: Outcome) -> None:
    """The reply, the messages' end and how the conversation goes on, in the caller's transaction."""
    conversation = batch.conversation
    if outcome.reply:
        send_text(batch.contact, outcome.reply, key=f"reply-{batch.last.pk}", conversation=conversation)
    _end(batch.messages, outcome.label)
    changes: dict[str, object] = {"awaiting": outcome.awaiting, "awaiting_details": outcome.details}
    if outcome.needs_staff:
        changes["needs_staff"] = True
    if outcome.ticket is not None:
        changes["ticket"] = outcome.ticket
    touch(conversation, **changes)
    if batch.text and batch.contact.language != batch.triage.language:
        Contact.objects.filter(pk=batch.contact.pk).update(language=batch.triage.language[:8])


def _end(messages: Sequence[Message], label: str) -> None:
    """Messages are dealt with, and what came of them can be read."""
    now = timezone.now()
    for message in messages:
        message.details = {**message.details, "outcome": label}
        message.state, message.processed_at = MessageState.PROCESSED, now
    Message.objects.bulk_update(messages, ["details", "state", "processed_at"])


def _technician(contact: Contact, technician: Technician, messages: list[Message], token: str) -> str:
    """Words of a technician are about jobs, not faults."""
    with _mine(contact, token):
        for message in messages:
            message.author = Author.TECHNICIAN
            Message.objects.filter(pk=message.pk).update(author=Author.TECHNICIAN)
            tickets.technician_message(technician, message, parse_command(message.text))
        _end(messages, "technician")
    return "answered"


# ---------------------------------------------------------------- pace
def _too_many(contact: Contact) -> bool:
    """Whether the contact had as many replies within a minute as anybody gets."""
    recent = Message.objects.filter(
        contact=contact,
        direction=Direction.OUT,
        author=Author.PORTAL,
        created_at__gt=timezone.now() - RATE_WINDOW,
    )
    return recent.count() >= settings.WHATSAPP_REPLIES_PER_MINUTE


def _slow_down(contact: Contact, conversation: Conversation, messages: list[Message], token: str) -> None:
    """Say once a minute that everything is kept; the messages wait and are answered together."""
    now = timezone.now()
    if contact.warned_at is not None and now - contact.warned_at < RATE_WINDOW:
        return
    with _mine(contact, token):
        known = known_for(contact.site_code)
        text = replies.reply(Situation.FLOOD_SLOW_DOWN, known.languages)
        send_text(contact, text, key=f"slow-{messages[-1].pk}", conversation=conversation)
        Contact.objects.filter(pk=contact.pk).update(warned_at=now)


# ---------------------------------------------------------------- what went wrong
def _count_failure(contact: Contact, messages: list[Message]) -> None:
    """A batch that cannot be dealt with is given to staff after some tries, and the customer is told that."""
    last = messages[-1]
    tries = int(last.details.get("tries", 0)) + 1
    last.details["tries"] = tries
    Message.objects.filter(pk=last.pk).update(details=last.details)
    if tries < MOST_TRIES:
        return
    conversation = _conversation_of(messages)
    with transaction.atomic():
        text = replies.reply(Situation.OUT_OF_ORDER, known_for(contact.site_code).languages)
        send_text(contact, text, key=f"sorry-{last.pk}", conversation=conversation)
        _end(messages, "failed; left to staff")
        touch(conversation, needs_staff=True)


def sweep() -> int:
    """Have every contact answered whom nobody answers, and open the tickets of faults whose place nobody told."""
    now = timezone.now()
    due = now - timedelta(seconds=settings.WHATSAPP_BATCH_SECONDS)
    free = Q(contact__claim="") | Q(contact__claimed_at__lt=now - _claim_lasts())
    waiting = Message.objects.filter(free, state=MessageState.RECEIVED, direction=Direction.IN, created_at__lt=due)
    contacts = list(waiting.order_by("contact_id").values_list("contact_id", flat=True).distinct()[:500])
    for contact in contacts:
        broker.send(ANSWER, contact, expires=60)
    return len(contacts) + _open_unplaced(now - PLACE_WAITS)


def _open_unplaced(before: datetime) -> int:
    """A fault is not lost because a question was not answered: staff get the ticket without its place."""
    asked = (Awaiting.WHICH_CUSTOMER, Awaiting.PLACE)
    waiting = Conversation.objects.filter(awaiting__in=asked, last_message_at__lt=before, mode=Mode.BOT)
    return sum(_open_one_unplaced(conversation) for conversation in waiting.select_related("contact")[:50])


def _open_one_unplaced(conversation: Conversation) -> int:
    contact = conversation.contact
    token = _claim(contact.pk)
    if token is None:
        return 0
    try:
        if _received(contact.pk).exists():
            return 0  # an answer has come
        with _mine(contact, token):
            return _give_to_staff(contact, conversation)
    except ClaimLost:
        return 0
    finally:
        _release(contact.pk, token)


def _give_to_staff(contact: Contact, conversation: Conversation) -> int:
    """The pending fault of a conversation becomes a ticket, when there is one."""
    pending = conversation.awaiting_details
    changes: dict[str, object] = {"awaiting": Awaiting.NOTHING, "awaiting_details": {}, "needs_staff": True}
    message = Message.objects.filter(pk=pending.get("message", 0)).first()
    judgement = TriageResult.objects.filter(pk=pending.get("judgement", 0)).first()
    if message is None or judgement is None:
        touch(conversation, **changes)
        return 0
    triage = triage_of(judgement, contact.site_code)
    batch = Batch(contact, conversation, [message], judgement.text, known_for(contact.site_code), triage, None)
    outcome = open_pending(batch, pending, contact.site_code)
    send_text(contact, outcome.reply, key=f"unplaced-{message.pk}", conversation=conversation)
    touch(conversation, ticket=outcome.ticket, **changes)
    return 1
