"""Adds the ledger up by account and month, in the ACDB."""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.db.models import Count, FloatField, IntegerField, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

from billing.models import HistoryRow, LegacyTransaction, Transaction
from billing.queries.ledger import CONSUMPTION, REVERSAL
from ccportal.acdb.accountnumbers import site_code
from ccportal.acdb.functions import YearMonth, normalised, site_of
from ccportal.core.text import clean
from omreport.fields import to_stored
from omreport.functions import DayBit, LocalDay, LocalStamp, RowHash
from omreport.services.months import Periods, in_periods, period_of
from omreport.services.source import rows as source_rows

LONGEST_ACCOUNT = 40
ACCOUNT_FIELDS = (
    "account", "period", "site", "transactions", "payments", "revenue", "kwh", "paid", "paid_kwh", "consumed",
    "days", "vended",
)  # fmt: skip
LEGACY_FIELDS = ("account", "period", "vended")
DAY_FIELDS = ("site", "period", "day", "transactions", "kwh")
AccountRow = tuple[Any, ...]
DayRow = tuple[str, int, int, int, int]
#: Number of rows and checksum of each month.
Sums = dict[int, tuple[int, str]]
_PAID = Q(is_payment=True)
#: What stays of the payments: those that were taken back are taken off.
_KEPT = _PAID | REVERSAL
_BY_DAY = (site_of("account"), YearMonth("at"), LocalDay("at"))


def source() -> QuerySet[HistoryRow]:
    """The recent history, or the long one when that is empty (semantics 1.1)."""
    recent = Transaction._default_manager.order_by()
    return recent if recent.exists() else LegacyTransaction._default_manager.order_by()


@lru_cache(maxsize=50_000)
def account_key(text: str | None) -> str:
    """An account as rollups keep it; blanks that only Python takes for blanks are trimmed, too."""
    return clean(text).upper()[:LONGEST_ACCOUNT]


#: What becomes of a column, where it is not the sum, when rows of the same account and month meet.
ACCOUNT_MEETING = {"site": "{new}", "days": "{old} | {new}"}


@lru_cache(maxsize=50_000)
def _account_and_site(text: str | None) -> tuple[str, str]:
    return account_key(text), site_code(account_key(text))


def account_months(history: QuerySet[HistoryRow], periods: Periods = None) -> Iterator[AccountRow]:
    """Rows of ``AccountMonth`` in the stored form, for the given months or all; one pass over the ledger.

    An account that the database still takes for two, like one with a tab after it, comes in two rows.
    """
    query = (
        in_periods(history, periods)
        .values_list(normalised("account"), YearMonth("at"))
        .annotate(
            n=Count("*"),
            payments=Count("id", filter=_PAID),
            revenue=_sum("amount"),
            vended_all=_sum("kwh"),
            paid=_sum("amount", _KEPT),
            paid_kwh=_sum("kwh", _KEPT),
            consumed=_sum("amount", CONSUMPTION),
            bits=Sum(DayBit("at"), distinct=True),
            vended=_sum("kwh", Q(kwh__gt=0)),
        )
        .order_by()
    )
    for text, stored_period, n, payments, revenue, kwh, paid, paid_kwh, consumed, bits, vended in source_rows(query):
        (account, site), period = _account_and_site(text), period_of(stored_period)
        yield (
            account, period, site, n, payments, to_stored(revenue), to_stored(kwh), to_stored(paid),
            to_stored(paid_kwh), to_stored(consumed), int(bits or 0) if period else 0, to_stored(vended),
        )  # fmt: skip


def _sum(column: str, when: Q | None = None) -> Sum:
    return Sum(column, filter=when, output_field=FloatField())


#: What a group of rows looks like: whatever is edited, added or deleted changes one of these.
_LOOKS = {
    "n": Count("*"),
    "newest": Max("id"),
    "money": _sum("amount"),
    "energy": _sum("kwh"),
    "contents": Sum(RowHash("id", "account", "at", "amount", "kwh", "is_payment")),
}


def site_days(history: QuerySet[HistoryRow], periods: Periods = None) -> list[DayRow]:
    """Rows of ``SiteDay`` in the stored form: dated rows of accounts that belong to a site, by local day."""
    rows = (
        in_periods(history, periods)
        .filter(at__isnull=False)
        .values_list(*_BY_DAY)
        .annotate(n=Count("*"), energy=_sum("kwh"))
        .order_by()
    )
    return _days(source_rows(rows))


def _days(rows: Iterable[tuple[Any, ...]]) -> list[DayRow]:
    """Rows of ``SiteDay`` from sums by ending of the account, month and day."""
    found: dict[tuple[str, int, int], list[int]] = {}
    for ending, stored_period, day, n, kwh in rows:
        site, period = site_code(ending), period_of(stored_period)
        if site and period:
            sums = found.setdefault((site, period, day), [0, 0])
            sums[0] += n
            sums[1] += to_stored(kwh)
    return [(*key, n, kwh) for key, (n, kwh) in found.items()]


def legacy_months(overlap: Collection[int], periods: Periods = None) -> Iterator[tuple[str, int, int]]:
    """kWh of the long ledger's rows that the recent one lacks, by account and dated month (D-41).

    A row is the same when account, time, amount, kWh and payment flag are; the recent one is kept. ``overlap`` are the
    months in which both have rows. Called only when the recent ledger is the source of the reports. An account and
    month may come in several rows, to be added up.
    """
    history = LegacyTransaction._default_manager.order_by()
    if periods is None:
        periods = list(history.values_list(YearMonth("at"), flat=True).distinct())
    wanted = {period for period in map(period_of, periods) if period}
    apart = wanted - set(overlap)
    if apart:
        rows = in_periods(history, apart).values_list(normalised("account"), YearMonth("at"))
        yield from _usable(source_rows(rows.annotate(vended=_sum("kwh", Q(kwh__gt=0))).order_by()))
    by_year: dict[int, set[int]] = {}
    for period in wanted & set(overlap):
        by_year.setdefault(period // 100, set()).add(period)
    for year_periods in by_year.values():
        yield from _usable(_missing(history, year_periods))


def _missing(history: QuerySet[HistoryRow], periods: set[int]) -> Iterator[tuple[str, int, float]]:
    """What one year's rows have that the recent ledger lacks; the database compares them, a year at a time."""
    recent = _identities(in_periods(Transaction._default_manager.order_by(), periods))
    missing = _identities(in_periods(history, periods)).difference(recent)
    for account, _, _, kwh, _, period in missing.iterator():
        yield account, period, max(kwh, 0)


def _usable(rows: Iterable[tuple[Any, Any, Any]]) -> Iterator[tuple[str, int, int]]:
    """In the stored form, without rows that belong to nobody or to no month."""
    for text, stored_period, vended in rows:
        account, period = account_key(text), period_of(stored_period)
        if account and period:
            yield account, period, to_stored(vended)


def _identities(rows: QuerySet[HistoryRow]) -> QuerySet[HistoryRow, tuple[Any, ...]]:
    """What makes rows of the two ledgers the same row; NULL counts as 0 and as false."""
    zero, number = Value(0.0), FloatField()
    return rows.values_list(
        Coalesce(normalised("account"), Value("")),
        LocalStamp("at"),
        Coalesce(Cast("amount", number), zero, output_field=number),
        Coalesce(Cast("kwh", number), zero, output_field=number),
        Coalesce(Cast("is_payment", IntegerField()), Value(0)),
        YearMonth("at"),
    )


def checksums(history: QuerySet[HistoryRow], periods: Periods = None) -> Sums:
    """Per month its number of rows and a checksum of count, sums and contents; cheaper than adding it up."""
    rows = in_periods(history, periods).values_list(YearMonth("at")).annotate(**_LOOKS).order_by()
    return _folded(source_rows(rows))


def checksums_and_days(history: QuerySet[HistoryRow]) -> tuple[Sums, list[DayRow]]:
    """``checksums`` and ``site_days`` of everything in one pass over the ledger."""
    rows = list(source_rows(history.values_list(*_BY_DAY).annotate(**_LOOKS).order_by()))
    days = _days((*key, n, kwh) for *key, n, _, _, kwh, _ in rows)
    return _folded((period, *looks) for _, period, _, *looks in rows), days


def _folded(rows: Iterable[tuple[Any, ...]]) -> Sums:
    """One checksum per month, however finely its rows are grouped."""
    found: dict[int, list[Any]] = {}
    for stored_period, n, newest, money, energy, contents in rows:
        month = found.setdefault(period_of(stored_period), [0, 0, 0.0, 0.0, 0])
        month[1] = max(month[1], newest)
        for place, value in ((0, n), (2, float(money or 0)), (3, float(energy or 0)), (4, int(contents or 0))):
            month[place] += value
    return {
        period: (n, f"{newest} {to_stored(money)} {to_stored(energy)} {contents}")
        for period, (n, newest, money, energy, contents) in found.items()
    }
