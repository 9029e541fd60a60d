"""The figures of the reports: charts with the words that explain them.

A figure has a name (part of its addresses), a chart and a note on its method. Those that a filter leaves without
meaning are left out: the register of customers, for one, is not kept by customer type.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.conf import settings
from django.urls import reverse

from ccportal.core.charts import BarChart, Figure, LineChart, Series
from ccportal.core.errors import NotFound
from ccportal.core.money import ZERO
from ccportal.core.periods import Month, Quarter, local_today
from omreport import queries
from omreport.calculations import FEWEST_ACCOUNTS, arpu, average_trend, by_month, eligible, growth, last_valid_month
from omreport.report import ReportData

KWH_PER_MWH = 1000
#: More lines than this in one chart cannot be told apart.
MOST_LINES = 6


#: Drawings with many points, far down the page: without them it keeps its budget of bytes.
LATER = frozenset({"tenure", "tenure-sample"})


@dataclass(frozen=True)
class ReportFigure:
    """A chart of a report with the note that says how it is computed."""

    name: str
    chart: Figure
    note: str

    @property
    def later(self) -> bool:
        """Whether a page fetches the drawing only when a reader comes to it."""
        return self.name in LATER


Maker = Callable[[ReportData, Mapping[str, str]], Figure | None]


@dataclass(frozen=True)
class Report:
    """A report page: its title and the figures in their order."""

    name: str
    title: str
    makers: Mapping[str, tuple[Maker, str]]

    def figures(self, data: ReportData, names: Mapping[str, str], only: str = "") -> list[ReportFigure]:
        """Every figure that the filter leaves meaningful, or one; their values are fetched when asked for."""
        found = (self._made(name, data, names) for name in self.makers if only in ("", name))
        return [
            replace(figure, chart=replace(figure.chart, values_url=self._address("figure", figure.name, data)))
            for figure in found
            if figure
        ]

    def figure(self, name: str, data: ReportData, names: Mapping[str, str]) -> ReportFigure:
        """One figure; ``NotFound`` when the report, as filtered, has none of this name."""
        found = self._made(name, data, names) if name in self.makers else None
        if found is None:
            raise NotFound("This report has no such figure for this choice.")
        return found

    def _made(self, name: str, data: ReportData, names: Mapping[str, str]) -> ReportFigure | None:
        make, note = self.makers[name]
        chart = make(data, names)
        if chart is None:
            return None
        return ReportFigure(name, replace(chart, csv_url=self._address("figure_csv", name, data)), note)

    def _address(self, view: str, name: str, data: ReportData) -> str:
        address, query = reverse(f"omreport:{view}", args=[self.name, name]), data.wanted.query
        return f"{address}?{query}" if query else address


def _quarter_labels(quarters: Sequence[Quarter]) -> list[str]:
    return [str(quarter) for quarter in quarters]


def _over_quarters(data: ReportData, title: str, unit: str, name: str, value: Callable) -> BarChart:
    parts = data.quarters
    labels = _quarter_labels([part.quarter for part in parts])
    return BarChart(
        title, unit, labels, [Series(name, [value(part) for part in parts])], label_name="Quarter", places=2
    )


def energy_by_quarter(data: ReportData, names: Mapping[str, str]) -> Figure:
    return _over_quarters(data, "Energy vended per quarter", "MWh", "Vended", lambda part: part.kwh / KWH_PER_MWH)


def revenue_by_quarter(data: ReportData, names: Mapping[str, str]) -> Figure:
    return _over_quarters(data, "Revenue per quarter", settings.CURRENCY, "Revenue", lambda part: part.revenue)


def _by_site(data: ReportData, names: Mapping[str, str], title: str, unit: str, value: Callable) -> BarChart:
    totals = data.site_totals()
    labels = [f"{code} {names.get(code, '')}".strip() for code in totals]
    values = [value(part) for part in totals.values()]
    return BarChart(title, unit, labels, [Series("Total", values)], label_name="Site", places=2, horizontal=True)


def energy_by_site(data: ReportData, names: Mapping[str, str]) -> Figure | None:
    if data.wanted.site:
        return None
    return _by_site(data, names, "Energy vended per site", "MWh", lambda part: part.kwh / KWH_PER_MWH)


def revenue_by_site(data: ReportData, names: Mapping[str, str]) -> Figure | None:
    if data.wanted.site:
        return None
    return _by_site(data, names, "Revenue per site", settings.CURRENCY, lambda part: part.revenue)


def running_totals(data: ReportData, names: Mapping[str, str]) -> Figure:
    parts = data.quarters
    return LineChart(
        "Energy vended since records began",
        "MWh",
        _quarter_labels([part.quarter for part in parts]),
        [Series("Running total", [part.kwh_so_far / KWH_PER_MWH for part in parts])],
        label_name="Quarter",
        places=2,
    )


def running_revenue(data: ReportData, names: Mapping[str, str]) -> Figure:
    parts = data.quarters
    return LineChart(
        "Revenue since records began",
        settings.CURRENCY,
        _quarter_labels([part.quarter for part in parts]),
        [Series("Running total", [part.revenue_so_far for part in parts])],
        label_name="Quarter",
        places=2,
    )


def customer_growth(data: ReportData, names: Mapping[str, str]) -> Figure | None:
    if data.wanted.customer_type:
        return None
    points = [
        point for point in growth(queries.connected_per_quarter(data.wanted.site)) if data.wanted.admits(point[0])
    ]
    return BarChart(
        "New customers per quarter",
        "customers",
        _quarter_labels([quarter for quarter, _, _ in points]),
        [Series("New", [fresh for _, fresh, _ in points]), Series("All so far", [total for _, _, total in points])],
        label_name="Quarter",
    )


def average_use(data: ReportData, names: Mapping[str, str]) -> Figure | None:
    if data.wanted.customer_type:
        return None
    customers = {quarter: total for quarter, _, total in growth(queries.connected_per_quarter(data.wanted.site))}
    points = average_trend(data.quarters, customers)
    return LineChart(
        "Energy per customer and day",
        "kWh",
        _quarter_labels([point.quarter for point in points]),
        [Series("Per customer and day", [point.daily_kwh for point in points])],
        label_name="Quarter",
        places=3,
    )


def energy_by_type(data: ReportData, names: Mapping[str, str]) -> Figure:
    kinds = [
        kind
        for kind in queries.type_sums(data.wanted.basis, site=data.wanted.site)
        if data.wanted.customer_type in ("", kind.customer_type)
    ]
    quarters = sorted({quarter for kind in kinds for quarter in kind.quarters if data.wanted.admits(quarter)})
    return BarChart(
        "Energy vended per customer type",
        "kWh",
        _quarter_labels(quarters),
        [Series(kind.customer_type, [kind.quarters.get(quarter, ZERO) for quarter in quarters]) for kind in kinds],
        label_name="Quarter",
        places=2,
        stacked=True,
        wide=True,
        newest_first=True,
    )


def load_profiles(data: ReportData, names: Mapping[str, str]) -> Figure:
    found = [
        profile
        for profile in queries.profiles(data.wanted.site)
        if data.wanted.customer_type in ("", profile.customer_type)
    ]
    return LineChart(
        "Mean load over the day",
        "kW",
        [f"{hour:02d}:00" for hour in range(24)],
        [
            Series(profile.customer_type, [kw if readings else None for kw, readings in profile.hours])
            for profile in found[:MOST_LINES]
        ],
        label_name="Hour",
        places=4,
    )


def tenure(data: ReportData, names: Mapping[str, str]) -> Figure:
    points, starts = queries.tenure_points(), queries.tenure_starts()
    kinds = [kind for kind in sorted(starts) if data.wanted.customer_type in ("", kind)]
    months = range(last_valid_month(points) + 1) if points else range(0)
    series = []
    for kind in kinds[:MOST_LINES]:
        found = [points.get((kind, month)) for month in months]
        means = [point.mean if point and point.kept >= FEWEST_ACCOUNTS else None for point in found]
        if any(mean is not None for mean in means):
            series.append(Series(kind, means))
            if data.wanted.customer_type:
                series += _band(found)
    return LineChart(
        "Energy by months since the first purchase",
        "kWh a month",
        [str(month) for month in months],
        series,
        label_name="Month",
        places=1,
        wide=True,
    )


def tenure_sample(data: ReportData, names: Mapping[str, str]) -> Figure:
    points, starts = queries.tenure_points(), queries.tenure_starts()
    kinds = [kind for kind in sorted(starts) if data.wanted.customer_type in ("", kind)]
    months = range(last_valid_month(points) + 1) if points else range(0)
    today = Month.of(local_today())
    return LineChart(
        "Accounts old enough for each month",
        "accounts",
        [str(month) for month in months],
        [Series(kind, [eligible(starts[kind], today, month) for month in months]) for kind in kinds[:MOST_LINES]],
        label_name="Month",
        wide=True,
    )


def _band(found: Sequence) -> list[Series]:
    """Mean plus and minus the deviation."""
    valid = [point if point and point.kept >= FEWEST_ACCOUNTS else None for point in found]
    return [
        Series("Upper", [point.mean + point.deviation if point else None for point in valid]),
        Series("Lower", [max(point.mean - point.deviation, 0.0) if point else None for point in valid]),
    ]


def quarterly_arpu(data: ReportData, names: Mapping[str, str]) -> Figure:
    points = [(quarter, point) for quarter, (point, _) in data.arpu.items() if data.wanted.admits(quarter)]
    return LineChart(
        "Average revenue per user, per quarter",
        settings.CURRENCY,
        _quarter_labels([quarter for quarter, _ in points]),
        [Series("ARPU", [point.arpu for _, point in points])],
        label_name="Quarter",
        places=2,
    )


def monthly_arpu(data: ReportData, names: Mapping[str, str]) -> Figure:
    found = arpu(data.months, data.first_seen, by_month)
    points = [(month, point) for month, (point, _) in found.items() if data.wanted.admits(month.quarter)]
    return LineChart(
        "Average revenue per user, per month",
        settings.CURRENCY,
        [str(month) for month, _ in points],
        [Series("ARPU", [point.arpu for _, point in points])],
        label_name="Month",
        places=2,
        wide=True,
        newest_first=True,
    )


def arpu_by_site(data: ReportData, names: Mapping[str, str]) -> Figure | None:
    last = data.compared
    if data.wanted.site or last not in data.arpu:
        return None
    per_site = data.arpu[last][1]
    return BarChart(
        f"Average revenue per user by site, {last}",
        settings.CURRENCY,
        [f"{code} {names.get(code, '')}".strip() for code in per_site],
        [Series("ARPU", [point.arpu for point in per_site.values()])],
        label_name="Site",
        places=2,
        horizontal=True,
    )


def accounts(data: ReportData, names: Mapping[str, str]) -> Figure:
    points = [(quarter, point) for quarter, (point, _) in data.arpu.items() if data.wanted.admits(quarter)]
    return BarChart(
        "Accounts that have ever bought",
        "accounts",
        _quarter_labels([quarter for quarter, _ in points]),
        [Series("Accounts", [Decimal(point.customers) for _, point in points])],
        label_name="Quarter",
    )


def price(data: ReportData, names: Mapping[str, str]) -> Figure:
    parts = [part for part in data.quarters if part.kwh]
    return LineChart(
        "Revenue per kWh vended",
        f"{settings.CURRENCY} per kWh",
        _quarter_labels([part.quarter for part in parts]),
        [Series("Price", [part.revenue / part.kwh for part in parts])],
        label_name="Quarter",
        places=2,
    )


_ENERGY = "Sum of the kWh of the ledger's transactions, by the calendar quarter of their local time."
_MONEY = "Sum of the amounts of the ledger's transactions, reversals included, by the quarter of their local time."
_ARPU = "Revenue of the period divided by all accounts that ever had a dated transaction up to its end."
_CONNECTED = (
    "Customers by the connection date of the register; for want of one, by the first transaction of their account."
)

OM = Report(
    "om",
    "O&M report",
    {
        "energy": (energy_by_quarter, _ENERGY),
        "energy-by-site": (energy_by_site, f"{_ENERGY} The site is the ending of the account number."),
        "energy-total": (running_totals, "Running total over all quarters, those before the chosen ones included."),
        "sales": (revenue_by_quarter, _MONEY),
        "customers": (customer_growth, _CONNECTED),
        "average-use": (
            average_use,
            "Energy of the quarter divided by connected customers and by the days that have transactions.",
        ),
        "load-profile": (
            load_profiles,
            "Mean of all power readings in each hour of the day, of meters with a known type. Readings above 20 kW are"
            " taken for watts and left out.",
        ),
        "types": (
            energy_by_type,
            "Energy of accounts whose customer type the registers name; the others are left out.",
        ),
        "tenure": (
            tenure,
            "Mean kWh bought per account in the nth month after its first purchase, over all sites. Both ledgers"
            " count, rows that stand in both once. Accounts further than 1.5 interquartile ranges outside the quartiles"
            " are left out; fewer than three accounts give no value. With one customer type chosen, the band of one"
            " standard deviation stands beside the mean.",
        ),
        "tenure-sample": (tenure_sample, "Accounts whose first purchase is at least so many months ago."),
    },
)
FINANCIAL = Report(
    "financial",
    "Financial report",
    {
        "revenue": (revenue_by_quarter, _MONEY),
        "revenue-by-site": (revenue_by_site, f"{_MONEY} The site is the ending of the account number."),
        "revenue-total": (running_revenue, "Running total over all quarters, those before the chosen ones included."),
        "arpu": (quarterly_arpu, _ARPU),
        "arpu-by-site": (arpu_by_site, f"{_ARPU} Only sites with transactions in the quarter."),
        "price": (price, "Revenue of the quarter divided by its kWh vended."),
        "arpu-monthly": (monthly_arpu, _ARPU),
        "accounts": (accounts, "Accounts with a dated transaction up to the end of the quarter; nobody is taken off."),
    },
)
REPORTS = {report.name: report for report in (OM, FINANCIAL)}


def report_named(name: str) -> Report:
    """``NotFound`` when there is no such report."""
    try:
        return REPORTS[name]
    except KeyError:
        raise NotFound("There is no such report.") from None
