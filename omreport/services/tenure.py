"""Writes consumption by tenure: per customer type and month since the first transaction (semantics 13)."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter

from omreport import models
from omreport.calculations import spread
from omreport.fields import SCALE, to_stored
from omreport.services import store

POINT_FIELDS = ("customer_type", "month", "accounts", "kept", "kwh", "mean", "deviation")
START_FIELDS = ("customer_type", "period", "accounts")


def write_tenure(types: Mapping[str, str]) -> dict[str, int]:
    """From the account months and what only the long ledger has; untyped accounts are left out.

    Returns the number of accounts with data per type.
    """
    starts: dict[tuple[str, int], int] = defaultdict(int)
    # Numbers side by side: a list of objects for each account and month would be the largest thing in memory.
    values: dict[tuple[str, int], array[float]] = defaultdict(lambda: array("d"))
    with_energy: Counter[str] = Counter()
    for account, months in groupby(_account_months(), itemgetter(0)):
        kind = types.get(account, "")
        if kind:
            with_energy[kind] += _follow(kind, months, starts, values)
    store.replace(models.TenureStart, START_FIELDS, 2, ((*key, accounts) for key, accounts in starts.items()))
    points = ((key, spread(found)) for key, found in values.items())
    found = ((*key, s.values, s.kept, to_stored(s.total), s.mean, s.deviation) for key, s in points)
    store.replace(models.TenurePoint, POINT_FIELDS, 2, found)
    return {kind: accounts for kind, accounts in with_energy.items() if accounts}


def _account_months() -> Iterable[store.Row]:
    """Account, month and kWh of both ledgers, in the order of account and month."""
    columns = "account, period, vended"
    return store.stream(
        f"SELECT {columns} FROM {store.table_of(models.AccountMonth)} WHERE account <> '' AND period > 0 "  # noqa: S608 - names are the models'
        f"UNION ALL SELECT {columns} FROM {store.table_of(models.LegacyMonth)} ORDER BY account, period"
    )


def _follow(
    kind: str,
    months: Iterable[store.Row],
    starts: dict[tuple[str, int], int],
    values: dict[tuple[str, int], "array[float]"],
) -> int:
    """Enter one account's months; 1 when it has energy in any."""
    energy: dict[int, int] = {}
    for _, period, vended in months:
        energy[period] = energy.get(period, 0) + vended
    start = min(energy)
    starts[kind, start] += 1
    for period, vended in energy.items():
        if vended > 0:
            values[kind, (period // 100 - start // 100) * 12 + period % 100 - start % 100].append(vended / SCALE)
    return int(any(vended > 0 for vended in energy.values()))
