"""Writes consumption by tenure: per customer type and month since the first transaction (semantics 13)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from omreport import models
from omreport.calculations import Spread, spread
from omreport.fields import SCALE, to_stored
from omreport.services import store

POINT_FIELDS = ("customer_type", "month", "accounts", "kept", "kwh", "mean", "deviation")
START_FIELDS = ("customer_type", "period", "accounts")


def write_tenure(rows: Iterable[Sequence[Any]], types: Mapping[str, str]) -> dict[str, int]:
    """From the account months in the stored form and what only the long ledger has; untyped accounts are left out.

    Returns the number of accounts with data per type.
    """
    vended: dict[tuple[str, int], int] = defaultdict(int)
    first: dict[str, int] = {}
    typed = {account for account, kind in types.items() if kind}
    recent = ((row[0], row[1], row[-1]) for row in rows)
    for account, period, kwh in chain(recent, store.fetch(models.LegacyMonth, ("account", "period", "vended"))):
        if period and account in typed:
            first[account] = min(first.get(account, period), period)
            if kwh > 0:
                vended[account, period] += kwh
    store.replace(models.TenureStart, START_FIELDS, 2, _starts(first, types))
    points = _points(vended, first, types)
    found = ((*key, s.values, s.kept, to_stored(s.total), s.mean, s.deviation) for key, s in points.items())
    store.replace(models.TenurePoint, POINT_FIELDS, 2, found)
    return Counter(types[account] for account in {account for account, _ in vended})


def _starts(first: Mapping[str, int], types: Mapping[str, str]) -> list[tuple[str, int, int]]:
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for account, period in first.items():
        counts[types[account], period] += 1
    return [(kind, period, count) for (kind, period), count in counts.items()]


def _points(
    vended: Mapping[tuple[str, int], int], first: Mapping[str, int], types: Mapping[str, str]
) -> dict[tuple[str, int], Spread]:
    values: dict[tuple[str, int], list[float]] = defaultdict(list)
    for (account, period), kwh in vended.items():
        start = first[account]
        months = (period // 100 - start // 100) * 12 + period % 100 - start % 100
        values[types[account], months].append(kwh / SCALE)
    return {key: spread(found) for key, found in values.items()}
