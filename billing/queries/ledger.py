"""The ledger of one account: the recent history, or the long one for accounts that the recent one lacks.

The two overlap and are never added up (semantics 1.1). Every function asks at most one query, and all of them are
served by the index on account and date.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    FloatField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Abs, Cast, Coalesce

from billing.calculations import Kind, kind_of, number
from billing.functions import LocalDay
from billing.models import HistoryRow, LegacyTransaction, Payment, PaymentState, Transaction
from ccportal.acdb.accountnumbers import normalise
from ccportal.core.periods import meter_zone
from ccportal.core.text import clean

#: ``kind_of`` as a condition; NULL counts as false and as 0.
NO_PAYMENT = Q(is_payment=False) | Q(is_payment=None)
NO_ENERGY = Q(kwh=0) | Q(kwh=None)
CONSUMPTION = NO_PAYMENT & Q(amount__gt=0) & NO_ENERGY
PAYMENT = Q(is_payment=True)

NEWEST_FIRST = (F("at").desc(nulls_last=True), F("id").desc())


def spellings(account: str) -> list[str]:
    """The ways an account is written in databases that nobody normalised (D-13); a list that an index can serve."""
    written = {account, account.lower(), account[:4] + account[4:].capitalize()}
    return sorted(text + blanks for text in written for blanks in ("", " ", "  "))


@dataclass(frozen=True)
class Ledger:
    """Where the rows of an account are; ``written`` is empty for an account without any. Rows ``left_out`` do not
    count."""

    account: str
    model: type[HistoryRow]
    written: Sequence[str]
    left_out: Sequence[int] = ()

    def __bool__(self) -> bool:
        return bool(self.written)

    @property
    def rows(self) -> QuerySet[HistoryRow]:
        rows = self.model._default_manager.order_by(*NEWEST_FIRST)
        if self.left_out:
            rows = rows.exclude(pk__in=self.left_out)
        if not self.written:
            return rows.none()
        return rows.filter(account=self.written[0]) if len(self.written) == 1 else rows.filter(account__in=self.written)


def ledger_of(account: str) -> Ledger:
    """The ledger of an account in any case, H1 first, HO when H1 has no row of it (semantics 1.1)."""
    account = normalise(account)
    for model in (Transaction, LegacyTransaction):
        written = model._default_manager.filter(account__in=spellings(account)).order_by()
        found = sorted(text for text in written.values_list("account", flat=True).distinct() if text)
        if found:
            return Ledger(account, model, found)
    return Ledger(account, Transaction, [])


def without_reversed(ledger: Ledger) -> Ledger:
    """The same without rows of payments that were reversed: nobody bought what they say."""
    undone = Payment.objects.filter(
        account=ledger.account, state=PaymentState.REVERSED, table_name=ledger.model._meta.db_table
    )
    return replace(ledger, left_out=[int(row) for row in undone.order_by().values_list("row_id", flat=True)])


# ---------------------------------------------------------------- sums


@dataclass(frozen=True)
class LedgerSums:
    """Totals of an account over all its rows.

    ``amount`` is money: consumption rows, which hold kWh in that column, are left out (D-03). ``kwh`` is energy sold,
    less what was reversed. ``bought`` and ``used`` serve the computed balance (semantics 7.5). The first and the
    latest transaction leave undated rows out.
    """

    rows: int
    amount: Decimal
    kwh: Decimal
    bought: Decimal
    used: Decimal
    first: datetime | None
    latest: datetime | None


def sums(ledger: Ledger) -> LedgerSums:
    """The totals of all rows of a ledger, by one query."""
    zero = Value(Decimal(0), output_field=DecimalField(max_digits=19, decimal_places=4))
    money = Case(When(CONSUMPTION, then=zero), default=Coalesce(F("amount"), zero))
    consumed = Cast(F("amount"), FloatField())
    used = Case(
        When(CONSUMPTION, then=consumed),
        When(amount__gt=0, then=Value(0.0)),
        default=Abs(Coalesce(F("kwh"), Value(0.0))),
        output_field=FloatField(),
    )
    bought = Case(When(amount__gt=0, then=F("kwh")), output_field=FloatField())
    # An aggregate must not be named like a column that a later one reads.
    found = ledger.rows.order_by().aggregate(
        rows=Count("id"),
        money_sum=Sum(money),
        kwh_sum=Sum("kwh"),
        bought_sum=Sum(bought),
        used_sum=Sum(used),
        first=Min("at"),
        latest=Max("at"),
    )
    return LedgerSums(
        rows=found["rows"],
        amount=number(found["money_sum"]),
        kwh=number(found["kwh_sum"]),
        bought=number(found["bought_sum"]),
        used=number(found["used_sum"]),
        first=found["first"],
        latest=found["latest"],
    )


@dataclass(frozen=True)
class DayEnergy:
    """kWh of one local day, by the ledger: consumed, and sold by payments."""

    day: date
    consumed: Decimal | None
    vended: Decimal


def energy_by_day(ledger: Ledger, first: date, last: date) -> list[DayEnergy]:
    """Days with rows, added up in the database; a day without consumption rows has ``consumed`` None."""
    consumed = Case(When(CONSUMPTION, then=Cast(F("amount"), FloatField())), output_field=FloatField())
    vended = Case(When(PAYMENT & Q(kwh__gt=0), then=F("kwh")), output_field=FloatField())
    days = (
        ledger.rows.filter(at__gte=day_begin(first), at__lt=day_begin(last, 1))
        .order_by()
        .annotate(day=LocalDay("at"))
        .values("day")
        .annotate(consumed_kwh=Sum(consumed), vended_kwh=Sum(vended))
        .values_list("day", "consumed_kwh", "vended_kwh")
    )
    return [
        DayEnergy(date.fromisoformat(day), None if used is None else number(used), number(sold))
        for day, used, sold in days
    ]


def day_begin(day: date, plus_days: int = 0) -> datetime:
    """Midnight in the meters' zone at which ``day`` (or the one ``plus_days`` later) begins."""
    return datetime.combine(date.fromordinal(day.toordinal() + plus_days), time.min, meter_zone())


# ---------------------------------------------------------------- single rows


def newest_balance(ledger: Ledger) -> HistoryRow | None:
    """The newest row, by date then ID, that records a balance."""
    return ledger.rows.filter(balance__isnull=False).first()


def last_payment(ledger: Ledger) -> HistoryRow | None:
    """The newest dated payment with an amount above 0 (semantics 7.3 with D-03)."""
    return ledger.rows.filter(PAYMENT, amount__gt=0, at__isnull=False).first()


# ---------------------------------------------------------------- the list


@dataclass(frozen=True)
class TransactionFilter:
    """Which rows a list shows; ``kind`` is empty for all, ``first`` and ``last`` are local days, both included."""

    kind: str = ""
    first: date | None = None
    last: date | None = None


KINDS: dict[str, Q] = {
    "payments": PAYMENT,
    "consumption": CONSUMPTION,
    "other": NO_PAYMENT & ~CONSUMPTION,
}


def transactions(ledger: Ledger, wanted: TransactionFilter) -> QuerySet[HistoryRow]:
    """Rows newest first; undated rows come last, and only when no date is asked for."""
    rows = ledger.rows
    if wanted.kind:
        rows = rows.filter(KINDS[wanted.kind])
    if wanted.first:
        rows = rows.filter(at__gte=day_begin(wanted.first))
    if wanted.last:
        rows = rows.filter(at__lt=day_begin(wanted.last, 1))
    return rows


@dataclass(frozen=True)
class Line:
    """A row as people read it: ``amount`` is money, ``kwh`` is energy sold or, for consumption, energy used."""

    id: int
    at: datetime | None
    kind: Kind
    amount: Decimal | None
    kwh: Decimal | None
    rate: float | None
    balance: float | None
    meter_id: str
    table: str = ""

    @property
    def ledger(self) -> str:
        """The name of its table in addresses (``position.LEDGERS``)."""
        return "recent" if self.table == Transaction._meta.db_table else "long"


def line_of(row: HistoryRow) -> Line:
    """Sorts the two units of the amount column apart (D-03)."""
    kind = kind_of(row.is_payment, row.amount, row.kwh)
    used = kind == Kind.CONSUMPTION
    sold = None if row.kwh is None else number(row.kwh)
    return Line(
        id=row.id,
        at=row.at,
        kind=kind,
        amount=None if used else row.amount,
        kwh=row.amount if used else sold,
        rate=row.rate,
        balance=row.balance,
        meter_id=clean(row.meter_id),
        table=row._meta.db_table,
    )
