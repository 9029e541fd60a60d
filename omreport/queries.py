"""Reads the rollups; nothing here touches the history (DESIGN: reports never scan it on request)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.db.models import Sum as DbSum

from ccportal.core.errors import InvalidInput
from ccportal.core.money import ZERO, ratio
from ccportal.core.periods import Month, Quarter
from customers.queries import SiteCount, site_counts
from omreport.calculations import MonthSum, Spread, Sum
from omreport.models import (
    ConnectionMonth,
    DataFault,
    FaultKind,
    RollupState,
    SiteMonth,
    TenurePoint,
    TenureStart,
    TypeHour,
    TypeMonth,
)

KWH_PER_MWH = 1000


class Basis(StrEnum):
    """Which rows are money and energy (D-03)."""

    CONTRACT = "contract"
    PAYMENTS = "payments"

    @property
    def columns(self) -> tuple[str, str, str]:
        """Transactions, revenue and kWh."""
        if self is Basis.PAYMENTS:
            return "payments", "paid", "paid_kwh"
        return "transactions", "revenue", "kwh"

    @property
    def label(self) -> str:
        return "Payments only" if self is Basis.PAYMENTS else "All transactions"

    @classmethod
    def parse(cls, text: str) -> "Basis":
        """The basis named in an address, all transactions when none is; ``InvalidInput`` for any other word."""
        try:
            return cls(text.strip().lower() or cls.CONTRACT)
        except ValueError:
            raise InvalidInput("The basis is either contract or payments.", field="basis") from None


def month_of(period: int) -> Month:
    return Month(period // 100, period % 100)


def _stored(rows: QuerySet, *names: str) -> QuerySet:
    """Rows as tuples; asking by ``period`` is what indexes serve."""
    return rows.order_by().values_list(*names)


def _dated(site: str, customer_type: str | None) -> QuerySet[Any]:
    """Dated months of all accounts, or of one site or customer type."""
    rows: QuerySet[Any] = SiteMonth.objects.filter(period__gt=0)
    if customer_type is not None:
        rows = TypeMonth.objects.filter(period__gt=0, customer_type=customer_type)
    return rows.filter(site=site) if site else rows


def month_sums(basis: Basis = Basis.CONTRACT, site: str = "", customer_type: str | None = None) -> list[MonthSum]:
    """The dated sums of every site and month; of one site or customer type when asked for."""
    rows = _stored(_dated(site, customer_type), "site", "period", *basis.columns, "days")
    return [MonthSum(name, month_of(period), *sums) for name, period, *sums in rows]


def undated_sums(basis: Basis = Basis.CONTRACT) -> dict[str, Sum]:
    """The rows without a date of each site."""
    rows = _stored(SiteMonth.objects.filter(period=0).exclude(site=""), "site", *basis.columns)
    return {site: Sum(*sums) for site, *sums in rows if sums[0]}


def first_seen(site: str = "", customer_type: str | None = None) -> dict[tuple[str, Month], int]:
    """How many accounts of a site had their first dated transaction in a month."""
    rows = _stored(_dated(site, customer_type).filter(newcomers__gt=0), "site", "period", "newcomers")
    return {(name, month_of(period)): count for name, period, count in rows}


@dataclass(frozen=True)
class Totals:
    """All rows of the ledger; revenue in the currency, energy in kWh vended."""

    transactions: int
    revenue: Decimal
    kwh: Decimal
    payments: int
    paid: Decimal
    paid_kwh: Decimal
    consumed: Decimal

    @property
    def mwh(self) -> Decimal:
        return self.kwh / KWH_PER_MWH

    @property
    def bases_differ(self) -> bool:
        """True when payments alone give other figures than all rows (D-03)."""
        return self.revenue != self.paid or self.kwh != self.paid_kwh

    def by(self, basis: Basis) -> Sum:
        _, revenue, kwh = basis.columns
        return Sum(self.transactions, getattr(self, revenue), getattr(self, kwh))


def totals(site: str = "") -> Totals:
    """The whole ledger, undated rows and odd accounts included, or that of one site (semantics 9.4)."""
    chosen = SiteMonth.objects.filter(site=site) if site else SiteMonth.objects.all()
    names = ("transactions", "revenue", "kwh", "payments", "paid", "paid_kwh", "consumed")
    sums = chosen.order_by().aggregate(**{name: DbSum(name) for name in names})
    return Totals(
        transactions=sums["transactions"] or 0,
        revenue=sums["revenue"] or ZERO,
        kwh=sums["kwh"] or ZERO,
        payments=sums["payments"] or 0,
        paid=sums["paid"] or ZERO,
        paid_kwh=sums["paid_kwh"] or ZERO,
        consumed=sums["consumed"] or ZERO,
    )


def site_sums(basis: Basis = Basis.CONTRACT) -> dict[str, Sum]:
    """All rows of each site, undated ones included, in order of the code (semantics 9.4)."""
    found: dict[str, Sum] = defaultdict(Sum)
    for site, *sums in _stored(SiteMonth.objects.exclude(site=""), "site", *basis.columns):
        found[site] += Sum(*sums)
    return {site: found[site] for site in sorted(found)}


def account_counts() -> dict[str, int]:
    """Accounts of each site that ever had a transaction, a dated one or not."""
    rows = SiteMonth.objects.exclude(site="").order_by().values("site").annotate(n=DbSum("newcomers"))
    return dict(rows.values_list("site", "n"))


@dataclass(frozen=True)
class SiteLine:
    """A site on the dashboard: people from the registry, money and energy from the ledger."""

    code: str
    name: str
    people: SiteCount | None
    accounts: int
    revenue: Decimal
    kwh: Decimal

    @property
    def mwh(self) -> Decimal:
        return self.kwh / KWH_PER_MWH

    @property
    def price(self) -> Decimal:
        """Revenue per kWh vended."""
        return ratio(self.revenue, self.kwh)


def site_lines(names: dict[str, str], only: str = "") -> list[SiteLine]:
    """Every site that has customers or transactions, in order of its code."""
    people = {count.code: count for count in site_counts() if count.code}
    sums, accounts = site_sums(), account_counts()
    codes = sorted(({*people, *sums}) & ({only} if only else {*people, *sums}))
    return [
        SiteLine(
            code,
            names.get(code, code),
            people.get(code),
            accounts.get(code, 0),
            sums.get(code, Sum()).revenue,
            sums.get(code, Sum()).kwh,
        )
        for code in codes
    ]


def site_choices(names: dict[str, str]) -> list[tuple[str, str]]:
    """Code and name of the sites that have customers or transactions."""
    codes = {count.code for count in site_counts() if count.code}
    codes |= set(SiteMonth.objects.exclude(site="").order_by().values_list("site", flat=True).distinct())
    return [(code, names.get(code, code)) for code in sorted(codes)]


def type_choices() -> list[str]:
    """Customer types with transactions."""
    rows = TypeMonth.objects.exclude(customer_type="").order_by()
    return sorted(rows.values_list("customer_type", flat=True).distinct())


def quarters() -> list[Quarter]:
    """Quarters with transactions, ascending."""
    periods = SiteMonth.objects.filter(period__gt=0).order_by().values_list("period", flat=True).distinct()
    return sorted({month_of(period).quarter for period in periods})


def people_totals(site: str = "") -> SiteCount:
    """All customers, those without a site included, or those of one site."""
    counts = [count for count in site_counts() if not site or count.code == site]
    return SiteCount(site, "", sum(count.total for count in counts), sum(count.active for count in counts))


# ---------------------------------------------------------------- connections


def connected(site: str = "") -> dict[tuple[str, Quarter], int]:
    """Customers connected per site and quarter, by date or first transaction (D-35)."""
    chosen = ConnectionMonth.objects.filter(period__gt=0)
    found: dict[tuple[str, Quarter], int] = defaultdict(int)
    rows = _stored(chosen.filter(site=site) if site else chosen, "site", "period", "recorded", "inferred")
    for code, period, recorded, inferred in rows:
        found[code, month_of(period).quarter] += recorded + inferred
    return dict(found)


def connected_per_quarter(site: str = "") -> dict[Quarter, int]:
    found: dict[Quarter, int] = defaultdict(int)
    for (_, quarter), count in connected(site).items():
        found[quarter] += count
    return dict(found)


def inferred_connections() -> tuple[int, int]:
    """Customers whose connection is taken from the first transaction, and those of whom nothing is known."""
    rows = ConnectionMonth.objects.order_by().values("period").annotate(n=DbSum("inferred"))
    sums = dict(rows.values_list("period", "n"))
    return sum(count for period, count in sums.items() if period), sums.get(0, 0)


# ---------------------------------------------------------------- types


@dataclass(frozen=True)
class TypeSum:
    """What accounts of a type bought; ``quarters`` has the kWh of each quarter with rows."""

    customer_type: str
    kwh: Decimal
    revenue: Decimal
    accounts: int
    days: int
    quarters: dict[Quarter, Decimal]


def type_sums(basis: Basis, quarter: Quarter | None = None, site: str = "", *, undated: bool = False) -> list[TypeSum]:
    """Sums of every customer type, all time, in one quarter, or of the rows without a date (semantics 11)."""
    chosen = TypeMonth.objects.exclude(customer_type="")
    if site:
        chosen = chosen.filter(site=site)
    if undated:
        chosen = chosen.filter(period=0)
    elif quarter:
        chosen = chosen.filter(period__in=[month.year * 100 + month.month for month in quarter.months])
    _, revenue, kwh = basis.columns
    counted = "quarter_accounts" if quarter or undated else "newcomers"
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    accounts: dict[str, int] = defaultdict(int)
    days: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    quarters: dict[str, dict[Quarter, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    rows = _stored(chosen, "customer_type", "period", kwh, revenue, counted, "days")
    for kind, period, energy, money, count, bits in rows:
        sums[kind][0] += energy
        sums[kind][1] += money
        accounts[kind] += count
        if period:
            days[kind][period] |= bits
            quarters[kind][month_of(period).quarter] += energy
    with_rows = {kind: sum(bits.bit_count() for bits in months.values()) for kind, months in days.items()}
    return [
        TypeSum(kind, energy, money, accounts[kind], with_rows.get(kind, 0), dict(quarters[kind]))
        for kind, (energy, money) in sorted(sums.items())
    ]


@dataclass(frozen=True)
class Profile:
    """The mean load of a customer type over the day; ``hours`` has kW and number of readings for 0 to 23."""

    customer_type: str
    meters: int
    suspicious: int
    hours: tuple[tuple[float, int], ...]

    @property
    def peak(self) -> tuple[int, float]:
        """The hour with the highest mean, the earliest on ties, and that mean in kW."""
        highest = max(range(24), key=lambda hour: (self.hours[hour][0], -hour))
        return highest, self.hours[highest][0]

    @property
    def readings(self) -> int:
        return sum(count for _, count in self.hours)


def profiles(site: str = "") -> list[Profile]:
    """Load profiles of every customer type with readings, of one site when asked for (semantics 12)."""
    rows: dict[str, list[TypeHour]] = defaultdict(list)
    for row in TypeHour.objects.filter(site=site).order_by("customer_type", "hour"):
        rows[row.customer_type].append(row)
    result = []
    for kind, hours in rows.items():
        means = {row.hour: (row.kw_sum / row.readings if row.readings else 0.0, row.readings) for row in hours}
        result.append(
            Profile(
                kind,
                hours[0].meters,
                sum(row.suspicious for row in hours),
                tuple(means.get(hour, (0.0, 0)) for hour in range(24)),
            )
        )
    return result


# ---------------------------------------------------------------- tenure


def tenure_points() -> dict[tuple[str, int], Spread]:
    """By customer type and month since the first transaction."""
    rows = _stored(TenurePoint.objects.all(), "customer_type", "month", "accounts", "kept", "kwh", "mean", "deviation")
    return {
        (kind, month): Spread(accounts, kept, float(kwh), mean, deviation)
        for kind, month, accounts, kept, kwh, mean, deviation in rows
    }


def tenure_starts() -> dict[str, dict[Month, int]]:
    """Per customer type the accounts by month of their first transaction."""
    found: dict[str, dict[Month, int]] = defaultdict(dict)
    for kind, period, accounts in _stored(TenureStart.objects.all(), "customer_type", "period", "accounts"):
        found[kind][month_of(period)] = accounts
    return dict(found)


def _fact(name: str, default: Any) -> Any:
    facts = RollupState.objects.values_list("facts", flat=True).first() or {}
    return facts.get(name, default)


def typed_accounts() -> int:
    """Accounts with a known customer type."""
    return _fact("typed_accounts", 0)


def tenure_accounts() -> dict[str, int]:
    """Accounts with kWh, by customer type."""
    return _fact("tenure_accounts", {})


def meter_table() -> str:
    """The registry that meters' types were taken from."""
    return _fact("meter_source", "")


# ---------------------------------------------------------------- state


@dataclass(frozen=True)
class Freshness:
    """As of when the figures are; ``error`` says why the last refresh failed, if it did."""

    refreshed_at: datetime | None
    latest_transaction: datetime | None
    source_table: str
    error: str
    verified_at: datetime | None = None
    source_tables: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """True when there is no history that could be reported on."""
        return not self.source_tables


def freshness() -> Freshness:
    state = RollupState.objects.first()
    if state is None:
        return Freshness(None, None, "", "")
    return Freshness(
        state.refreshed_at,
        state.latest_transaction,
        state.source_table,
        state.error,
        state.verified_at,
        tuple(state.source_tables),
    )


def fault_counts() -> list[tuple[FaultKind, int]]:
    """Kinds of faults that occur, in the order of the table of kinds."""
    state = RollupState.objects.first()
    counts = state.faults if state else {}
    return [(kind, counts[kind.value]) for kind in FaultKind if counts.get(kind.value)]


def fault_examples(kind: FaultKind) -> QuerySet[DataFault]:
    return DataFault.objects.filter(kind=kind).order_by("id")
