"""Everything that leaves the house: SMS, WhatsApp replies, e-mails, tickets, pushes to uGridPlan.

    with transaction.atomic():
        code = OneTimeCode.objects.create(...)
        outbox.enqueue("sms.code", f"code-{code.pk}", {"to": "+26650000000", "text": "..."})

    @outbox.handler("sms.code")            # in a tasks module
    def send_code(message: OutboxMessage) -> str:
        return gateway.send(message.payload["to"], message.payload["text"], reference=message.key)

The row is written in the transaction of its cause, so that neither exists without the other. A worker claims it by a
conditional update, calls the handler outside any transaction and records the vendor's explicit confirmation. When a
worker dies between the vendor's answer and our record, the message is sent again: hand ``message.key`` to the vendor
as its idempotency key wherever it takes one. Keys are shown to staff and logged: no personal data in them.

Messages of one ``lane`` (the person written to, the ticket concerned) leave one after the other, in the order in which
they were written; a lane waits for the message at its head. Messages of different lanes leave side by side, so many of
a kind at once as its handler states, so that a slow vendor holds up nobody else.
"""

import logging
import random
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from ccportal.core import broker
from ccportal.core.errors import Conflict
from ccportal.jobs.models import OutboxMessage, OutboxState

logger = logging.getLogger(__name__)
Handler = Callable[[OutboxMessage], str]

LONGEST_PAUSE = timedelta(hours=1)
#: Tried for about four hours.
MAX_ATTEMPTS = 12
BATCH = 50
#: A message being sent for longer no longer counts when it is decided whether a kind may send one more.
SLOWEST_CALL = timedelta(seconds=60)
#: Sent and cancelled messages hold personal data; they are deleted after so long.
KEPT_FOR = timedelta(days=30)
TASK = "outbox.send"
TASK_OF_KIND = "outbox.send_kind"

_DUE_STATES = (OutboxState.QUEUED, OutboxState.RETRYING)
_UNSETTLED = (*_DUE_STATES, OutboxState.SENDING)
_handlers: dict[str, Handler] = {}
_at_once: dict[str, int] = {}
_elsewhere: set[str] = set()


class TransientError(Exception):
    """The vendor may take it later: no connection, 5xx, 429. ``retry_after`` is the vendor's own wish in seconds.

    The message is kept for staff to read: no personal data and no credentials in it.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotYet(TransientError):
    """Our own pace, not a fault: try again in ``retry_after`` seconds; this does not count as an attempt."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message, retry_after=retry_after)


class Uncertain(TransientError):
    """It was handed over and no answer came. The handler is asked again later and must not send it blindly.

    The message leaves its lane, so that those behind it need not wait for the answer.
    """


class PermanentError(Exception):
    """The vendor will never take it as it is: a wrong number, a refused text. Same rule for the message."""


def handler(kind: str, *, at_once: int = 1) -> Callable[[Handler], Handler]:
    """Register the function that sends messages of a kind and returns the vendor's reference.

    ``at_once``: how many of the kind may be on their way at the same time, over all workers together (about).
    """

    def decorate(function: Handler) -> Handler:
        if _handlers.setdefault(kind, function) is not function:
            raise ValueError(f"outbox kind {kind!r} has two handlers")
        _at_once[kind] = at_once
        return function

    return decorate


def sent_elsewhere(kind: str) -> None:
    """Say that a program of its own sends this kind, by ``send_due(kind)``; workers leave it alone."""
    _elsewhere.add(kind)


def enqueue(kind: str, key: str, payload: dict[str, Any], *, lane: str = "") -> OutboxMessage:
    """Write a message in the transaction of its cause; with a key that exists, return what exists.

    ``lane``: messages with the same one leave in the order in which they were written; empty for none.
    ``RuntimeError`` outside a transaction: the message could then exist without its cause.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("outbox.enqueue() must be called inside the transaction of its cause")
    message, is_new = OutboxMessage.objects.get_or_create(
        key=key, defaults={"kind": kind, "payload": payload, "lane": lane, "next_at": timezone.now()}
    )
    if is_new:
        transaction.on_commit(lambda: kick(kind))
    return message


def kick(kind: str = "") -> None:
    """Have a worker look at once, for one kind or for all; when the broker is down the schedule does it."""
    if kind in _elsewhere:
        return
    broker.send(*((TASK_OF_KIND, kind) if kind else (TASK,)), expires=60)


def dispatch() -> None:
    """Give each kind that has something due a worker of its own, after rescuing what is stuck."""
    rescue_stuck()
    # Told apart here: for a DISTINCT databases read the index of kinds, and with it all that was ever sent.
    for kind in sorted(set(_due().order_by().values_list("kind", flat=True))):
        kick(kind)


def send_due(kind: str = "") -> int:
    """Send what is due, of one kind or of all that workers send, one after the other; the number of messages tried.

    Stops early when as many of a kind are on their way as its handler allows: whoever sends these goes on.
    """
    rescue_stuck()
    tried = 0
    full: set[str] = set()
    for pk, of_kind in list(_due(kind).order_by("next_at", "pk").values_list("pk", "kind")[:BATCH]):
        if of_kind not in full and _on_their_way(of_kind) >= _at_once.get(of_kind, 1):
            full.add(of_kind)
        message = None if of_kind in full else _claim(pk)
        if message is not None:
            _send(message)
            tried += 1
    if tried and _due(kind).exists():
        kick(kind)
    return tried


def _due(kind: str = "") -> Any:
    """What may be sent now, of one kind or of all that workers send: not what waits behind another in its lane."""
    return _waiting().filter(kind=kind) if kind else _waiting().exclude(kind__in=_elsewhere)


def _waiting() -> Any:
    ahead = OutboxMessage.objects.filter(lane=OuterRef("lane"), pk__lt=OuterRef("pk"), state__in=_UNSETTLED)
    due = OutboxMessage.objects.filter(Q(next_at=None) | Q(next_at__lte=timezone.now()), state__in=_DUE_STATES)
    return due.filter(Q(lane="") | ~Exists(ahead))


def _on_their_way(kind: str) -> int:
    recently = timezone.now() - SLOWEST_CALL
    return OutboxMessage.objects.filter(kind=kind, state=OutboxState.SENDING, claimed_at__gt=recently).count()


def _claim(pk: int) -> OutboxMessage | None:
    """Take a due message for this worker; None when another was faster."""
    taken = (
        _waiting()
        .filter(pk=pk)
        .update(
            state=OutboxState.SENDING,
            claim=secrets.token_hex(16),
            claimed_at=timezone.now(),
            attempts=F("attempts") + 1,
        )
    )
    return OutboxMessage.objects.get(pk=pk) if taken else None


def _send(message: OutboxMessage) -> None:
    """Call the handler and record what came of it."""
    try:
        reference = _handler_of(message.kind)(message)
    except PermanentError as error:
        _settle(message, state=OutboxState.FAILED, error=str(error)[:300])
    except NotYet as error:
        again = timezone.now() + timedelta(seconds=error.retry_after or 0)
        attempts = F("attempts") - 1
        _settle(message, state=OutboxState.RETRYING, next_at=again, attempts=attempts, error=str(error)[:300])
    except Uncertain as error:
        OutboxMessage.objects.filter(pk=message.pk).update(lane="")
        _retry(message, str(error), error.retry_after)
    except TransientError as error:
        _retry(message, str(error), error.retry_after)
    except Exception as error:
        logger.exception("message %s (%s) failed: %s", message.key, message.kind, type(error).__name__)
        _retry(message, "Something went wrong on our side; the log says what.", None)
    else:
        _settle(
            message, state=OutboxState.SENT, sent_at=timezone.now(), vendor_reference=(reference or "")[:120], error=""
        )


def _handler_of(kind: str) -> Handler:
    try:
        return _handlers[kind]
    except KeyError:
        raise TransientError(f"This version cannot send messages of kind {kind}.") from None


def _retry(message: OutboxMessage, error: str, retry_after: float | None) -> None:
    if message.attempts >= MAX_ATTEMPTS:
        _settle(message, state=OutboxState.FAILED, error=f"Given up after {message.attempts} attempts. {error}"[:300])
        return
    wait = pause(message.attempts)
    if retry_after is not None:
        wait = max(wait, timedelta(seconds=min(retry_after, 86400)))
    _settle(message, state=OutboxState.RETRYING, next_at=timezone.now() + wait, error=error[:300])


def pause(attempts: int) -> timedelta:
    """The wait after so many attempts: 5 s, doubled each time up to an hour, give or take half of it at random.

    ``OUTBOX_FIRST_PAUSE_SECONDS`` changes the 5 s.

    The jitter keeps messages that failed together from coming back together.
    """
    first = timedelta(seconds=settings.OUTBOX_FIRST_PAUSE_SECONDS)
    full = min(first * 2 ** (attempts - 1), LONGEST_PAUSE)
    return full * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing


def _settle(message: OutboxMessage, **fields: Any) -> None:
    """Record the outcome, unless the message was taken away from this worker meanwhile."""
    mine = OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.SENDING, claim=message.claim)
    if not mine.update(claim="", **fields):
        logger.warning("message %s was settled by somebody else; outcome %s dropped", message.key, fields["state"])


def confirm(key: str, reference: str) -> None:
    """Record that a message went out, as the vendor says later; whatever was thought of it before."""
    unsettled = (OutboxState.RETRYING, OutboxState.FAILED)
    OutboxMessage.objects.filter(key=key, state__in=unsettled).update(
        state=OutboxState.SENT, sent_at=timezone.now(), vendor_reference=reference[:120], error=""
    )


def rescue_stuck() -> int:
    """Give messages whose worker died back to the queue; the number of them."""
    # Longer than any vendor call may take.
    before = timezone.now() - timedelta(seconds=settings.OUTBOX_STUCK_SECONDS)
    stuck = OutboxMessage.objects.filter(state=OutboxState.SENDING, claimed_at__lt=before)
    if not stuck.exists():
        return 0  # the usual case; an UPDATE of nothing takes SQLite's one write lock all the same
    rescued = stuck.filter(attempts__lt=MAX_ATTEMPTS).update(
        state=OutboxState.RETRYING, claim="", next_at=timezone.now(), error="The worker stopped while sending."
    )
    given_up = stuck.update(state=OutboxState.FAILED, claim="", error="The worker stopped while sending, every time.")
    if rescued or given_up:
        logger.warning("%s messages lost their worker, %s of them for the last time", rescued + given_up, given_up)
    return rescued


def retry(pk: int) -> None:
    """Send a failed, cancelled or waiting message now; ``Conflict`` when it is sent or being sent."""
    again = (OutboxState.FAILED, OutboxState.CANCELLED, OutboxState.RETRYING)
    changed = OutboxMessage.objects.filter(pk=pk, state__in=again).update(
        state=OutboxState.QUEUED, attempts=0, next_at=timezone.now(), error=""
    )
    if not changed:
        raise Conflict("This message is sent, being sent or waiting already.")
    transaction.on_commit(kick)


def cancel(pk: int) -> None:
    """Never send a waiting message; ``Conflict`` when it is sent, being sent or ended."""
    if not OutboxMessage.objects.filter(pk=pk, state__in=_DUE_STATES).update(state=OutboxState.CANCELLED):
        raise Conflict("Only a waiting message can be cancelled.")


def clean() -> int:
    """Delete what was sent or cancelled long ago; the number of messages. Failed ones stay for staff to decide."""
    ended = OutboxMessage.objects.filter(state__in=(OutboxState.SENT, OutboxState.CANCELLED))
    return ended.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def backlog() -> int:
    """How many messages wait or are being sent."""
    return OutboxMessage.objects.filter(state__in=_UNSETTLED).count()


def masked(payload: Any) -> Any:
    """The shape of a payload without its contents: what staff may see of a message.

    >>> masked({"to": "+26650000000", "parts": [1]})
    {'to': 'text, 12 characters', 'parts': ['number']}
    """
    if isinstance(payload, dict):
        return {name: masked(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [masked(value) for value in payload]
    if isinstance(payload, str):
        return f"text, {len(payload)} characters"
    if payload is None or isinstance(payload, bool):
        return payload
    return "number"
