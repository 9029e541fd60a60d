"""Figures of the reports from rolled-up sums: pure functions (semantics 8 to 13; docs/algorithms/reports.md).

Periods are months or quarters; both sort. ARPU is revenue divided by the number of accounts that ever had a
dated transaction up to the end of the period ("ever transacted", D-33).

Example: two accounts start in January and pay 30 and 10; one starts in February, and all together pay 60.
January: 40 / 2 = 20. February: 60 / 3 = 20.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import TypeVar

from ccportal.core.money import ZERO, ratio
from ccportal.core.periods import Month, Quarter

Period = TypeVar("Period", Month, Quarter)

#: Power above it is taken for watts written into a column of kilowatts (D-40).
SUSPICIOUS_KW = 20.0
#: Days of a quarter whose rows have no days (semantics 10.5).
DAYS_OF_A_QUARTER = 90
#: A mean over fewer accounts says more about them than about their type (semantics 13.7).
FEWEST_ACCOUNTS = 3
#: Quartiles of fewer values mean nothing.
FEWEST_FOR_FENCES = 4
FENCE = 1.5


@dataclass(frozen=True)
class MonthSum:
    """The ledger of one site in one month; ``site`` empty for rows without a usable account.

    ``days`` has a bit for each day with rows, the first day of the month the lowest.
    """

    site: str
    month: Month
    transactions: int
    revenue: Decimal
    kwh: Decimal
    days: int = 0


@dataclass(frozen=True)
class Sum:
    """Transactions, revenue (currency) and kWh vended over some rows."""

    transactions: int = 0
    revenue: Decimal = ZERO
    kwh: Decimal = ZERO

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.transactions + other.transactions, self.revenue + other.revenue, self.kwh + other.kwh)


@dataclass(frozen=True)
class ArpuPoint:
    """Revenue per account in a period; ``customers`` have transacted by the end of it."""

    revenue: Decimal
    customers: int

    @property
    def arpu(self) -> Decimal:
        return ratio(self.revenue, self.customers)


def by_quarter(month: Month) -> Quarter:
    return month.quarter


def by_month(month: Month) -> Month:
    return month


def sums_by_site(months: Iterable[MonthSum], period_of: Callable[[Month], Period]) -> dict[str, dict[Period, Sum]]:
    """Sums per site and period, both ascending; rows without a site are left out (semantics 9.1)."""
    found: dict[str, dict[Period, Sum]] = defaultdict(dict)
    for row in sorted(months, key=lambda row: (row.site, row.month)):
        if row.site:
            period = period_of(row.month)
            part = Sum(row.transactions, row.revenue, row.kwh)
            found[row.site][period] = found[row.site].get(period, Sum()) + part
    return dict(found)


def arpu(
    months: Iterable[MonthSum], first_seen: Mapping[tuple[str, Month], int], period_of: Callable[[Month], Period]
) -> dict[Period, tuple[ArpuPoint, dict[str, ArpuPoint]]]:
    """ARPU of every period that has rows, overall and per site that has rows in it (semantics 8).

    ``first_seen`` counts, per site and month, the accounts whose first dated transaction it was.
    """
    sums = sums_by_site(months, period_of)
    periods = sorted({period for site in sums.values() for period in site})
    newcomers: dict[str, dict[Period, int]] = defaultdict(lambda: defaultdict(int))
    for (site, month), count in first_seen.items():
        newcomers[site][period_of(month)] += count
    base: dict[str, int] = defaultdict(int)
    result = {}
    for period in periods:
        for site, fresh in newcomers.items():
            base[site] += fresh.get(period, 0)
        per_site = {site: ArpuPoint(part[period].revenue, base[site]) for site, part in sums.items() if period in part}
        total = sum((point.revenue for point in per_site.values()), ZERO)
        result[period] = ArpuPoint(total, sum(base.values())), per_site
    return result


# ---------------------------------------------------------------- quarters


@dataclass(frozen=True)
class QuarterSum:
    """All accounts in a quarter, and running totals to its end."""

    quarter: Quarter
    revenue: Decimal
    kwh: Decimal
    revenue_so_far: Decimal
    kwh_so_far: Decimal
    days: int


def cumulative(months: Iterable[MonthSum]) -> list[QuarterSum]:
    """Sums and running totals of every quarter with rows; a site is not required (semantics 9.3).

    ``days`` are the distinct days with rows. Example: kWh of 5, 7 and 1 in three quarters run to 5, 12 and 13.
    """
    parts: dict[Quarter, Sum] = defaultdict(Sum)
    days: dict[Month, int] = defaultdict(int)
    for row in months:
        parts[row.month.quarter] += Sum(row.transactions, row.revenue, row.kwh)
        days[row.month] |= row.days
    result, revenue, kwh = [], ZERO, ZERO
    for quarter in sorted(parts):
        part = parts[quarter]
        revenue, kwh = revenue + part.revenue, kwh + part.kwh
        with_rows = sum(days[month].bit_count() for month in quarter.months if month in days)
        result.append(QuarterSum(quarter, part.revenue, part.kwh, revenue, kwh, with_rows))
    return result


def growth(connected: Mapping[Quarter, int]) -> list[tuple[Quarter, int, int]]:
    """New customers and the running total of every quarter with connections (semantics 10.4)."""
    result, total = [], 0
    for quarter in sorted(quarter for quarter, count in connected.items() if count):
        total += connected[quarter]
        result.append((quarter, connected[quarter], total))
    return result


@dataclass(frozen=True)
class TrendPoint:
    """What a customer used and paid on an average day of a quarter."""

    quarter: Quarter
    customers: int
    kwh: Decimal
    revenue: Decimal
    daily_kwh: Decimal
    daily_revenue: Decimal


def average_trend(quarters: Iterable[QuarterSum], customers: Mapping[Quarter, int]) -> list[TrendPoint]:
    """Daily kWh and money per customer in every quarter of both series (semantics 10.5).

    Example: 180 kWh in a quarter with rows on 90 days and 4 customers are 180 / (4 x 90) = 0.5 kWh a day.
    """
    return [
        TrendPoint(
            part.quarter,
            customers[part.quarter],
            part.kwh,
            part.revenue,
            ratio(part.kwh, customers[part.quarter] * (part.days or DAYS_OF_A_QUARTER)),
            ratio(part.revenue, customers[part.quarter] * (part.days or DAYS_OF_A_QUARTER)),
        )
        for part in quarters
        if part.quarter in customers
    ]


# ---------------------------------------------------------------- tenure


@dataclass(frozen=True)
class Spread:
    """Values of some accounts: ``values`` counts all of them, the others describe those inside the fences."""

    values: int
    kept: int
    total: float
    mean: float
    deviation: float


def spread(values: Sequence[float]) -> Spread:
    """Mean and population deviation without outliers (semantics 13.7, D-44).

    From four values on, those further than 1.5 interquartile ranges outside the quartiles are left out of mean and
    deviation; they stay in ``values`` and ``total``. Example: of 1, 2, 2, 3, 3 and 1000 the quartiles are 2 and 3, so
    1000 is far above 3 + 1.5 x 1, and the mean is 2.2.
    """
    ordered = sorted(values)
    kept = ordered
    if len(ordered) >= FEWEST_FOR_FENCES:
        low, high = _quantile(ordered, 0.25), _quantile(ordered, 0.75)
        reach = FENCE * (high - low)
        kept = [value for value in ordered if low - reach <= value <= high + reach]
    mean = sum(kept) / len(kept) if kept else 0.0
    deviation = sqrt(sum((value - mean) ** 2 for value in kept) / len(kept)) if kept else 0.0
    return Spread(len(ordered), len(kept), sum(ordered), mean, deviation)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """By linear interpolation between the neighbours."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def eligible(starts: Mapping[Month, int], today: Month, tenure: int) -> int:
    """Accounts whose first transaction is at least ``tenure`` months before ``today`` (semantics 13.6)."""
    latest = today + -tenure
    return sum(count for start, count in starts.items() if start <= latest)


def last_valid_month(points: Mapping[tuple[str, int], Spread]) -> int:
    """The last tenure month in which a type has enough accounts, 0 when there is none (semantics 13.8)."""
    return max((month for (_, month), found in points.items() if found.kept >= FEWEST_ACCOUNTS), default=0)
