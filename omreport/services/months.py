"""Months as numbers, 202603; 0 stands for rows without a date."""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from ccportal.core.periods import Month, meter_zone

UNDATED = 0
Periods = Collection[int] | None
Rows = TypeVar("Rows", bound=Model)


def period_of(stored: int | None) -> int:
    """The number of a month as the database gives it; what is no month is undated.

    >>> period_of(202613)
    0
    """
    period = stored or UNDATED
    return period if 100 < period <= 999812 and 1 <= period % 100 <= 12 else UNDATED


def number_of(month: Month | None) -> int:
    return month.year * 100 + month.month if month else UNDATED


def month_of(period: int) -> Month:
    return Month(period // 100, period % 100)


def quarter_key(period: int) -> int:
    """One number per quarter; 0 for undated rows."""
    return period // 100 * 10 + (period % 100 + 2) // 3


def months_of_quarters(periods: Collection[int]) -> set[int]:
    """All months of the quarters that these months are in.

    >>> sorted(months_of_quarters({202602, 0}))
    [0, 202601, 202602, 202603]
    """
    firsts = {period - (period % 100 - 1) % 3 for period in periods if period}
    return {first + place for first in firsts for place in range(3)} | ({UNDATED} & set(periods))


def in_periods(rows: QuerySet[Rows], periods: Periods, column: str = "at") -> QuerySet[Rows]:
    """Only rows of these months, by ranges of time that an index could serve; None means all."""
    if periods is None:
        return rows
    condition = Q(pk__in=[])
    if UNDATED in periods:
        condition |= Q(**{f"{column}__isnull": True})
    for first, last in _spans(periods):
        condition |= Q(**{f"{column}__gte": _start(first), f"{column}__lt": _start(last + 1)})
    return rows.filter(condition)


def _spans(periods: Collection[int]) -> list[tuple[Month, Month]]:
    """Runs of neighbouring months."""
    spans: list[tuple[Month, Month]] = []
    for month in sorted(month_of(period) for period in periods if period):
        if spans and spans[-1][1] + 1 == month:
            spans[-1] = spans[-1][0], month
        else:
            spans.append((month, month))
    return spans


def _start(month: Month) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=meter_zone())
