"""Notifications: stored as they came, understood by a worker, turned into payments or left to people.

Storing answers the sender, so nothing else happens then. Processing is one transaction for each notification that takes
it out of *new* and writes the payment, so it happens once whatever stops; posting comes after it.
"""

import hashlib
import logging
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from audit.actors import Actor
from billing.messages.notices import Unreadable, understand_notice, understand_sms
from billing.messages.parsing import Means, Understood, understand
from billing.models import Notification, NotificationState, Payment, PaymentKind, PaymentState, Source
from billing.providers import known_provider, provider_name
from billing.queries.position import position_of
from billing.services import payments, posting
from billing.services.events import logged, note
from ccportal.acdb.accountnumbers import parse_typed
from ccportal.core import broker
from ccportal.core.errors import Conflict, InvalidInput, PortalError

logger = logging.getLogger(__name__)
TASK = "billing.payments"
#: The sender under which SMS gateways sign.
SMS_SENDER = "sms"
State = NotificationState


def take_in(source: str, provider: str, body: bytes, *, by: str = "") -> tuple[Notification, bool]:
    """Store a notification before anybody looks into it; the same bytes from the same sender are stored once.

    The stored one, and whether it is new.
    """
    digest = hashlib.sha256(body).hexdigest()
    values = {"body": body, "received_by": by}
    try:
        with transaction.atomic():
            return Notification.objects.create(source=source, provider=provider, digest=digest, **values), True
    except IntegrityError:
        known = Notification.objects.filter(source=source, provider=provider, digest=digest)
        known.update(times=F("times") + 1)
        return known.get(), False


def wake() -> None:
    """Have a worker look at once; when the broker is down the schedule does it."""
    broker.send(TASK, expires=60)


def process_new(limit: int = 500) -> int:
    """Process what waits, oldest first; the number of notifications tried."""
    pks = list(Notification.objects.filter(state=State.NEW).order_by("pk").values_list("pk", flat=True)[:limit])
    for pk in pks:
        try:
            process(pk)
        except Exception:
            # One bad notification must not stop the others; it stays new and is tried again.
            logger.exception("notification %s was not processed", pk)
    return len(pks)


def process(pk: int, actor: Actor | None = None) -> Notification:
    """Understand a notification and make of it what it says; one that is not new is left alone."""
    actor = actor or Actor.system("Payments")
    with transaction.atomic():
        # The write also keeps a second worker out until this transaction ends.
        if not Notification.objects.filter(pk=pk, state=State.NEW).update(problem=""):
            return Notification.objects.get(pk=pk)
        notice = Notification.objects.get(pk=pk)
        read = _read(notice)
        notice.rule, notice.understood = read.rule, shown(read)
        notice.state, notice.problem, notice.payment = _act(actor, notice, read)
        notice.save(update_fields=["rule", "understood", "state", "problem", "payment"])
    if notice.payment is not None and notice.payment.state == PaymentState.MATCHED:
        posting.post(notice.payment.pk, actor)
    return notice


def _read(notice: Notification) -> Understood:
    body = bytes(notice.body)
    try:
        if notice.source == Source.WEBHOOK:
            return understand_notice(known_provider(notice.provider), body)
        if notice.source == Source.SMS:
            return understand_sms(body)
        return understand(body.decode("utf-8"))
    except (Unreadable, InvalidInput, UnicodeDecodeError) as error:
        text = "The message is no text." if isinstance(error, UnicodeDecodeError) else str(error)
        return Understood(Means.UNKNOWN, problem=text)


def shown(read: Understood) -> dict[str, Any]:
    """What was understood as plain JSON, for people."""
    values = {name: value for name, value in asdict(read).items() if value not in (None, "", False)}
    return {name: value if isinstance(value, str) else str(value) for name, value in values.items()}


Outcome = tuple[State, str, Payment | None]


def _act(actor: Actor, notice: Notification, read: Understood) -> Outcome:
    if read.means == Means.OTHER:
        return State.IGNORED, "Understood, and no payment.", None
    if read.means == Means.UNKNOWN or not read.reference or read.amount is None:
        return State.REVIEW, (read.problem or "Reference or amount is missing.")[:300], None
    known = Payment.objects.filter(
        provider=read.provider, provider_reference=read.reference, kind=PaymentKind.PAYMENT
    ).first()
    if read.means == Means.REVERSAL:
        return _reported_reversal(known, read)
    if known is not None:
        return _known_again(actor, notice, known, read)
    return _new_payment(actor, notice, read)


def _reported_reversal(known: Payment | None, read: Understood) -> Outcome:
    what = f"{provider_name(read.provider)} reports that {read.reference} was reversed"
    if known is not None and known.state == PaymentState.REVERSED:
        return State.DUPLICATE, f"{what}; it is reversed here, too.", known
    return State.REVIEW, f"{what}. Reverse the payment if that is right, then dismiss this.", known


def _known_again(actor: Actor, notice: Notification, known: Payment, read: Understood) -> Outcome:
    """The reference is recorded: the same payment told twice, or a contradiction that people decide."""
    if known.amount != read.amount:
        problem = f"{read.reference} is recorded with {known.amount}; this says {read.amount}."
        return State.REVIEW, problem, known
    if read.means == Means.FAILED:
        if known.state == PaymentState.FAILED:
            return State.DUPLICATE, "", known
        return State.REVIEW, f"{read.reference} is recorded as a payment; this says that it failed.", known
    if known.state == PaymentState.FAILED and read.trusted:
        Payment.objects.filter(pk=known.pk, state=PaymentState.FAILED).update(state=PaymentState.RECEIVED, problem="")
    elif known.confirmed or not read.trusted:
        return State.DUPLICATE, "", known
    before = logged(known)
    fields = {"confirmed": True, "account_given": read.account[:60] or known.account_given}
    Payment.objects.filter(pk=known.pk).update(**fields)
    known.refresh_from_db()
    note(known, "confirmed", "The provider confirms it.", actor, before=before)
    if known.state in payments.OPEN:
        _place(actor, known, read)
    return State.DONE, "", known


def _new_payment(actor: Actor, notice: Notification, read: Understood) -> Outcome:
    failed = read.means == Means.FAILED
    draft = payments.Draft(
        provider=read.provider,
        reference=read.reference,
        amount=read.amount or payments.MAX_AMOUNT,
        received_at=read.at or notice.received_at,
        account=read.account,
        payer_phone=read.phone,
        payer_name=read.name,
        currency=read.currency,
        confirmed=read.trusted,
    )
    try:
        payment = payments.record(
            actor,
            draft,
            state=PaymentState.FAILED if failed else PaymentState.RECEIVED,
            problem="The provider says that the payment failed." if failed else "",
        )
    except InvalidInput as error:
        return State.REVIEW, error.message[:300], None
    if not failed:
        _place(actor, payment, read)
    return State.DONE, "", payment


def _place(actor: Actor, payment: Payment, read: Understood) -> None:
    """Match a payment whose account is beyond doubt; everything else goes to the queue. Nothing is guessed."""
    account = parse_typed(read.account)
    problem = _doubt(payment, read, account)
    if problem:
        payments.leave_unmatched(actor, payment, problem)
    else:
        payments.assign(actor, payment, account, text=f"The payer named {account}")
    payment.refresh_from_db()


def _doubt(payment: Payment, read: Understood, account: str) -> str:
    if not payment.confirmed:
        return read.problem or "Only the payer says so: look for it in the provider’s statement."
    if payment.currency != settings.CURRENCY:
        return f"It is in {payment.currency}; the ledger is in {settings.CURRENCY}."
    if not account:
        return "The message names no account."
    if not position_of(account).known:
        return f"There is no account {account[:20]}."
    return ""


def dismiss(actor: Actor, notice: Notification, text: str) -> None:
    """Take a notification out of the queue with a note; it stays stored."""
    actor.require(payments.PERMISSION)
    if not text.strip():
        raise InvalidInput("Say why, for whoever looks at this later.", field="note")
    mine = Notification.objects.filter(pk=notice.pk, state=State.REVIEW)
    if not mine.update(state=State.DISMISSED, problem=f"{text.strip()} ({actor.name or actor.id})"[:300]):
        raise Conflict("Somebody decided about this notification meanwhile.")


def sweep() -> None:
    """What the schedule does: understand what waits, free what got stuck, post what is due."""
    process_new()
    posting.rescue()
    try:
        posting.post_waiting(Actor.system("Payments"))
    except PortalError as error:
        logger.warning("payments wait: %s", type(error).__name__)
