"""What a report page, its workbook and its PDF show: one filter, one set of values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

from ccportal.core.money import ZERO, ratio
from ccportal.core.periods import Quarter, meter_zone
from omreport import queries
from omreport.calculations import ArpuPoint, MonthSum, QuarterSum, Sum, arpu, by_quarter, cumulative
from omreport.queries import Basis


@dataclass(frozen=True)
class ReportFilter:
    """The restriction of a report; empty strings and None mean none."""

    first: Quarter | None = None
    last: Quarter | None = None
    site: str = ""
    customer_type: str = ""
    basis: Basis = Basis.CONTRACT

    def admits(self, quarter: Quarter) -> bool:
        return (self.first is None or self.first <= quarter) and (self.last is None or quarter <= self.last)

    @property
    def kind(self) -> str | None:
        """The customer type as queries take it."""
        return self.customer_type or None

    @property
    def parameters(self) -> dict[str, str]:
        """As it stands in an address; what restricts nothing is left out."""
        named = {
            "from": str(self.first or ""),
            "to": str(self.last or ""),
            "site": self.site,
            "type": self.customer_type,
            "basis": "" if self.basis is Basis.CONTRACT else self.basis.value,
        }
        return {name: value for name, value in named.items() if value}

    @property
    def query(self) -> str:
        return urlencode(self.parameters)

    def words(self, names: Mapping[str, str]) -> str:
        """The restriction as people read it."""
        span = (
            f"{self.first or 'the beginning'} to {self.last or 'today'}" if self.first or self.last else "all quarters"
        )
        site = f"{self.site} {names.get(self.site, '')}".strip() if self.site else "all sites"
        return ", ".join((span, site, self.customer_type or "all customer types", self.basis.label.lower()))


@dataclass(frozen=True)
class Change:
    """A measure in a quarter beside the quarter before and the same quarter of the year before."""

    name: str
    unit: str
    now: Decimal
    before: Decimal | None
    year_ago: Decimal | None

    @property
    def on_quarter(self) -> Decimal | None:
        return _percent(self.now, self.before)

    @property
    def on_year(self) -> Decimal | None:
        return _percent(self.now, self.year_ago)

    @property
    def quarter_text(self) -> str:
        return _signed(self.on_quarter)

    @property
    def year_text(self) -> str:
        return _signed(self.on_year)


def _signed(percent: Decimal | None) -> str:
    if percent is None:
        return "–"
    # What rounds to nothing has no sign.
    text = f"{percent:+,.1f} %"
    return "0.0 %" if text in ("+0.0 %", "-0.0 %") else text


def _percent(now: Decimal, then: Decimal | None) -> Decimal | None:
    """Growth in per cent, upwards from a negative amount too; None where there is nothing to compare with."""
    return 100 * (now - then) / abs(then) if then else None


#: What is compared, with its unit.
_MEASURES = (
    ("Revenue", "money"),
    ("Energy vended", "kWh"),
    ("Accounts that have ever bought", ""),
    ("ARPU", "money"),
    ("Revenue per kWh", "money"),
)


class ReportData:
    """The values of a report, each read once."""

    def __init__(self, wanted: ReportFilter) -> None:
        self.wanted = wanted
        self.fresh = queries.freshness()
        self.months: list[MonthSum] = queries.month_sums(wanted.basis, wanted.site, wanted.kind)
        self.first_seen = queries.first_seen(wanted.site, wanted.kind)
        self.arpu: dict[Quarter, tuple[ArpuPoint, dict[str, ArpuPoint]]] = arpu(
            self.months, self.first_seen, by_quarter
        )
        self.all_quarters: list[QuarterSum] = cumulative(self.months)

    @property
    def quarters(self) -> list[QuarterSum]:
        """The quarters of the report; running totals count from the beginning of the ledger."""
        return [part for part in self.all_quarters if self.wanted.admits(part.quarter)]

    @property
    def shown_months(self) -> list[MonthSum]:
        return [row for row in self.months if self.wanted.admits(row.month.quarter)]

    def site_totals(self) -> dict[str, Sum]:
        """Sums of each site over the quarters of the report."""
        found: dict[str, Sum] = {}
        for row in self.shown_months:
            if row.site:
                found[row.site] = found.get(row.site, Sum()) + Sum(row.transactions, row.revenue, row.kwh)
        return dict(sorted(found.items()))

    def totals(self) -> Sum:
        return sum((Sum(row.transactions, row.revenue, row.kwh) for row in self.shown_months), Sum())

    @property
    def running(self) -> QuarterSum | None:
        """The last quarter of the report when it ends after the latest transaction: it will still grow."""
        latest, shown = self.fresh.latest_transaction, self.quarters
        if not shown or latest is None:
            return None
        last = shown[-1]
        day_after = (last.quarter.months[2] + 1).first_day
        return last if latest.astimezone(meter_zone()).date() < day_after - timedelta(days=1) else None

    @property
    def compared(self) -> Quarter | None:
        """The last quarter of the report that is over; a running one only when there is no other.

        Half a quarter beside whole ones would look like a loss of half the revenue.
        """
        shown = self.quarters
        if not shown:
            return None
        return shown[-2].quarter if self.running and len(shown) > 1 else shown[-1].quarter

    def changes(self) -> tuple[Quarter | None, list[Change]]:
        """The last whole quarter of the report compared with the one before and the same of the year before."""
        last = self.compared
        if last is None:
            return None, []
        before = by_quarter(last.months[0] + -3)
        year_ago = Quarter(last.year - 1, last.quarter)
        figures = {part.quarter: self._measures(part) for part in self.all_quarters}
        rows = zip(*(figures.get(quarter, [None] * 5) for quarter in (last, before, year_ago)), strict=True)
        return last, [
            Change(name, unit, now if now is not None else ZERO, then, ago)
            for (name, unit), (now, then, ago) in zip(_MEASURES, rows, strict=True)
        ]

    def _measures(self, part: QuarterSum) -> list[Decimal | None]:
        point = self.arpu[part.quarter][0] if part.quarter in self.arpu else ArpuPoint(ZERO, 0)
        return [part.revenue, part.kwh, Decimal(point.customers), point.arpu, ratio(part.revenue, part.kwh)]
