"""Proves the rollups equal to a direct computation: other queries than those that build them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from operator import add
from typing import Any

from django.db.models import Count, FloatField, Min, QuerySet, Sum

from billing.models import HistoryRow
from ccportal.acdb.accountnumbers import site_code
from ccportal.acdb.functions import YearMonth, normalised
from ccportal.core.money import rounded
from omreport.models import AccountFirstSeen, AccountMonth, LegacyMonth, MeterHour, SiteDay, SiteMonth
from omreport.services import ledger, readings, store
from omreport.services.changes import has_two
from omreport.services.months import UNDATED, period_of

#: A float sum may differ in the last of four decimals with the order of the rows.
TOLERANCE = Decimal("0.001")


def differences() -> list[str]:
    """A sentence for each figure that differs from the customer database as it is now; empty when all are equal."""
    history = ledger.source()
    return [
        *_compare("site and month", _site_sums(history), _rolled_sites()),
        *_compare("site and day", _summed(ledger.site_days(history), 3), _stored(SiteDay, ledger.DAY_FIELDS, 3)),
        *_compare("first transaction of", _first_seen(history), _rolled_first()),
        *_compare("account and month", _accounts(history), _stored(AccountMonth, ledger.ACCOUNT_FIELDS)),
        *_compare("long ledger, account and month", _legacy(history), _stored(LegacyMonth, ledger.LEGACY_FIELDS)),
        *_compare("meter and hour", _summed(readings.meter_hours(), 4), _stored(MeterHour, readings.METER_FIELDS, 4)),
    ]


def _compare(what: str, direct: Mapping[Any, tuple], rolled: Mapping[Any, tuple]) -> Iterator[str]:
    for key in sorted({*direct, *rolled}, key=str):
        here, there = direct.get(key), rolled.get(key)
        if here is None or there is None or not all(map(_same, here, there)):
            yield f"{what} {key}: customer database {_text(here)}, rollup {_text(there)}"


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str):
        return bool(one == other)
    return abs(Decimal(str(one)) - Decimal(str(other))) <= TOLERANCE


def _text(values: tuple | None) -> str:
    return "nothing" if values is None else ", ".join(map(str, values))


def _site_sums(history: QuerySet[HistoryRow]) -> dict[Any, tuple]:
    rows = (
        history.values_list(normalised("account"), YearMonth("at"))
        .annotate(n=Count("*"), revenue=Sum("amount", output_field=FloatField()), energy=Sum("kwh"))
        .order_by()
    )
    found: dict[Any, list] = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    for account, period, n, revenue, energy in rows.iterator():
        sums = found[site_code(account), period_of(period)]
        for place, value in enumerate((n, rounded(revenue, 4), rounded(energy, 4))):
            sums[place] += value
    return {key: tuple(sums) for key, sums in found.items()}


def _rolled_sites() -> dict[Any, tuple]:
    rows = SiteMonth.objects.values_list("site", "period", "transactions", "revenue", "kwh")
    return {(site, period): tuple(sums) for site, period, *sums in rows}


def _first_seen(history: QuerySet[HistoryRow]) -> dict[Any, tuple]:
    rows = history.values_list(normalised("account")).annotate(first=Min(YearMonth("at"))).order_by()
    found: dict[str, int] = {}
    for text, first in rows.iterator():
        account, period = ledger.account_key(text), period_of(first)
        if account:
            found[account] = min(filter(None, (found.get(account), period)), default=UNDATED)
    return {account: (period,) for account, period in found.items()}


def _rolled_first() -> dict[Any, tuple]:
    return {account: (period,) for account, period in AccountFirstSeen.objects.values_list("account", "period")}


def _accounts(history: QuerySet[HistoryRow]) -> dict[Any, tuple]:
    found: dict[Any, tuple] = {}
    for period, account, site, *sums, days, vended in ledger.account_months(history, ledger.Looks()):
        known = found.get((period, account))
        if known:
            sums, days, vended = [*map(add, known[1:-2], sums)], known[-2] | days, known[-1] + vended
        found[period, account] = (site, *sums, days, vended)
    return found


def _legacy(history: QuerySet[HistoryRow]) -> dict[Any, tuple]:
    if not has_two(history.model._meta.db_table):
        return {}
    return _summed(ledger.legacy_months(set(ledger.checksums(history))), 2)


def _summed(rows: Iterable[tuple], key: int) -> dict[Any, tuple]:
    found: dict[Any, tuple] = {}
    for row in rows:
        known = found.get(row[:key])
        found[row[:key]] = tuple(map(add, known, row[key:])) if known else row[key:]
    return found


def _stored(model: Any, fields: tuple[str, ...], key: int = 2) -> dict[Any, tuple]:
    return {row[:key]: row[key:] for row in store.fetch(model, fields)}
