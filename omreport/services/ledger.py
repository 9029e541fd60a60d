"""Adds the ledger up by account and month, in the ACDB."""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.db.models import Count, F, FloatField, IntegerField, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

from billing.models import HistoryRow, LegacyTransaction, Transaction
from billing.queries.ledger import CONSUMPTION
from ccportal.acdb.accountnumbers import site_code
from ccportal.acdb.functions import YearMonth, normalised, site_of
from ccportal.core.text import clean
from omreport.fields import to_stored
from omreport.functions import DayBit, LocalDay, LocalStamp, RowHash
from omreport.services.months import Periods, in_periods, period_of
from omreport.services.source import rows as source_rows

LONGEST_ACCOUNT = 40
#: The month comes first: rows come nearly in the order of time, and sorting what is nearly sorted is cheap.
ACCOUNT_FIELDS = (
    "period", "account", "site", "transactions", "payments", "revenue", "kwh", "paid", "paid_kwh", "consumed",
    "days", "vended",
)  # fmt: skip
#: What becomes of a column, where it is not the sum, when rows of the same account and month meet.
ACCOUNT_MEETING = {"site": "{new}", "days": "{old} | {new}"}
LEGACY_FIELDS = ("period", "account", "vended")
DAY_FIELDS = ("period", "day", "site", "transactions", "kwh")
AccountRow = tuple[Any, ...]
DayRow = tuple[int, int, str, int, int]
#: Number of rows and checksum of each month.
Sums = dict[int, tuple[int, str]]
_PAID = Q(is_payment=True)


def source() -> QuerySet[HistoryRow]:
    """The recent history, or the long one when that is empty (semantics 1.1)."""
    recent = Transaction._default_manager.order_by()
    return recent if recent.exists() else LegacyTransaction._default_manager.order_by()


@lru_cache(maxsize=50_000)
def account_key(text: str | None) -> str:
    """An account as rollups keep it; blanks that only Python takes for blanks are trimmed, too."""
    return clean(text).upper()[:LONGEST_ACCOUNT]


@lru_cache(maxsize=50_000)
def _account_and_site(text: str | None) -> tuple[str, str]:
    return account_key(text), site_code(account_key(text))


def _sum(column: str, when: Q | None = None) -> Sum:
    return Sum(column, filter=when, output_field=FloatField())


#: With count and sums, what a group of rows looks like: whatever is edited, added or deleted changes one of these.
_LOOKS = {
    "newest": Max("id"),
    "contents": Sum(RowHash("id", "account", "at", "amount", "kwh", "is_payment")),
}


class Looks:
    """What the months of a ledger look like, however finely their rows come grouped."""

    def __init__(self) -> None:
        self._months: dict[int, list[Any]] = {}

    def add(self, period: int, n: int, newest: int, contents: Any, money: Any, energy: Any) -> None:
        month = self._months.setdefault(period, [0, newest, 0, 0.0, 0.0])
        month[0] += n
        month[1] = max(month[1], newest)
        month[2] += int(contents or 0)
        month[3] += float(money or 0)
        month[4] += float(energy or 0)

    def sums(self) -> Sums:
        return {
            period: (n, f"{newest} {to_stored(money)} {to_stored(energy)} {contents}")
            for period, (n, newest, contents, money, energy) in self._months.items()
        }


def checksums(history: QuerySet[HistoryRow]) -> Sums:
    """Per month its number of rows and a checksum of count, sums and contents; cheaper than adding it up."""
    rows = history.values_list(YearMonth("at")).annotate(
        n=Count("*"), **_LOOKS, money=_sum("amount"), energy=_sum("kwh")
    )
    looks = Looks()
    for stored_period, *month in source_rows(rows.order_by()):
        looks.add(period_of(stored_period), *month)
    return looks.sums()


def account_months(history: QuerySet[HistoryRow], looks: Looks, periods: Periods = None) -> Iterator[AccountRow]:
    """Rows of ``AccountMonth`` in the stored form, for the given months or all; one pass over the ledger.

    An account of several spellings comes in several rows. ``looks`` learns what the months look like.
    """
    query = (
        in_periods(history, periods)
        .values_list(YearMonth("at"), F("account"))
        .annotate(
            n=Count("*"),
            **_LOOKS,
            revenue=_sum("amount"),
            vended_all=_sum("kwh"),
            payments=Count("id", filter=_PAID),
            paid=_sum("amount", _PAID),
            paid_kwh=_sum("kwh", _PAID),
            consumed=_sum("amount", CONSUMPTION),
            bits=Sum(DayBit("at"), distinct=True),
            vended=_sum("kwh", Q(kwh__gt=0)),
        )
        .order_by()
    )
    for stored_period, text, *look, payments, paid, paid_kwh, consumed, bits, vended in source_rows(query):
        period, (account, site) = period_of(stored_period), _account_and_site(text)
        looks.add(period, *look)
        n, _, _, revenue, kwh = look
        yield (
            period, account, site, n, payments, to_stored(revenue), to_stored(kwh), to_stored(paid),
            to_stored(paid_kwh), to_stored(consumed), int(bits or 0) if period else 0, to_stored(vended),
        )  # fmt: skip


def site_days(history: QuerySet[HistoryRow], periods: Periods = None) -> Iterator[DayRow]:
    """Rows of ``SiteDay`` in the stored form: dated rows of accounts that belong to a site, by local day.

    A day of a site may come in several rows, to be added up.
    """
    rows = (
        in_periods(history, periods)
        .filter(at__isnull=False)
        .values_list(YearMonth("at"), LocalDay("at"), site_of("account"))
        .annotate(n=Count("*"), energy=_sum("kwh"))
        .order_by()
    )
    for stored_period, day, ending, n, kwh in source_rows(rows):
        period, site = period_of(stored_period), site_code(ending)
        if site and period:
            yield period, day, site, n, to_stored(kwh)


def legacy_months(overlap: Collection[int], periods: Periods = None) -> Iterator[tuple[int, str, int]]:
    """kWh of the long ledger's rows that the recent one lacks, by dated month and account (D-41).

    A row is the same when account, time, amount, kWh and payment flag are; the recent one is kept. ``overlap`` are the
    months in which both have rows. Called only when the recent ledger is the source of the reports. An account and
    month may come in several rows, to be added up.
    """
    history = LegacyTransaction._default_manager.order_by()
    if periods is None:
        periods = list(history.values_list(YearMonth("at"), flat=True).distinct())
    wanted = {period for period in map(period_of, periods) if period}
    apart, both = wanted - set(overlap), wanted & set(overlap)
    if apart:
        rows = in_periods(history, apart).values_list(YearMonth("at"), F("account"))
        yield from _usable(source_rows(rows.annotate(vended=_sum("kwh", Q(kwh__gt=0))).order_by()))
    if both:
        yield from _usable(_missing(history, both))


def _missing(history: QuerySet[HistoryRow], periods: set[int]) -> Iterator[tuple[int, str, float]]:
    """What these rows have that the recent ledger lacks; the database compares them."""
    recent = _identities(in_periods(Transaction._default_manager.order_by(), periods))
    missing = _identities(in_periods(history, periods)).difference(recent)
    for _, account, _, kwh, _, period in missing.iterator():
        yield period, account, max(kwh, 0)


def _usable(rows: Iterable[tuple[Any, Any, Any]]) -> Iterator[tuple[int, str, int]]:
    """In the stored form, without rows that belong to nobody or to no month."""
    for stored_period, text, vended in rows:
        period, account = period_of(stored_period), account_key(text)
        if account and period:
            yield period, account, to_stored(vended)


def _identities(rows: QuerySet[HistoryRow]) -> QuerySet[HistoryRow, tuple[Any, ...]]:
    """What makes rows of the two ledgers the same row; NULL counts as 0 and as false.

    The time comes first, so that rows come nearly sorted: an engine that compares by a tree takes a third of the time.
    """
    zero, number = Value(0.0), FloatField()
    return rows.values_list(
        LocalStamp("at"),
        Coalesce(normalised("account"), Value("")),
        Coalesce(Cast("amount", number), zero, output_field=number),
        Coalesce(Cast("kwh", number), zero, output_field=number),
        Coalesce(Cast("is_payment", IntegerField()), Value(0)),
        YearMonth("at"),
    )
