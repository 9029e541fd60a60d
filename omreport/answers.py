"""The figures in the shapes of the contract, from the rollups (openapi: ``/api/om-report``).

Each function returns plain values; money and energy leave as numbers with the decimals that the contract states.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ccportal.core.errors import InvalidInput
from ccportal.core.money import ZERO, rounded
from ccportal.core.periods import Month, Quarter, local_today
from customers.models import Site
from customers.queries import site_counts, site_names
from omreport import queries
from omreport.calculations import (
    FEWEST_ACCOUNTS,
    ArpuPoint,
    Sum,
    arpu,
    average_trend,
    by_month,
    by_quarter,
    cumulative,
    eligible,
    growth,
    last_valid_month,
    sums_by_site,
)
from omreport.queries import Basis

Answer = dict[str, Any]
UNKNOWN = "Unknown"
NO_HISTORY = "No transaction history could be read."
THOUSAND = 1000


def number(value: Decimal | float, places: int = 2) -> float:
    return float(rounded(value, places))


@dataclass(frozen=True)
class QuarterFilter:
    """The ``quarter`` parameter: a quarter, the rows without a date, or a text that matches nothing."""

    given: str | None
    quarter: Quarter | None = None
    undated: bool = False
    note: str = ""

    @classmethod
    def parse(cls, text: str | None) -> "QuarterFilter":
        """What the text selects; one that is no quarter selects nothing and says so in ``note``."""
        if not text:
            return cls(text)
        if text.strip().lower() == UNKNOWN.lower():
            return cls(text, undated=True)
        try:
            return cls(text, Quarter.parse(text))
        except InvalidInput as error:
            return cls(text, note=error.message)

    def admits(self, label: str) -> bool:
        """Whether figures of this quarter, or ``Unknown``, are wanted."""
        if self.note:
            return False
        if self.undated:
            return label == UNKNOWN
        return self.quarter is None or label == str(self.quarter)

    @property
    def notes(self) -> Answer:
        return {"note": self.note} if self.note else {}


def stamped(answer: Answer, fresh: queries.Freshness, moment: datetime | None) -> Answer:
    """The answer with the time of its figures, and why they are old if a refresh failed."""
    stale = {"stale": fresh.error} if fresh.error else {}
    return {**answer, "as_of": moment, **stale}


def site_summary(basis: Basis, fresh: queries.Freshness) -> Answer:
    """MWh and thousands of the currency of each site; totals from unrounded values (semantics 9.4)."""
    sums = queries.site_sums(basis)
    total = sum(sums.values(), Sum())
    return {
        "sites": [{"site": site, **_thousands(part)} for site, part in sums.items()],
        "totals": _thousands(total),
        "source_table": fresh.source_table if sums else "",
        "site_count": len(sums),
    }


def _thousands(part: Sum) -> Answer:
    return {"mwh": number(part.kwh / THOUSAND), "lsl_thousands": number(part.revenue / THOUSAND)}


# ---------------------------------------------------------------- customers


def overview(basis: Basis) -> Answer:
    """Headline figures (semantics 10.2 and 9.4)."""
    counts = site_counts()
    people = queries.people_totals()
    sums = queries.totals().by(basis)
    return {
        "total_customers": people.total,
        "active_customers": people.active,
        "terminated_customers": people.terminated,
        "total_sites": len([count for count in counts if count.code]),
        "sites": [count.code for count in counts if count.code],
        "total_mwh": number(sums.kwh / THOUSAND),
        "total_lsl_thousands": number(sums.revenue / THOUSAND),
    }


def customer_stats(chosen: QuarterFilter) -> Answer:
    """Customers per concession; new ones in the quarter asked for (semantics 10.3)."""
    fresh = queries.connected() if chosen.quarter else {}
    sites: list[Answer] = [
        {
            "concession": count.code,
            "total": count.total,
            "active": count.active,
            "new": fresh.get((count.code, chosen.quarter), 0) if chosen.quarter else 0,
            "activation_rate": number(Decimal(100 * count.active) / count.total if count.total else ZERO, 1),
        }
        for count in sorted(site_counts(), key=lambda count: count.code)
    ]
    totals = {name: sum(site[name] for site in sites) for name in ("total", "active", "new")}
    return {"sites": sites, "totals": totals, "quarter": chosen.given, **chosen.notes}


def customer_growth() -> Answer:
    """Connections per quarter; for want of a date, by the first transaction (semantics 10.4, D-35)."""
    series = growth(queries.connected_per_quarter())
    inferred, unknown = queries.inferred_connections()
    return {
        "growth": [
            {"quarter": str(quarter), "new_customers": fresh, "cumulative": total} for quarter, fresh, total in series
        ],
        "total": series[-1][2] if series else 0,
        "inferred_from_transactions": inferred,
        "without_date": unknown,
    }


def site_overview() -> Answer:
    """Concessions with code, district and number of customers (semantics 5.3)."""
    names = site_names().names
    districts = dict(Site.objects.values_list("code", "district"))
    return {
        "sites": [
            {
                "concession": count.code,
                "abbreviation": count.code if count.code in names else "",
                "district": districts.get(count.code, ""),
                "customer_count": count.total,
            }
            for count in site_counts()
            if count.code
        ]
    }


# ---------------------------------------------------------------- energy and money


def by_site(value: str, chosen: QuarterFilter, basis: Basis, fresh: queries.Freshness) -> Answer:
    """kWh (``value`` kwh) or money (``lsl``) per site and quarter (semantics 9.1, 9.2)."""
    total = f"total_{value}"
    if fresh.empty:
        return {"sites": [], total: 0, "error": NO_HISTORY}
    names = site_names().names
    quarters = sums_by_site(queries.month_sums(basis), by_quarter)
    undated = queries.undated_sums(basis)
    sites, everything = [], ZERO
    for site in sorted({*quarters, *undated}):
        parts = {str(quarter): _amount(part, value) for quarter, part in quarters.get(site, {}).items()}
        if site in undated:
            parts[UNKNOWN] = _amount(undated[site], value)
        parts = {label: amount for label, amount in parts.items() if chosen.admits(label)}
        if parts:
            of_site = sum(parts.values(), ZERO)
            everything += of_site
            shown = {label: number(amount) for label, amount in parts.items()}
            sites.append({"site": site, "name": names.get(site, site), total: number(of_site), "quarters": shown})
    return {
        "sites": sites,
        total: number(everything),
        "source_table": fresh.source_table,
        "quarter_filter": chosen.given,
        **chosen.notes,
    }


def _amount(part: Sum, value: str) -> Decimal:
    return part.kwh if value == "kwh" else part.revenue


def cumulative_trends(basis: Basis, fresh: queries.Freshness) -> Answer:
    """Sums and running totals per quarter (semantics 9.3)."""
    if fresh.empty:
        return {"trends": [], "error": NO_HISTORY}
    return {
        "trends": [
            {
                "quarter": str(part.quarter),
                "kwh": number(part.kwh),
                "lsl": number(part.revenue),
                "cumulative_kwh": number(part.kwh_so_far),
                "cumulative_lsl": number(part.revenue_so_far),
            }
            for part in cumulative(queries.month_sums(basis))
        ],
        "source_table": fresh.source_table,
    }


def average_trends(basis: Basis, fresh: queries.Freshness) -> Answer:
    """Daily kWh and money per connected customer (semantics 10.5)."""
    customers = {quarter: total for quarter, _, total in growth(queries.connected_per_quarter())}
    points = average_trend(cumulative(queries.month_sums(basis)), customers)
    if not points:
        return {"trends": [], "error": NO_HISTORY if fresh.empty else "No quarter has both customers and transactions."}
    return {
        "trends": [
            {
                "quarter": str(point.quarter),
                "customers": point.customers,
                "total_kwh": number(point.kwh),
                "total_lsl": number(point.revenue),
                "avg_daily_kwh_per_customer": number(point.daily_kwh, 4),
                "avg_daily_lsl_per_customer": number(point.daily_revenue, 4),
            }
            for point in points
        ],
        "source_table": fresh.source_table,
    }


# ---------------------------------------------------------------- ARPU


def quarterly_arpu(basis: Basis, fresh: queries.Freshness) -> Answer:
    return _arpu("arpu", by_quarter, basis, fresh)


def monthly_arpu(basis: Basis, fresh: queries.Freshness) -> Answer:
    return _arpu("monthly_arpu", by_month, basis, fresh)


def _arpu(key: str, period_of: Any, basis: Basis, fresh: queries.Freshness) -> Answer:
    """The series overall and per site (semantics 8)."""
    names = site_names().names
    if fresh.empty:
        return {key: [], "site_codes": [], "site_names": {}, "error": NO_HISTORY}
    months = queries.month_sums(basis)
    codes = sorted({row.site for row in months if row.site})
    points = [
        {
            **_labels(period),
            "total_revenue": number(point.revenue),
            "active_customers": point.customers,
            "arpu": number(point.arpu),
            "per_site": {site: _arpu_site(part, names.get(site, site)) for site, part in per_site.items()},
        }
        for period, (point, per_site) in arpu(months, queries.first_seen(), period_of).items()
    ]
    return {
        key: points,
        "site_codes": codes,
        "site_names": {code: names.get(code, code) for code in codes},
        "source_table": fresh.source_table,
    }


def _labels(period: Month | Quarter) -> dict[str, str]:
    if isinstance(period, Month):
        return {"month": str(period), "quarter": str(period.quarter)}
    return {"quarter": str(period)}


def _arpu_site(point: ArpuPoint, name: str) -> Answer:
    return {
        "name": name,
        "revenue": number(point.revenue),
        "customers": point.customers,
        "arpu": number(point.arpu),
    }


# ---------------------------------------------------------------- customer types


REGISTER = "customer register"


def load_curves(chosen: QuarterFilter, basis: Basis, fresh: queries.Freshness) -> Answer:
    """Average daily consumption per customer type (semantics 11)."""
    if fresh.empty:
        return {"curves": [], "quarterly": [], "error": NO_HISTORY}
    typed = queries.typed_accounts()
    if not typed:
        return {"curves": [], "quarterly": [], "note": "No account has a known customer type."}
    found = [] if chosen.note else queries.type_sums(basis, chosen.quarter, undated=chosen.undated)
    quarters = sorted({quarter for kind in found for quarter in kind.quarters})
    curves = []
    for kind in found:
        daily = kind.kwh / (kind.days or 90)
        curves.append(
            {
                "type": kind.customer_type,
                "total_kwh": number(kind.kwh),
                "total_lsl": number(kind.revenue),
                "customer_count": kind.accounts,
                "avg_daily_kwh": number(daily, 4),
                "avg_daily_kwh_per_customer": number(daily / kind.accounts if kind.accounts else ZERO, 4),
            }
        )
    return {
        "curves": curves,
        "quarterly": [
            {"quarter": str(q), **{kind.customer_type: number(kind.quarters.get(q, ZERO)) for kind in found}}
            for q in quarters
        ],
        "customer_types": [kind.customer_type for kind in found],
        "total_typed_customers": typed,
        "source_table": fresh.source_table,
        "meter_source": REGISTER,
        "quarter_filter": chosen.given,
        **chosen.notes,
    }


def load_profiles(site: str | None) -> Answer:
    """Mean kW per hour of the day and customer type (semantics 12)."""
    found = queries.profiles((site or "").strip().upper())
    profiles = [
        {
            "type": profile.customer_type,
            "meter_count": profile.meters,
            "hourly": [
                {"hour": hour, "avg_kw": number(kw, 4), "readings": readings}
                for hour, (kw, readings) in enumerate(profile.hours)
            ],
            "peak_hour": profile.peak[0],
            "peak_kw": number(profile.peak[1], 4),
        }
        for profile in found
    ]
    chart = [
        {"hour": f"{hour:02d}:00", **{profile.customer_type: number(profile.hours[hour][0], 4) for profile in found}}
        for hour in range(24)
    ]
    answer: Answer = {
        "profiles": profiles,
        "chart_data": chart if found else [],
        "customer_types": [profile.customer_type for profile in found],
        "total_readings": sum(profile.readings for profile in found),
        "suspicious_readings": sum(profile.suspicious for profile in found),
        "meter_source": queries.meter_table(),
        "site_filter": site,
    }
    return answer if found else {**answer, "note": "No meter with a known customer type has power readings here."}


def tenure(fresh: queries.Freshness) -> Answer:
    """Mean monthly kWh by months since the first transaction (semantics 13)."""
    points, starts = queries.tenure_points(), queries.tenure_starts()
    if fresh.empty or not starts:
        error = NO_HISTORY if fresh.empty else "No account with transactions has a known customer type."
        return {"chart_data": [], "customer_types": [], "error": error}
    kinds = sorted(starts)
    today = Month.of(local_today())
    last = last_valid_month(points)
    chart = []
    for month in range(last + 1):
        point: Answer = {"tenure_month": month}
        for kind in kinds:
            point |= _tenure_values(kind, points.get((kind, month)))
            point[f"{kind}_n"] = eligible(starts[kind], today, month)
        chart.append(point)
    return {
        "chart_data": chart,
        "customer_types": kinds,
        "type_stats": _type_stats(kinds, points, queries.tenure_accounts()),
        "max_tenure_months": last,
        "total_accounts_matched": sum(sum(counts.values()) for counts in starts.values()),
        "source_tables": list(fresh.source_tables),
        "source_table": ", ".join(fresh.source_tables),
        "segmentation": "customer_type",
        "mapping_size": queries.typed_accounts(),
        "outliers_left_out": sum(found.values - found.kept for found in points.values()),
    }


def _tenure_values(kind: str, found: Any) -> Answer:
    """Mean and band, null where too few accounts have data."""
    if found is None or found.kept < FEWEST_ACCOUNTS:
        return {kind: None, f"{kind}_upper": None, f"{kind}_lower": None}
    return {
        kind: number(found.mean),
        f"{kind}_upper": number(found.mean + found.deviation),
        f"{kind}_lower": number(max(found.mean - found.deviation, 0.0)),
    }


def _type_stats(kinds: list[str], points: Any, accounts: dict[str, int]) -> list[Answer]:
    kwh: dict[str, float] = defaultdict(float)
    longest: dict[str, int] = defaultdict(int)
    for (kind, month), found in points.items():
        kwh[kind] += found.total
        longest[kind] = max(longest[kind], month)
    return [
        {
            "type": kind,
            "customer_count": accounts.get(kind, 0),
            "total_kwh": number(kwh[kind]),
            "max_tenure_months": longest[kind],
        }
        for kind in kinds
    ]
