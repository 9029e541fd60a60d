"""Adding, changing and deleting rows of an account's ledger, each in the table where it stands (D-30).

Nothing is written that has not been shown: ``outlook_of_*`` says what would come of a change, and the saving functions
refuse (``Moved``, a 409) when the account or the row is not any more as it was shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from audit.actors import Actor
from audit.models import Mutation
from audit.services import create_record, delete_record, update_record
from billing.calculations import Kind, number
from billing.effects import KWH_PLACES, Row, Standing, balance_to_record, kwh_of
from billing.models import FormUse, HistoryRow, Payment, Transaction
from billing.queries.position import (
    Position,
    as_row,
    known_position,
    ledger_row,
    standing_of,
    standing_without,
)
from billing.services.turns import Keep, in_turn
from ccportal.acdb import gateway
from ccportal.acdb.introspection import get_table
from ccportal.core.errors import Conflict, InvalidInput
from ccportal.core.money import ZERO, rounded

#: Id of a row that is still to be written: after every other of the same date.
UNWRITTEN = 2**62
LATER_ROW = "A later transaction records the balance, so the balance that is shown does not change."
NOT_THE_NEWEST = "A later transaction records the balance; it is not written anew."
CARRIED = (
    "All rows of this account are in the long ledger. The new one begins its recent ledger and carries the balance "
    "over; pages then show the recent ledger, the older rows stay in the table."
)
BELOW_ZERO = "The ledger records a balance below 0; pages show it as 0."


class Moved(Conflict):
    """The account or the row is not any more as it was shown."""


class SavedAlready(Conflict):
    """This very form was sent before; ``mutation`` is what it wrote."""

    def __init__(self, mutation: Mutation) -> None:
        super().__init__("This form was sent before and is saved once.")
        self.mutation = mutation


@dataclass(frozen=True)
class Draft:
    """What somebody wants a row to say: ``amount_money`` is positive, also for a reversal; ``used_kwh`` only for
    consumption."""

    kind: Kind
    at: datetime
    amount_money: Decimal
    used_kwh: Decimal


@dataclass(frozen=True)
class Outlook:
    """What a change would do. Balances are in kWh as pages show them; ``seen`` stands for all that was shown."""

    position: Position
    row: Row | None
    rate: Decimal
    rate_explanation: str
    before_kwh: Decimal
    after_kwh: Decimal
    notes: Sequence[str]
    seen: str

    @property
    def effect_kwh(self) -> Decimal:
        return self.after_kwh - self.before_kwh

    @property
    def before_money(self) -> Decimal:
        return self.before_kwh * self.rate

    @property
    def after_money(self) -> Decimal:
        return self.after_kwh * self.rate

    @property
    def effect_money(self) -> Decimal:
        return self.effect_kwh * self.rate


def row_of_draft(draft: Draft, rate: Decimal, id: int = UNWRITTEN) -> Row:
    """The row that says so: kWh = amount / rate; consumption has its kWh in the amount (D-03)."""
    if draft.kind == Kind.CONSUMPTION:
        return Row(id, draft.at, False, rounded(draft.used_kwh, KWH_PLACES), ZERO)
    sign = -1 if draft.kind == Kind.REVERSAL else 1
    amount = sign * draft.amount_money
    return Row(id, draft.at, draft.kind == Kind.PAYMENT, amount, kwh_of(amount, rate))


def columns_of(row: Row, rate: Decimal) -> dict[str, Any]:
    """The row as columns of a history table."""
    return {
        "transaction date": row.at,
        "transaction amount": f"{row.amount:f}",
        "rate used": f"{rate:f}",
        "kwh value": f"{row.kwh:f}",
        "payment": row.is_payment,
        "current balance": None if row.balance_kwh is None else f"{row.balance_kwh:f}",
    }


# ---------------------------------------------------------------- what would come of it


def outlook_of_adding(account: str, draft: Draft) -> Outlook:
    """What a new row would do. ``NotFound`` for an unknown account."""
    position = known_position(account)
    rate = position.rate_at(draft.at)
    row = with_balance(position, row_of_draft(draft, rate.rate))
    after = position.standing_after_adding(row)
    notes = [] if position.recent else [CARRIED] if position.ledger else []
    if position.recent and not position.standing.is_computed and row.balance_kwh is None:
        notes.append(LATER_ROW)
    return outlook_from(position, row, rate.rate, rate.explanation, after, notes)


def with_balance(position: Position, row: Row) -> Row:
    """The row with the running balance that it has to record."""
    carried = not position.recent
    recorded = balance_to_record(position.standing, row, carried=carried)
    return Row(row.id, row.at, row.is_payment, row.amount, row.kwh, recorded)


def outlook_of_changing(account: str, ledger_name: str, row_id: int, draft: Draft) -> Outlook:
    """What a row would do when it said something else. Its own rate stays; without one the tariff counts."""
    position, stored = known_position(account), ledger_row(account, ledger_name, row_id)
    refuse_payment_row(stored)
    rate, explanation = rate_of_row(position, stored, draft.at)
    old, row = as_row(stored), row_of_draft(draft, rate, stored.id)
    if old.balance_kwh is not None:
        moved = rounded(old.balance_kwh + row.change_kwh - old.change_kwh, KWH_PLACES)
        row = Row(row.id, row.at, row.is_payment, row.amount, row.kwh, moved)
    after = standing_of(position.ledger, stored).having(row)
    notes = [NOT_THE_NEWEST] if after.recorded is not None and after.recorded.id != row.id else []
    return outlook_from(position, row, rate, explanation, after, notes, stored)


def outlook_of_deleting(account: str, ledger_name: str, row_id: int) -> Outlook:
    """What the account would be without a row."""
    position, stored = known_position(account), ledger_row(account, ledger_name, row_id)
    refuse_payment_row(stored)
    rate, explanation = rate_of_row(position, stored, stored.at)
    after = standing_without(position.ledger, stored)
    newest = position.standing.recorded
    notes = [NOT_THE_NEWEST] if newest is not None and newest.id != stored.id else []
    return outlook_from(position, None, rate, explanation, after, notes, stored)


def rate_of_row(position: Position, stored: HistoryRow, at: datetime | None) -> tuple[Decimal, str]:
    """The rate per kWh by which a row was sold, and where it comes from."""
    if stored.rate and stored.rate > 0:
        return number(stored.rate), "the rate that the transaction records"
    found = position.rate_at(at or timezone.now())
    return found.rate, found.explanation


def refuse_payment_row(stored: HistoryRow) -> None:
    """``InvalidInput`` for a row that a payment wrote: it is corrected by reversing the payment."""
    payment = payment_of_row(stored)
    if payment is not None:
        raise InvalidInput(
            f"This transaction is the ledger row of {payment.get_kind_display().lower()} {payment.provider_reference}. "
            "It stays as it is: reverse the payment instead, which adds a row."
        )


def payment_of_row(stored: HistoryRow) -> Payment | None:
    posted = Payment.objects.filter(table_name=stored._meta.db_table, row_id=str(stored.pk))
    return posted.exclude(posted_at=None).first()


def outlook_from(
    position: Position,
    row: Row | None,
    rate: Decimal,
    explanation: str,
    after: Standing,
    notes: Sequence[str],
    stored: HistoryRow | None = None,
) -> Outlook:
    """The outlook of an account when its ledger stands as ``after`` says."""
    if position.standing.running_kwh < 0 or after.running_kwh < 0:
        notes = [*notes, BELOW_ZERO]
    before_kwh, after_kwh = position.standing.shown_kwh, after.shown_kwh
    parts = [f"{figure.normalize():f}" for figure in (before_kwh, after_kwh, rate)]
    seen = "|".join([*parts, fingerprint_of(stored) if stored else ""])
    return Outlook(position, row, rate, explanation, before_kwh, after_kwh, notes, seen)


def fingerprint_of(stored: HistoryRow) -> str:
    """Stands for the row in every column, also those the portal does not know."""
    return gateway.fingerprint(_whole(stored))


def _whole(stored: HistoryRow) -> dict[str, Any]:
    row = gateway.fetch_record(get_table(stored._meta.db_table), str(stored.pk))
    if row is None:
        raise Moved("This transaction was deleted meanwhile.")
    return row


# ---------------------------------------------------------------- making it so


def add_transaction(actor: Actor, account: str, draft: Draft, *, reason: str, seen: str, token: str) -> Mutation:
    """Write a new row into the recent ledger."""

    def write(keep: Keep) -> Mutation:
        outlook = _still(outlook_of_adding(account, draft), seen)
        position, row = outlook.position, outlook.row
        if row is None:
            raise LookupError("an added row")
        values = {"accountnumber": position.account, "meterid": position.meter_id or None}
        return create_record(
            actor,
            Transaction._meta.db_table,
            {**values, **columns_of(row, outlook.rate)},
            event="billing.transaction.added",
            reason=reason,
            together_with=_used_once(token, keep),
        )

    return _once(account, token, write)


def change_transaction(
    actor: Actor, account: str, ledger_name: str, row_id: int, draft: Draft, *, reason: str, seen: str, token: str
) -> Mutation:
    """Write a row anew, in the table where it stands."""

    def write(keep: Keep) -> Mutation:
        expected = _whole(ledger_row(account, ledger_name, row_id))
        outlook = _still(outlook_of_changing(account, ledger_name, row_id, draft), seen)
        if outlook.row is None:
            raise LookupError("a changed row")
        return update_record(
            actor,
            ledger_row(account, ledger_name, row_id)._meta.db_table,
            str(row_id),
            columns_of(outlook.row, outlook.rate),
            event="billing.transaction.changed",
            expected=expected,
            reason=reason,
            together_with=_used_once(token, keep),
        )

    return _once(account, token, write)


def delete_transaction(
    actor: Actor, account: str, ledger_name: str, row_id: int, *, reason: str, seen: str, token: str
) -> Mutation:
    """Remove a row from the table where it stands; the log keeps it whole."""

    def write(keep: Keep) -> Mutation:
        stored = ledger_row(account, ledger_name, row_id)
        expected = _whole(stored)
        _still(outlook_of_deleting(account, ledger_name, row_id), seen)
        return delete_record(
            actor,
            stored._meta.db_table,
            str(row_id),
            event="billing.transaction.deleted",
            expected=expected,
            reason=reason,
            together_with=_used_once(token, keep),
        )

    return _once(account, token, write)


def _still(outlook: Outlook, seen: str) -> Outlook:
    if outlook.seen != seen:
        raise Moved(
            "The account changed while you were deciding, so the effect is another one. "
            "Nothing was saved; look at the new effect, then confirm again."
        )
    return outlook


def _once(account: str, token: str, write: Callable[[Keep], Mutation]) -> Mutation:
    """Write in turn, unless this form was sent before: then say what it wrote."""
    used = FormUse.objects.filter(token=token).select_related("mutation").first()
    if used is not None:
        raise SavedAlready(used.mutation)
    entry: Mutation = in_turn(account, write)
    return entry


def _used_once(token: str, keep: Keep) -> Keep:
    def companion(entries: Sequence[Mutation]) -> None:
        keep(entries)
        # Behind the turn: whoever sends the same form at the same moment waits there and then finds this row.
        used = FormUse.objects.filter(token=token).select_related("mutation").first()
        if used is not None:
            raise SavedAlready(used.mutation)
        FormUse.objects.create(token=token, mutation=entries[0])

    return companion
