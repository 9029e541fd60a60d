"""Figures of the reports from rolled-up sums: pure functions (semantics 8 and 9).

Periods are months or quarters; both sort. ARPU is revenue divided by the number of accounts that ever had a
dated transaction up to the end of the period ("ever transacted", D-33).

Example: two accounts start in January and pay 30 and 10; one starts in February, and all together pay 60.
January: 40 / 2 = 20. February: 60 / 3 = 20.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from ccportal.core.money import ZERO, ratio
from ccportal.core.periods import Month, Quarter

Period = TypeVar("Period", Month, Quarter)


@dataclass(frozen=True)
class MonthSum:
    """The ledger of one site in one month; ``site`` empty for rows without a usable account."""

    site: str
    month: Month
    transactions: int
    revenue: Decimal
    kwh: Decimal


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
