"""Payments from their arrival to their end: recorded, matched with an account, put aside, reversed.

Each step is a conditional update, so that of two people who take it at once one is told (``Conflict``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.actors import Actor
from billing.models import Payment, PaymentKind, PaymentState, Queue
from billing.providers import clean_reference, known_provider, provider_name
from billing.queries.position import known_position
from billing.services.events import logged, note
from billing.services.posting import post
from ccportal.acdb import gateway
from ccportal.acdb.accountnumbers import site_code
from ccportal.core.errors import Conflict, InvalidInput, NotFound

MAX_AMOUNT = Decimal("1000000")
#: A provider's clock may be a little ahead of ours.
CLOCK_SKEW = timedelta(minutes=10)
OPEN = (PaymentState.RECEIVED, PaymentState.UNMATCHED)
PERMISSION = "write_transactions"


class AlreadyRecorded(Conflict):
    """The provider's reference is known; ``payment`` is the one that has it."""

    title = "Recorded already"

    def __init__(self, payment: Payment) -> None:
        super().__init__(
            f"{provider_name(payment.provider)} {payment.provider_reference} is recorded already; "
            "nothing was recorded twice."
        )
        self.payment = payment


@dataclass(frozen=True)
class Draft:
    """A payment as somebody or something reports it. ``amount`` is money in ``currency``; ``account`` as written."""

    provider: str
    reference: str
    amount: Decimal
    received_at: datetime
    account: str = ""
    payer_phone: str = ""
    payer_name: str = ""
    currency: str = ""
    note: str = ""
    confirmed: bool = True


def record(actor: Actor, draft: Draft, *, state: str = PaymentState.RECEIVED, problem: str = "") -> Payment:
    """Store a payment, once per provider and reference; nothing is posted yet.

    ``AlreadyRecorded`` with the payment that has the reference, ``InvalidInput`` for values that do not fit.
    """
    actor.require(PERMISSION)
    provider = known_provider(draft.provider)
    reference = clean_reference(draft.reference)
    payment = Payment(
        provider=provider.code,
        provider_reference=reference,
        amount=checked_amount(draft.amount),
        currency=draft.currency or provider.currency,
        payer_phone=draft.payer_phone[:20],
        payer_name=draft.payer_name[:120],
        account_given=draft.account[:60],
        received_at=_checked_time(draft.received_at),
        state=state,
        problem=problem,
        note=draft.note[:500],
        confirmed=draft.confirmed,
        recorded_by=actor.id,
        recorded_by_name=actor.name,
    )
    try:
        with transaction.atomic():
            payment.save()
            note(payment, "recorded", draft.note or "Recorded", actor)
    except IntegrityError:
        raise AlreadyRecorded(find_original(provider.code, reference)) from None
    return payment


def find_original(provider: str, reference: str) -> Payment:
    return Payment.objects.get(provider=provider, provider_reference=reference, kind=PaymentKind.PAYMENT)


def checked_amount(amount: Decimal) -> Decimal:
    """An amount of money above 0 with at most two decimals; else ``InvalidInput``."""
    if not amount.is_finite() or not 0 < amount <= MAX_AMOUNT:
        raise InvalidInput(f"The amount must be above 0 and at most {MAX_AMOUNT:,}.", field="amount")
    if amount != amount.quantize(Decimal("0.01")):
        raise InvalidInput("The amount has more than two decimals.", field="amount")
    return amount.quantize(Decimal("0.01"))


def _checked_time(moment: datetime) -> datetime:
    now = timezone.now()
    if moment > now + CLOCK_SKEW:
        raise InvalidInput("The payment cannot have been received in the future.", field="received_at")
    if moment.year < 2000:
        raise InvalidInput("The date lies too far back.", field="received_at")
    return min(moment, now)


def record_and_post(actor: Actor, draft: Draft) -> Payment:
    """Record a payment that staff have before them, and write its ledger row; ``NotFound`` for an unknown account."""
    actor.require(PERMISSION)
    gateway.refuse_if_read_only()
    position = known_position(draft.account)
    payment = record(actor, draft)
    return match(actor, payment, position.account)


# ---------------------------------------------------------------- matching


def match(actor: Actor, payment: Payment, account: str, *, text: str = "") -> Payment:
    """Give a payment its account and post it. ``Conflict`` when somebody has decided otherwise meanwhile."""
    assign(actor, payment, account, text=text)
    return post(payment.pk, actor)


def assign(actor: Actor, payment: Payment, account: str, *, text: str = "") -> None:
    """Give a payment its account; it is posted afterwards, by the caller or by the schedule."""
    actor.require(PERMISSION)
    refuse_foreign(payment)
    position = known_position(account)
    values = {"account": position.account, "site": site_code(position.account), "problem": "", "queue": ""}
    _step(
        actor,
        payment,
        "matched",
        text or f"Matched with {position.account}",
        {"state": PaymentState.MATCHED, "attempts": 0, "next_at": None, **values},
        queue__in=("", Queue.ASIDE),
    )


def refuse_foreign(payment: Payment) -> None:
    """``InvalidInput`` for a payment in a currency that is not the ledger's."""
    if payment.is_foreign:
        raise InvalidInput(
            f"This payment is in {payment.currency}, the ledger in {settings.CURRENCY}; it cannot be posted as it is."
        )


def leave_unmatched(actor: Actor, payment: Payment, problem: str) -> None:
    """Put a received payment into the queue that staff work off."""
    _step(actor, payment, "unmatched", problem, {"state": PaymentState.UNMATCHED, "problem": problem[:300]})


def put_aside(actor: Actor, payment: Payment, text: str) -> None:
    """Take a payment out of the open queue with a note."""
    _decide(actor, payment, "put_aside", Queue.ASIDE, text)


def note_refund(actor: Actor, payment: Payment, text: str) -> None:
    """Note that the money went back to the payer; the payment is never posted."""
    _decide(actor, payment, "refund_noted", Queue.REFUNDED, text)


def reopen(actor: Actor, payment: Payment, text: str) -> None:
    """Put a payment back into the open queue."""
    _decide(actor, payment, "reopened", "", text)


def _decide(actor: Actor, payment: Payment, kind: str, queue: str, text: str) -> None:
    actor.require(PERMISSION)
    if not text.strip():
        raise InvalidInput("Say why, for whoever looks at this later.", field="note")
    _step(actor, payment, kind, text, {"queue": queue, "note": text[:500], "state": PaymentState.UNMATCHED})


def _step(actor: Actor, payment: Payment, kind: str, text: str, fields: dict[str, Any], **still: Any) -> None:
    """Change an open payment and say so in its history, all or nothing."""
    before = logged(payment)
    with transaction.atomic():
        mine = Payment.objects.filter(pk=payment.pk, state__in=OPEN, claim="", **still)
        if not mine.update(**fields):
            raise Conflict(f"This payment is {_standing(payment.pk)}; somebody decided about it meanwhile.")
        payment.refresh_from_db()
        note(payment, kind, text, actor, before=before)


def _standing(pk: int) -> str:
    payment = Payment.objects.get(pk=pk)
    return (payment.get_queue_display() or payment.get_state_display()).lower()


# ---------------------------------------------------------------- reversing


def reverse(actor: Actor, payment: Payment, *, reason: str, moves: bool) -> Payment:
    """Take a posted payment back by a new entry that refers to it; the reversal, posted if the ACDB takes it.

    With ``moves`` the money stays ours and comes back as an unmatched payment for the right account; without, it goes
    back to the payer. ``Conflict`` when the payment is reversed already: of two who try at once one is told.
    """
    actor.require(PERMISSION)
    gateway.refuse_if_read_only()
    if not reason.strip():
        raise InvalidInput("Say why the payment is reversed.", field="reason")
    if payment.kind == PaymentKind.REVERSAL:
        raise InvalidInput("A reversal is not reversed; record or move the payment anew.")
    before = logged(payment)
    with transaction.atomic():
        posted = Payment.objects.filter(pk=payment.pk, state=PaymentState.POSTED)
        if not posted.update(state=PaymentState.REVERSED):
            raise Conflict(
                f"This payment is {_standing(payment.pk)}; only a posted one can be reversed, and only once."
            )
        payment.refresh_from_db()
        reversal = _derived(actor, payment, PaymentKind.REVERSAL, reason, state=PaymentState.MATCHED)
        note(payment, "reversed", reason, actor, before=before)
        if moves:
            moved = _derived(actor, payment, PaymentKind.CORRECTION, reason, state=PaymentState.UNMATCHED)
            note(moved, "unmatched", f"Was on {payment.account}: {reason}", actor)
    return post(reversal.pk, actor)


def _derived(actor: Actor, payment: Payment, kind: PaymentKind, reason: str, *, state: str) -> Payment:
    reverses = kind == PaymentKind.REVERSAL
    derived = Payment.objects.create(
        kind=kind,
        origin=payment,
        provider=payment.provider,
        provider_reference=payment.provider_reference,
        amount=-payment.amount if reverses else payment.amount,
        currency=payment.currency,
        payer_phone=payment.payer_phone,
        payer_name=payment.payer_name,
        account_given=payment.account_given,
        account=payment.account if reverses else "",
        site=payment.site if reverses else "",
        received_at=timezone.now() if reverses else payment.received_at,
        state=state,
        note=reason[:500],
        problem="" if reverses else f"Was posted to {payment.account} and taken back.",
        recorded_by=actor.id,
        recorded_by_name=actor.name,
    )
    if reverses:
        note(derived, "recorded", f"Reverses payment {payment.pk}: {reason}", actor)
    return derived


def get_payment(pk: int) -> Payment:
    """One payment; ``NotFound`` for an unknown number."""
    found = Payment.objects.select_related("origin", "mutation").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such payment.")
    return found
