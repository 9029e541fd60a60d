"""The ledger row of a payment, written once whatever stops in between (docs/algorithms/payments.md).

1. A worker claims the payment by a conditional update.
2. In one transaction of our own database: the log entry *pending*, the payment's link to it, the turn of the account.
   A worker whose claim was taken away meanwhile fails here and writes nothing.
3. The ledger row, in the ACDB.
4. The entry *applied* and, in the same transaction, the payment *posted* (``settle``, called by the signal).

A worker killed before 2 leaves a claim that ``rescue`` lifts. Killed after 2, the audit's reconciler finds out by the
ACDB whether the row was written, and either the signal settles the payment or ``rescue`` frees it for another attempt.
"""

import logging
import secrets
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.db.utils import Error as DatabaseError
from django.utils import timezone

from audit.actors import Actor
from audit.models import Mutation, MutationState
from audit.services import create_record
from billing.effects import Row, booking_time, kwh_of
from billing.models import Payment, PaymentEvent, PaymentKind, PaymentState, Transaction
from billing.providers import provider_name
from billing.queries.position import Position, known_position
from billing.services.events import note
from billing.services.transactions import CARRIED, UNWRITTEN, Outlook, columns_of, outlook_from, with_balance
from billing.services.turns import Keep, in_turn
from ccportal.acdb.accountnumbers import normalise
from ccportal.core.errors import Conflict, PortalError

logger = logging.getLogger(__name__)
POSTED, REVERSED = "billing.payment.posted", "billing.payment.reversed"
EVENTS = (POSTED, REVERSED)
#: A claim without log entry this old has lost its worker; longer than any step before the entry can take.
STUCK_AFTER = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
BOOKED_NOW = "A later transaction records the balance, so the ledger row gets today’s date; the payment keeps its own."
WAITS = "The customer database did not take it yet; it is tried again by itself."


def post(pk: int, actor: Actor) -> Payment:
    """Write the ledger row of a matched payment, or leave it to whoever does so already.

    Faults of the ACDB are kept on the payment, which is tried again by the schedule; the payment as it is afterwards.
    """
    token = _claim(pk)
    if token:
        payment = Payment.objects.get(pk=pk)
        try:
            in_turn(payment.account, lambda keep: _write(payment, actor, token, keep))
        except PortalError as error:
            _give_back(pk, token, error.message)
        except DatabaseError as error:
            logger.warning("payment %s was not posted: %s", pk, type(error).__name__)
            _give_back(pk, token, WAITS)
    return Payment.objects.get(pk=pk)


def _claim(pk: int) -> str:
    """Take a payment that waits to be posted; empty when there is nothing to do or another worker has it."""
    token = secrets.token_hex(16)
    free = Payment.objects.filter(pk=pk, state=PaymentState.MATCHED, claim="", mutation=None)
    taken = free.update(claim=token, claimed_at=timezone.now(), attempts=F("attempts") + 1)
    return token if taken else ""


def _write(payment: Payment, actor: Actor, token: str, keep: Keep) -> Mutation:
    position = known_position(payment.account)
    row, rate = ledger_row_of(payment, position)
    values = {"accountnumber": position.account, "meterid": position.meter_id or None, **columns_of(row, rate)}

    def companion(entries: Sequence[Mutation]) -> None:
        keep(entries)
        mine = Payment.objects.filter(pk=payment.pk, claim=token, state=PaymentState.MATCHED, mutation=None)
        if not mine.update(mutation=entries[0], kwh=row.kwh, rate=rate, problem=""):
            raise Conflict("Somebody else posts this payment already.")
        PaymentEvent.objects.create(
            payment=payment,
            kind="posting",
            text="Being written to the ledger",
            actor_id=actor.id,
            actor_name=actor.name,
            mutation=entries[0],
        )

    return create_record(
        actor,
        Transaction._meta.db_table,
        values,
        event=REVERSED if payment.kind == PaymentKind.REVERSAL else POSTED,
        permission="write_transactions",
        reason=_reason(payment),
        together_with=companion,
    )


def ledger_row_of(payment: Payment, position: Position) -> tuple[Row, Decimal]:
    """The ledger row of a payment on an account, and its rate: that of its date, or of what is reversed."""
    now = timezone.now()
    at = now if payment.kind == PaymentKind.REVERSAL else booking_time(position.standing, payment.received_at, now)
    origin = payment.origin
    if payment.kind == PaymentKind.REVERSAL and origin is not None and origin.kwh is not None and origin.rate:
        rate, kwh = origin.rate, -origin.kwh
    else:
        rate = position.rate_at(at).rate
        kwh = kwh_of(payment.amount, rate)
    row = Row(UNWRITTEN, at, payment.kind != PaymentKind.REVERSAL, payment.amount, kwh)
    return with_balance(position, row), rate


def outlook_of(payment: Payment, account: str) -> Outlook:
    """What posting a payment (also one that is not stored yet) to an account would do to the balance there."""
    position = known_position(account)
    row, rate = ledger_row_of(payment, position)
    reverses = payment.kind == PaymentKind.REVERSAL
    explanation = "the rate of the payment" if reverses else position.rate_at(row.at or timezone.now()).explanation
    notes = [CARRIED] if position.ledger and not position.recent else []
    if not reverses and row.at is not None and row.at != payment.received_at:
        notes.append(BOOKED_NOW)
    return outlook_from(position, row, rate, explanation, position.standing_after_adding(row), notes)


def _reason(payment: Payment) -> str:
    what = f"{provider_name(payment.provider)} {payment.provider_reference}"
    words = {PaymentKind.REVERSAL: "Reversal of", PaymentKind.CORRECTION: "Moved payment"}
    begin = words.get(PaymentKind(payment.kind), "Payment")
    return f"{begin} {what}" + (f": {payment.note}" if payment.note else "")


def _give_back(pk: int, token: str, problem: str) -> None:
    """Free a payment whose row was not written; one whose entry is still pending stays claimed until it is settled."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update().filter(pk=pk, claim=token).select_related(None).first()
        if payment is None:
            return
        state = payment.mutation.state if payment.mutation else MutationState.FAILED
        fields = {"problem": problem[:300], "next_at": timezone.now() + _pause(payment.attempts)}
        if state == MutationState.FAILED:
            fields |= {"claim": "", "claimed_at": None, "mutation": None}
        Payment.objects.filter(pk=pk).update(**fields)


def _pause(attempts: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 10), LONGEST_PAUSE)


# ---------------------------------------------------------------- after the write


def settle(entry: Mutation) -> None:
    """Mark the payment posted whose ledger row an applied entry wrote; runs in the transaction that says *applied*."""
    step = PaymentEvent.objects.filter(kind="posting", mutation=entry).select_related("payment").first()
    if step is None:
        return
    done = {
        "state": PaymentState.POSTED,
        "mutation": entry,
        "table_name": entry.table_name,
        "row_id": entry.record_id,
        "posted_at": timezone.now(),
        "claim": "",
        "claimed_at": None,
        "problem": "",
    }
    # The second case: an entry that was given up a moment too early, while nobody had begun anew.
    mine = Q(mutation=entry) | Q(mutation=None, claim="")
    payment = step.payment
    if Payment.objects.filter(mine, pk=payment.pk, state=PaymentState.MATCHED).update(**done):
        note(payment, "posted", f"Row {entry.record_id} of the ledger", _writer(entry), mutation=entry)
    elif Payment.objects.filter(pk=payment.pk).exclude(mutation=entry).exists():
        logger.error("payment %s has two ledger rows: entry %s was settled late", payment.pk, entry.pk)
        problem = f"Written twice: entry {entry.pk} of the log wrote a second row. Undo that entry."
        Payment.objects.filter(pk=payment.pk).update(problem=problem)
        note(payment, "written_twice", problem, Actor.system(), mutation=entry)


def _writer(entry: Mutation) -> Actor:
    """The portal in the name of the entry's writer: the log has the entry itself already."""
    return Actor(Actor.system().kind, entry.actor_id, entry.actor_name)


def follow_row(entry: Mutation) -> None:
    """Somebody deleted or restored a ledger row: its payment is not posted any more, or is again. A changed row says
    something else than its payment, which says so until the row agrees again."""
    rows = Payment.objects.filter(table_name=entry.table_name, row_id=entry.record_id)
    if entry.effect == "delete":
        for payment in rows.filter(state__in=(PaymentState.POSTED, PaymentState.REVERSED)).exclude(posted_at=None):
            problem = f"Its ledger row was deleted by entry {entry.pk} of the log of changes."
            Payment.objects.filter(pk=payment.pk).update(
                state=PaymentState.UNMATCHED, problem=problem, posted_at=None, mutation=None, queue=""
            )
            note(payment, "row_deleted", problem, _writer(entry), mutation=entry)
    elif entry.effect == "create":
        for payment in rows.filter(state=PaymentState.UNMATCHED, posted_at=None):
            reversed_ = payment.derived.filter(kind=PaymentKind.REVERSAL).exists()
            state = PaymentState.REVERSED if reversed_ else PaymentState.POSTED
            Payment.objects.filter(pk=payment.pk).update(state=state, problem="", posted_at=timezone.now())
            note(
                payment, "row_restored", f"Its ledger row is back, by entry {entry.pk}.", _writer(entry), mutation=entry
            )
    else:
        for payment in rows.filter(state__in=(PaymentState.POSTED, PaymentState.REVERSED)):
            _follow_change(payment, entry)


def _follow_change(payment: Payment, entry: Mutation) -> None:
    row = entry.new_values or {}
    account, amount, kwh = (row.get(column) for column in ("accountnumber", "transaction amount", "kwh value"))
    says = normalise(str(account or "")), Decimal(str(amount or 0)), Decimal(str(kwh or 0))
    agrees = says == (payment.account, payment.amount, payment.kwh or 0)
    problem = f"Its ledger row was changed by entry {entry.pk} of the log of changes and says something else."
    if agrees == bool(payment.problem):
        Payment.objects.filter(pk=payment.pk).update(problem="" if agrees else problem)
        note(
            payment,
            "row_changed",
            "Its ledger row agrees again." if agrees else problem,
            _writer(entry),
            mutation=entry,
        )


# ---------------------------------------------------------------- the schedule


def post_waiting(actor: Actor, limit: int = 200) -> int:
    """Post what waits; the number of payments tried."""
    due = Q(next_at=None) | Q(next_at__lte=timezone.now())
    waiting = Payment.objects.filter(due, state=PaymentState.MATCHED, claim="", mutation=None).order_by("pk")
    pks = list(waiting.values_list("pk", flat=True)[:limit])
    for pk in pks:
        post(pk, actor)
    return len(pks)


def rescue(stuck_after: timedelta = STUCK_AFTER) -> int:
    """Free payments whose worker died, settle those whose entry was settled; the number of them."""
    touched = 0
    claimed = Payment.objects.filter(state=PaymentState.MATCHED).exclude(claim="")
    for payment in claimed.select_related("mutation"):
        entry = payment.mutation
        if entry is None:
            old = Payment.objects.filter(pk=payment.pk, claim=payment.claim, mutation=None)
            touched += old.filter(claimed_at__lt=timezone.now() - stuck_after).update(claim="", claimed_at=None)
        elif entry.state == MutationState.APPLIED:
            with transaction.atomic():
                settle(entry)
            touched += 1
        elif entry.state == MutationState.FAILED:
            _give_back(payment.pk, payment.claim, entry.error or WAITS)
            touched += 1
    return touched
