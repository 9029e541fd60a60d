"""Everything the page and the API say of an account at a moment, in a constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing.calculations import (
    LOW_BALANCE_KWH,
    WARN_DAYS_LEFT,
    WINDOW_DAYS,
    Basis,
    DayValue,
    Energy,
    MonthValue,
    Window,
    average_per_day,
    balance,
    choose_basis,
    daily_series,
    days_left,
    elapsed_days,
    energy_per_day,
    last_months,
    monthly_series,
    recharge_seconds,
)
from billing.models import HistoryRow
from billing.queries.ledger import (
    Ledger,
    LedgerSums,
    energy_by_day,
    last_payment,
    newest_balance,
    sums,
    without_reversed,
)
from billing.queries.meters import hours_read
from ccportal.core.periods import meter_zone


@dataclass(frozen=True)
class Usage:
    """Use of an account: kWh a day unrounded, over ``days`` elapsed days; each series with what it rests on."""

    average: Decimal
    days: int
    basis: Basis
    daily: Sequence[DayValue]
    """The last 30 days; the last 7 of them are the week."""
    monthly_basis: Basis
    monthly: Sequence[MonthValue]

    @property
    def week(self) -> Sequence[DayValue]:
        return self.daily[-7:]


@dataclass(frozen=True)
class Overview:
    """An account at ``now``. ``balance_kwh`` and ``left`` are unrounded; ``balance_at`` is None for a balance that
    the ledger does not record but that was computed."""

    now: datetime
    totals: LedgerSums
    balance_kwh: Decimal
    balance_at: datetime | None
    balance_recorded: bool
    payment: HistoryRow | None
    usage: Usage

    @property
    def left(self) -> Decimal | None:
        return days_left(self.balance_kwh, self.usage.average)

    @property
    def recharge_seconds(self) -> int:
        return recharge_seconds(self.balance_kwh, self.usage.average)

    @property
    def low(self) -> bool:
        """Under 10 kWh (semantics 7.11)."""
        return self.balance_kwh < LOW_BALANCE_KWH

    @property
    def urgent(self) -> bool:
        """Under 3 days left."""
        return self.left is not None and self.left < WARN_DAYS_LEFT


def overview_of(ledger: Ledger, meter_ids: Sequence[str], now: datetime) -> Overview:
    """At most seven queries: totals, balance, reversed payments, the last that was not, days, readings of window and
    year."""
    totals, kept = sums(ledger), without_reversed(ledger)
    recorded = newest_balance(ledger)
    newest = None if recorded else ledger.rows.first()
    kwh = balance(
        recorded.balance if recorded else None,
        bought=totals.bought,
        used=totals.used,
        newest_kwh=newest.kwh if newest else 0,
    )
    return Overview(
        now=now,
        totals=totals,
        balance_kwh=kwh,
        balance_at=recorded.at if recorded else None,
        balance_recorded=recorded is not None,
        payment=last_payment(kept),
        usage=usage_of(kept, meter_ids, totals.first, now),
    )


def usage_of(ledger: Ledger, meter_ids: Sequence[str], first: datetime | None, now: datetime) -> Usage:
    """Average and series; readings of a whole year are fetched only where those of the window cover it."""
    local = now.astimezone(meter_zone())
    today, first_day = local.date(), first.astimezone(meter_zone()).date() if first else None
    year = Window(last_months(today)[0].first_day, today)
    window = Window.ending(today, WINDOW_DAYS)
    by_day = energy_by_day(ledger, year.first, year.last)
    consumed = {row.day: row.consumed for row in by_day if row.consumed is not None}
    vended = {row.day: row.vended for row in by_day}

    recent = _energy(meter_ids, window, consumed, vended)
    basis = choose_basis(recent, window.since(first_day), local)
    per_day = recent.of(basis)
    whole = _energy(meter_ids, year, consumed, vended) if basis == Basis.READINGS else recent
    monthly_basis = choose_basis(whole, year.since(first_day), local)
    days = elapsed_days(first_day, today)
    return Usage(
        average=average_per_day(per_day, window, days),
        days=days,
        basis=basis,
        daily=daily_series(per_day, today, WINDOW_DAYS),
        monthly_basis=monthly_basis,
        monthly=monthly_series(whole.of(monthly_basis), today),
    )


def _energy(
    meter_ids: Sequence[str], window: Window, consumed: Mapping[date, Decimal], vended: Mapping[date, Decimal]
) -> Energy:
    hours = hours_read(meter_ids, window.first, window.last)
    return Energy(energy_per_day(hours), frozenset(hour.hour for hour in hours), consumed, vended)
