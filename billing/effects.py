"""What a change of a ledger does to the balance of its account: values in, values out (docs/algorithms/payments.md).

Energy is in kWh, money in the installation's currency. The rule of the balance itself is ``calculations.balance``.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from billing.calculations import Kind, Number, balance, kind_of, number
from ccportal.core.money import ZERO, rounded

#: Decimals of kWh in a ledger row.
KWH_PLACES = 4
Place = tuple[bool, float, int]


def kwh_of(amount_money: Decimal, rate_per_kwh: Decimal) -> Decimal:
    """kWh sold for an amount at a rate, 4 decimals, half up.

    >>> kwh_of(Decimal("50"), Decimal("6"))
    Decimal('8.3333')
    """
    return rounded(amount_money / rate_per_kwh, KWH_PLACES)


@dataclass(frozen=True)
class Row:
    """A ledger row as far as the balance is concerned; ``amount`` holds kWh where ``kind`` is consumption (D-03).

    ``id`` is that of the table; a row that is still to be written has one above all others. ``balance_kwh`` is what
    the row records, None when it records none.
    """

    id: int
    at: datetime | None
    is_payment: bool
    amount: Decimal
    kwh: Decimal
    balance_kwh: Decimal | None = None

    @property
    def place(self) -> Place:
        """Orders rows as the ledger does: by date, then ID; rows without a date are the oldest."""
        return self.at is not None, self.at.timestamp() if self.at else 0.0, self.id

    @property
    def kind(self) -> Kind:
        return kind_of(self.is_payment, self.amount, self.kwh)

    @property
    def bought_kwh(self) -> Decimal:
        """What the computed balance counts as bought (semantics 7.5)."""
        return self.kwh if self.amount > 0 and self.kind != Kind.CONSUMPTION else ZERO

    @property
    def used_kwh(self) -> Decimal:
        """What it counts as used or taken back."""
        if self.kind == Kind.CONSUMPTION:
            return self.amount
        return ZERO if self.amount > 0 else abs(self.kwh)

    @property
    def change_kwh(self) -> Decimal:
        """By how much the row changes a running balance."""
        return self.bought_kwh - self.used_kwh


@dataclass(frozen=True)
class Standing:
    """What the balance of a ledger follows from: the newest row that records one, the newest row, and the sums."""

    recorded: Row | None
    newest: Row | None
    bought_kwh: Decimal = ZERO
    used_kwh: Decimal = ZERO

    @property
    def running_kwh(self) -> Decimal:
        """The balance as a row would record it: below 0 where the ledger says so."""
        if self.recorded is not None and self.recorded.balance_kwh is not None:
            return self.recorded.balance_kwh
        return self.shown_kwh

    @property
    def shown_kwh(self) -> Decimal:
        """The balance that every page shows, never below 0."""
        recorded: Number = self.recorded.balance_kwh if self.recorded else None
        newest = self.newest.kwh if self.newest else ZERO
        return balance(recorded, bought=self.bought_kwh, used=self.used_kwh, newest_kwh=newest)

    @property
    def is_computed(self) -> bool:
        """True where the balance follows from what was bought and used, because no row records one."""
        return self.recorded is None and self.used_kwh != 0

    def counts(self, at: datetime) -> bool:
        """Whether a row of this date is younger than the last recorded balance, so that its own would be shown."""
        return self.recorded is None or self.recorded.place < (True, at.timestamp(), 2**63)

    def having(self, row: Row) -> "Standing":
        """The same ledger with one row more."""
        recorded, newest = self.recorded, self.newest
        if row.balance_kwh is not None and (recorded is None or recorded.place < row.place):
            recorded = row
        if newest is None or newest.place < row.place:
            newest = row
        return replace(
            self,
            recorded=recorded,
            newest=newest,
            bought_kwh=self.bought_kwh + row.bought_kwh,
            used_kwh=self.used_kwh + row.used_kwh,
        )


EMPTY = Standing(None, None)


def balance_to_record(standing: Standing, row: Row, *, carried: bool = False) -> Decimal | None:
    """The running balance that a new row records; None where it must not record one.

    That is so where a younger row records the balance already, and where the ledger records none but computes it.
    A row that begins another ledger always carries the balance over (``carried``).
    """
    if not carried and (standing.is_computed or row.at is None or not standing.counts(row.at)):
        return None
    return rounded(standing.running_kwh + row.change_kwh, KWH_PLACES)


def booking_time(standing: Standing, received_at: datetime, now: datetime) -> datetime:
    """The date of a payment's ledger row: when it was received, or now if a younger row records the balance already.

    A running balance cannot take in what happened before it without rewriting every later row.
    """
    return received_at if received_at <= now and standing.counts(received_at) else now


def row_of(id: int, at: datetime | None, is_payment: bool | None, amount: Number, kwh: Number, recorded: Number) -> Row:
    """A row from database values; NULL counts as false and 0, except for the balance."""
    return Row(id, at, bool(is_payment), number(amount), number(kwh), None if recorded is None else number(recorded))
