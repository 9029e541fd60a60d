"""What an account has, used and paid: values in, values out (semantics 7, docs/algorithms/account.md).

Energy is in kWh, money in the installation's currency, days are calendar days in the meters' zone.
NULL counts as 0; rounding happens once, at the end (semantics 1.4).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ccportal.core.money import ZERO, ratio, rounded
from ccportal.core.periods import Month

Number = Decimal | float | int | None

#: Days over which average use is taken.
WINDOW_DAYS = 30
MONTHS = 12
#: Share of the hours of a window that need a reading before readings stand for the use in it.
COVERAGE = Decimal("0.8")
LOW_BALANCE_KWH = 10
WARN_DAYS_LEFT = 3
_SECONDS_PER_DAY = 86_400


def number(value: Number) -> Decimal:
    """An exact number from a database value; NULL counts as 0.

    >>> number(0.1)
    Decimal('0.1')
    """
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


class Kind(StrEnum):
    """What a row of the ledger records."""

    PAYMENT = "payment"
    CONSUMPTION = "consumption"
    REVERSAL = "reversal"
    OTHER = "other"


def kind_of(is_payment: bool | None, amount: Number, kwh: Number) -> Kind:
    """What a row is (D-03).

    A row that is no payment, has an amount above 0 and no kWh holds *consumed kWh* in its amount; a row that is
    no payment and takes money or energy back is a reversal.

    >>> kind_of(False, Decimal("3.2"), None)
    <Kind.CONSUMPTION: 'consumption'>
    """
    if is_payment:
        return Kind.PAYMENT
    amount, kwh = number(amount), number(kwh)
    if amount > 0 and kwh == 0:
        return Kind.CONSUMPTION
    return Kind.REVERSAL if amount < 0 or kwh < 0 else Kind.OTHER


# ---------------------------------------------------------------- balance


def balance(stored: Number, *, bought: Number = 0, used: Number = 0, newest_kwh: Number = 0) -> Decimal:
    """kWh left on the account, never below 0, unrounded: the one rule of every view (semantics 7.5, D-27).

    ``stored`` is the newest balance the ledger itself records, None when it records none (0 is a balance, NULL is not).
    Then it is what was ``bought`` less what was ``used`` or reversed; where nothing was used or reversed, the kWh of
    the newest row.

    >>> balance(None, bought=30, used=12.5)
    Decimal('17.5')
    """
    if stored is not None:
        return max(number(stored), ZERO)
    left = number(bought) - abs(number(used)) if used else number(newest_kwh)
    return max(left, ZERO)


# ---------------------------------------------------------------- use


class Basis(StrEnum):
    """Where a figure of consumption comes from, best first (D-26)."""

    READINGS = "readings"
    CONSUMPTION = "consumption"
    VENDED = "vended"

    @property
    def label(self) -> str:
        return {
            Basis.READINGS: "meter readings",
            Basis.CONSUMPTION: "consumption rows of the ledger",
            Basis.VENDED: "kWh bought",
        }[self]


@dataclass(frozen=True)
class Window:
    """Calendar days from ``first`` to ``last``, both included; ``last`` is today and not over yet."""

    first: date
    last: date

    @classmethod
    def ending(cls, today: date, days: int) -> "Window":
        return cls(today - timedelta(days=days - 1), today)

    def since(self, first_day: date | None) -> "Window":
        """The part of the window after an account began; an account that began later than today has today."""
        return Window(max(self.first, min(first_day or self.first, self.last)), self.last)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class HourOfReadings:
    """A clock hour of one meter: its first moment without zone, and the mean of its positive powers in kW."""

    hour: datetime
    mean_kw: Number


@dataclass(frozen=True)
class Energy:
    """kWh per day from each source; ``hours`` are the clock hours in which a meter was read at all."""

    read: Mapping[date, Decimal]
    hours: frozenset[datetime]
    consumed: Mapping[date, Decimal]
    vended: Mapping[date, Decimal]

    def of(self, basis: Basis) -> Mapping[date, Decimal]:
        return {Basis.READINGS: self.read, Basis.CONSUMPTION: self.consumed, Basis.VENDED: self.vended}[basis]


def energy_per_day(hours: Iterable[HourOfReadings]) -> dict[date, Decimal]:
    """kWh per day: mean power of each clock hour, summed over hours and meters; only positive powers count."""
    days: dict[date, Decimal] = defaultdict(Decimal)
    for hour in hours:
        days[hour.hour.date()] += max(number(hour.mean_kw), ZERO)
    return dict(days)


def choose_basis(energy: Energy, window: Window, now: datetime) -> Basis:
    """Which source stands for the use within a window (D-26).

    Meter readings when they cover it: at least four of five of its hours until ``now`` (local) were read. Else the
    ledger's consumption rows, when there is one in it. Else what was bought.
    """
    begin = datetime.combine(window.first, datetime.min.time())
    local = now.replace(tzinfo=None)
    elapsed = int((local - begin).total_seconds() // 3600)
    covered = sum(1 for hour in energy.hours if begin <= hour <= local)
    if covered and covered >= COVERAGE * elapsed:
        return Basis.READINGS
    return Basis.CONSUMPTION if any(day in window for day in energy.consumed) else Basis.VENDED


def elapsed_days(first_day: date | None, today: date) -> int:
    """Days by which use is divided: 30, or the days since the first transaction if fewer, at least 1 (D-26)."""
    return WINDOW_DAYS if first_day is None else min(max((today - first_day).days, 1), WINDOW_DAYS)


def average_per_day(per_day: Mapping[date, Decimal], window: Window, days: int) -> Decimal:
    """Mean kWh a day, unrounded: the sum within the window over elapsed days, whether or not they saw any use."""
    return ratio(sum((kwh for day, kwh in per_day.items() if day in window), ZERO), days)


def days_left(balance_kwh: Decimal, average_kwh: Decimal) -> Decimal | None:
    """Days until the balance is used up at the average; None when nothing is used, so that nobody can tell."""
    return balance_kwh / average_kwh if average_kwh > 0 else None


def recharge_seconds(balance_kwh: Decimal, average_kwh: Decimal) -> int:
    """The same in whole seconds for the API, 0 when either is not positive (semantics 7.6)."""
    left = days_left(balance_kwh, average_kwh)
    return int(left * _SECONDS_PER_DAY) if left is not None and left > 0 else 0


# ---------------------------------------------------------------- series


@dataclass(frozen=True)
class DayValue:
    """kWh of a day, 2 decimals."""

    day: date
    kwh: Decimal


@dataclass(frozen=True)
class MonthValue:
    """kWh of a calendar month, 1 decimal."""

    month: Month
    kwh: Decimal


def daily_series(per_day: Mapping[date, Decimal], today: date, days: int) -> list[DayValue]:
    """A value for each of the last ``days`` days, oldest first, today included, 0 where nothing is known."""
    first = today - timedelta(days=days - 1)
    return [DayValue(day, rounded(per_day.get(day))) for day in (first + timedelta(days=i) for i in range(days))]


def monthly_series(per_day: Mapping[date, Decimal], today: date) -> list[MonthValue]:
    """A value for each of the last 12 calendar months, oldest first, this one included (D-28)."""
    sums: dict[Month, Decimal] = defaultdict(Decimal)
    for day, kwh in per_day.items():
        sums[Month.of(day)] += kwh
    return [MonthValue(month, rounded(sums.get(month), 1)) for month in last_months(today)]


def last_months(today: date) -> list[Month]:
    """The last 12 calendar months, oldest first, that of ``today`` included."""
    return [Month.of(today) + back for back in range(1 - MONTHS, 1)]
