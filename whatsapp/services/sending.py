"""Sends messages once, or says visibly that they failed.

A message is marked before it is handed to a vendor that takes no idempotency key. When neither an answer nor a status
naming our key comes, nobody can know whether it arrived: it is not sent again by itself, and after some minutes it is
shown as failed, with the words that it may have arrived.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage, OutboxState
from ccportal.jobs.outbox import NotYet, PermanentError, TransientError, Uncertain
from whatsapp.channels import registry
from whatsapp.channels.base import ChannelDriver, StatusEvent
from whatsapp.models import Direction, Message, MessageKind, MessageState, Receipt
from whatsapp.services.intake import AT_ONCE, identifier, with_ids
from whatsapp.services.media import path_of
from whatsapp.services.messages import touch
from whatsapp.services.turns import in_turn

logger = logging.getLogger(__name__)
WINDOW = timedelta(hours=24)
#: A phone's clock and ours differ; close to the end of the window the template is the safe choice.
MARGIN = timedelta(minutes=5)
PACE_WINDOW = timedelta(minutes=1)
MAYBE = "No answer came when this was sent: it may have arrived, or not. Nobody sends it again by itself."
KEPT_FOR = timedelta(days=30)
#: Messages of ours that bring a file.
FILES = (MessageKind.IMAGE, MessageKind.DOCUMENT)

#: State -> what it may follow. A message that failed may turn out to have arrived.
_FROM: dict[str, tuple[str, ...]] = {
    MessageState.SENT: (MessageState.QUEUED,),
    MessageState.FAILED: (MessageState.QUEUED, MessageState.SENT),
    MessageState.DELIVERED: (MessageState.QUEUED, MessageState.SENT, MessageState.FAILED),
    MessageState.READ: (MessageState.QUEUED, MessageState.SENT, MessageState.FAILED, MessageState.DELIVERED),
}


def send(row: OutboxMessage, driver: ChannelDriver | None = None) -> str:
    """Send the message of an outbox row; the channel's id of it. The outbox's faults say what to do otherwise."""
    message = Message.objects.select_related("contact", "conversation").get(pk=row.payload["message"])
    if message.external_id:
        _apply_receipts(message)  # whoever sent it may have stopped before
        return message.external_id
    driver = driver or registry.driver(message.channel)
    # The first attempt of a row is new, or somebody of the staff decided to send again.
    if row.attempts > 1 and message.details.get("handed_at") and not driver.is_idempotent:
        return _wait_for_word(message)
    _keep_pace(message)
    _mark(message, state=MessageState.QUEUED, error="", handed_at=timezone.now().isoformat())
    try:
        external_id = _hand_over(driver, message)
    except Uncertain as fault:
        _mark(message, error=str(fault))
        raise
    except PermanentError as fault:
        _fail(message, str(fault))
        raise
    except TransientError as fault:
        _mark(message, handed_at=None)
        if row.attempts >= outbox.MAX_ATTEMPTS:
            _fail(message, str(fault))
        raise
    _sent(message, identifier(external_id), delivered=driver.delivers_at_once)
    return external_id


def _hand_over(driver: ChannelDriver, message: Message) -> str:
    contact = message.contact
    too_late = driver.has_window and not window_is_open(contact.last_inbound_at)
    if message.kind in FILES:
        if too_late:
            raise PermanentError("The 24 hours in which WhatsApp takes files are over.")
        file = message.media.get()
        return driver.send_media(contact.key, path_of(file), file.mime, message.text, key=message.outbox_key)
    if too_late:
        _mark(message, kind=MessageKind.TEMPLATE)
        return driver.send_template(contact.key, message.text, key=message.outbox_key)
    return driver.send_text(contact.key, message.text, key=message.outbox_key)


def window_is_open(last_inbound_at: datetime | None) -> bool:
    """Whether the channel lets us write freely, so soon after the customer did."""
    return last_inbound_at is not None and timezone.now() - last_inbound_at < WINDOW - MARGIN


def _keep_pace(message: Message) -> None:
    """``NotYet`` when the contact got as many messages within a minute as the channel likes."""
    done = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
    since = timezone.now() - PACE_WINDOW
    recent = Message.objects.filter(
        contact=message.contact, direction=Direction.OUT, state__in=done, sent_at__gt=since, pk__lt=message.pk
    )
    if recent.count() >= settings.WHATSAPP_SENDS_PER_CONTACT:
        raise NotYet("This person has just been sent many messages.", retry_after=10)


def _wait_for_word(message: Message) -> str:
    """Ask again later, or give up, for a message whose answer was lost."""
    if message.state == MessageState.FAILED:
        raise PermanentError(message.error or MAYBE)
    handed = datetime.fromisoformat(message.details["handed_at"])
    if timezone.now() - handed > timedelta(minutes=settings.WHATSAPP_UNCERTAIN_MINUTES):
        _fail(message, MAYBE)
        raise PermanentError(MAYBE)
    raise Uncertain("It was handed over and no answer came; waiting for a status.", retry_after=30)


def _mark(message: Message, **changes: Any) -> None:
    """Write single fields; ``handed_at`` lives in the details."""
    if "handed_at" in changes:
        handed_at = changes.pop("handed_at")
        message.details = {name: value for name, value in message.details.items() if name != "handed_at"}
        if handed_at:
            message.details["handed_at"] = handed_at
        changes["details"] = message.details
    for name, value in changes.items():
        setattr(message, name, value)
    # The webhook may have confirmed it meanwhile; then nothing is to be said any more.
    Message.objects.filter(pk=message.pk, external_id="").update(**changes)


def _fail(message: Message, reason: str) -> None:
    with transaction.atomic():
        changed = Message.objects.filter(pk=message.pk, state__in=_FROM[MessageState.FAILED]).update(
            state=MessageState.FAILED, error=reason[:300]
        )
        if changed and message.conversation is not None:
            touch(message.conversation, needs_staff=True)


def _sent(message: Message, external_id: str, *, delivered: bool) -> None:
    with in_turn():
        Message.objects.filter(pk=message.pk).update(external_id=external_id, sent_at=timezone.now(), error="")
        message.external_id = external_id
        _advance(message, MessageState.DELIVERED if delivered else MessageState.SENT)
    # Only now: a receipt that is written at this moment finds the id, or is found here.
    _apply_receipts(message)


def _advance(message: Message, state: str, error: str = "") -> None:
    """Move a message's state forward; backward news is dropped."""
    allowed = Q(state__in=_FROM[state])
    if state == MessageState.SENT:
        # Given up as lost, and now the vendor says it has it.
        allowed |= Q(state=MessageState.FAILED, error=MAYBE)
    fields = {"state": state, "error": error[:300]}
    if Message.objects.filter(allowed, pk=message.pk).update(**fields) and message.conversation_id:
        touch(message.conversation, **({"needs_staff": True} if state == MessageState.FAILED else {}))  # type: ignore[arg-type]  # it has one


def _apply_receipts(message: Message) -> None:
    for receipt in Receipt.objects.filter(channel=message.channel, external_id=message.external_id).order_by("pk"):
        _advance(message, receipt.state, receipt.error)


def record(statuses: Sequence[StatusEvent]) -> None:
    """Keep what the channel says of our messages, in whatever order it comes, also before we know their ids."""
    for begin in range(0, len(statuses), AT_ONCE):
        _record(statuses[begin : begin + AT_ONCE])


def _record(statuses: Sequence[StatusEvent]) -> None:
    """The statuses of one channel in one transaction."""
    missed = _written(statuses)
    if missed and _ours(missed):
        # Their ids were written at the same moment.
        _written(missed)


def _written(statuses: Sequence[StatusEvent]) -> list[StatusEvent]:
    """Write receipts and move the messages they speak of; the statuses whose messages are not known yet."""
    missed = []
    with in_turn():
        Receipt.objects.bulk_create(map(_receipt, statuses), ignore_conflicts=True)
        ours = _ours(statuses)
        for status in statuses:
            message = ours.get(identifier(status.message_id)) or _by_key(status, identifier(status.message_id))
            if message is None:
                missed.append(status)
            else:
                _advance(message, status.state, status.error)
    return missed


def _receipt(status: StatusEvent) -> Receipt:
    return Receipt(
        channel=status.channel,
        external_id=identifier(status.message_id),
        state=status.state,
        error=status.error,
        at=status.at,
    )


def _ours(statuses: Sequence[StatusEvent]) -> dict[str, Message]:
    """The messages of ours that statuses speak of, by id."""
    ids = {identifier(status.message_id) for status in statuses}
    found = with_ids(statuses[0].channel, ids).filter(direction=Direction.OUT).select_related("conversation")
    return {message.external_id: message for message in found}


def _by_key(status: StatusEvent, external_id: str) -> Message | None:
    """The message whose answer was lost: the status names our key."""
    if not status.key:
        return None
    waiting = Message.objects.filter(
        outbox_key=status.key, channel=status.channel, direction=Direction.OUT, external_id=""
    )
    message = waiting.select_related("conversation").first()
    if message is None:
        return None
    try:
        with transaction.atomic():
            waiting.update(external_id=external_id)
    except IntegrityError:
        logger.warning("a status names the key of message %s and the id of another", message.pk)
        return None
    message.external_id = external_id
    if status.state != MessageState.FAILED:
        _advance(message, MessageState.SENT)
        outbox.confirm(status.key, external_id)
    return message


def give_up_waiting() -> int:
    """Show as failed what no answer came for, and what its outbox row says was given up; the number of messages."""
    waiting = Message.objects.filter(direction=Direction.OUT, state=MessageState.QUEUED).exclude(outbox_key="")
    before = timezone.now() - timedelta(minutes=settings.WHATSAPP_UNCERTAIN_MINUTES)
    failed = 0
    for message in waiting.filter(created_at__lt=before).select_related("conversation")[:500]:
        row = OutboxMessage.objects.filter(key=message.outbox_key).first()
        handed_at = message.details.get("handed_at")
        if row is None or row.state in (OutboxState.FAILED, OutboxState.CANCELLED):
            _fail(message, (row.error if row else "") or "It was not sent.")
            failed += 1
        elif handed_at and datetime.fromisoformat(handed_at) < before and row.state == OutboxState.RETRYING:
            _fail(message, MAYBE)
            failed += 1
    return failed


def forget_receipts() -> int:
    """Delete old receipts; the number of them."""
    return Receipt.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]
