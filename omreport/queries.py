"""Reads the rollups; nothing here touches the history (DESIGN: reports never scan it on request)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count
from django.db.models import Sum as DbSum

from ccportal.core.money import ratio, rounded
from ccportal.core.periods import Month
from customers.queries import SiteCount, site_counts
from omreport.calculations import MonthSum, Sum
from omreport.models import AccountFirstSeen, RollupState, SiteMonth

KWH_PER_MWH = 1000


def month_sums() -> list[MonthSum]:
    """The dated sums of every site and month."""
    rows = SiteMonth.objects.filter(year__gt=0).values_list("site", "year", "month", "transactions", "revenue", "kwh")
    return [MonthSum(site, Month(year, month), *sums) for site, year, month, *sums in rows]


def first_seen() -> dict[tuple[str, Month], int]:
    """How many accounts of a site had their first dated transaction in a month."""
    rows = AccountFirstSeen.objects.order_by().values("site", "year", "month").annotate(accounts=Count("account"))
    return {(row["site"], Month(row["year"], row["month"])): row["accounts"] for row in rows}


@dataclass(frozen=True)
class Totals:
    """All rows of the ledger; revenue in the currency, energy in kWh vended."""

    transactions: int
    revenue: Decimal
    kwh: Decimal
    payments: int
    paid: Decimal

    @property
    def mwh(self) -> Decimal:
        return self.kwh / KWH_PER_MWH


def totals(site: str = "") -> Totals:
    """The whole ledger, undated rows and odd accounts included, or that of one site (semantics 9.4)."""
    chosen = SiteMonth.objects.filter(site=site) if site else SiteMonth.objects.all()
    sums = chosen.aggregate(
        transactions=DbSum("transactions"),
        revenue=DbSum("revenue"),
        kwh=DbSum("kwh"),
        payments=DbSum("payments"),
        paid=DbSum("paid"),
    )
    return Totals(
        transactions=sums["transactions"] or 0,
        revenue=rounded(sums["revenue"], 4),
        kwh=rounded(sums["kwh"], 4),
        payments=sums["payments"] or 0,
        paid=rounded(sums["paid"], 4),
    )


def site_sums() -> dict[str, Sum]:
    """All rows of each site, undated ones included, in order of the code (semantics 9.4)."""
    rows = (
        SiteMonth.objects.exclude(site="")
        .order_by("site")
        .values("site")
        .annotate(n=DbSum("transactions"), sales=DbSum("revenue"), energy=DbSum("kwh"))
    )
    return {row["site"]: Sum(row["n"], rounded(row["sales"], 4), rounded(row["energy"], 4)) for row in rows}


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
    sums = site_sums()
    accounts = dict(
        AccountFirstSeen.objects.order_by().values("site").annotate(n=Count("account")).values_list("site", "n")
    )
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


def people_totals(site: str = "") -> SiteCount:
    """All customers, those without a site included, or those of one site."""
    counts = [count for count in site_counts() if not site or count.code == site]
    return SiteCount(site, "", sum(count.total for count in counts), sum(count.active for count in counts))


@dataclass(frozen=True)
class Freshness:
    """As of when the figures are."""

    refreshed_at: datetime | None
    latest_transaction: datetime | None
    source_table: str
    error: str


def freshness() -> Freshness:
    state = RollupState.objects.first()
    if state is None:
        return Freshness(None, None, "", "")
    return Freshness(state.refreshed_at, state.latest_transaction, state.source_table, state.error)
