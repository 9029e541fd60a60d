"""Reports for other programs, from the rollups (contract: stats and om-report)."""

from collections.abc import Callable
from decimal import Decimal
from itertools import chain

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.api.endpoints import endpoint
from ccportal.core.errors import InvalidInput
from ccportal.core.money import ZERO, rounded
from omreport import answers, queries, serializers
from omreport.answers import QuarterFilter, stamped
from omreport.export import MeterExport, parse_filter
from omreport.queries import Basis, Freshness

THOUSAND = 1000
QUARTER = OpenApiParameter("quarter", str, description="`2026 Q1`, or `Unknown` for rows without a date.")
BASIS = OpenApiParameter(
    "basis", str, enum=[basis.value for basis in Basis], description="All transactions, or payments only (D-03)."
)


def _basis(request: Request) -> Basis:
    try:
        return Basis.parse(request.query_params.get("basis", ""))
    except InvalidInput as error:
        raise ValidationError({"basis": error.message}) from error


def _quarter(request: Request) -> QuarterFilter:
    return QuarterFilter.parse(request.query_params.get("quarter"))


def _report(name: str, shape: type, *parameters: OpenApiParameter) -> Callable[[Callable], Callable]:
    """An operation of the report, open to whoever may read reports."""

    def decorate(function: Callable) -> Callable:
        documented = extend_schema(
            operation_id=name, tags=["om-report"], responses=shape, parameters=list(parameters) or None
        )(function)
        return endpoint(["GET"], permission="view_reports", scope="reports.read")(documented)

    return decorate


def _answer(make: Callable[[Freshness], answers.Answer]) -> Response:
    fresh = queries.freshness()
    return Response(stamped(make(fresh), fresh))


@endpoint(["GET"], permission="view_reports", scope="reports.read")
@extend_schema(operation_id="getSiteSummary", tags=["stats"], responses=serializers.SiteSummary, parameters=[BASIS])
def site_summary(request: Request) -> Response:
    """MWh and thousands of the currency per site since records began; totals from unrounded values."""
    sums = queries.site_sums(_basis(request))
    return _answer(
        lambda fresh: {
            "sites": [
                {"site": site, "mwh": _thousands(part.kwh), "lsl_thousands": _thousands(part.revenue)}
                for site, part in sums.items()
            ],
            "totals": {
                "mwh": _thousands(sum((part.kwh for part in sums.values()), ZERO)),
                "lsl_thousands": _thousands(sum((part.revenue for part in sums.values()), ZERO)),
            },
            "source_table": fresh.source_table if sums else "",
            "site_count": len(sums),
        }
    )


def _thousands(value: Decimal) -> float:
    return float(rounded(value / THOUSAND))


@_report("getOmOverview", serializers.Overview, BASIS)
def overview(request: Request) -> Response:
    """Headline figures."""
    basis = _basis(request)
    return _answer(lambda _: answers.overview(basis))


@_report("getCustomerStats", serializers.CustomerStats, QUARTER)
def customer_stats(request: Request) -> Response:
    """Customers per concession; ``new`` is 0 everywhere when no quarter is given."""
    chosen = _quarter(request)
    return _answer(lambda _: answers.customer_stats(chosen))


@_report("getCustomerGrowth", serializers.CustomerGrowth)
def customer_growth(request: Request) -> Response:
    """Connections per quarter with running total; for want of a date, by the first transaction."""
    return _answer(lambda _: answers.customer_growth())


@_report("getConsumptionBySite", serializers.ConsumptionBySite, QUARTER, BASIS)
def consumption_by_site(request: Request) -> Response:
    """kWh vended per site and quarter."""
    chosen, basis = _quarter(request), _basis(request)
    return _answer(lambda fresh: answers.by_site("kwh", chosen, basis, fresh))


@_report("getSalesBySite", serializers.SalesBySite, QUARTER, BASIS)
def sales_by_site(request: Request) -> Response:
    """Money per site and quarter."""
    chosen, basis = _quarter(request), _basis(request)
    return _answer(lambda fresh: answers.by_site("lsl", chosen, basis, fresh))


@_report("getCumulativeTrends", serializers.CumulativeTrends, BASIS)
def cumulative_trends(request: Request) -> Response:
    """kWh and money per quarter with running totals."""
    basis = _basis(request)
    return _answer(lambda fresh: answers.cumulative_trends(basis, fresh))


@_report("getAvgConsumptionTrend", serializers.AverageTrends, BASIS)
def avg_consumption_trend(request: Request) -> Response:
    """Daily kWh and money per connected customer by quarter."""
    basis = _basis(request)
    return _answer(lambda fresh: answers.average_trends(basis, fresh))


@_report("getSiteOverview", serializers.SiteOverview)
def site_overview(request: Request) -> Response:
    """Concessions with code, district and customer count."""
    return _answer(lambda _: answers.site_overview())


@_report("getLoadCurvesByType", serializers.LoadCurves, QUARTER, BASIS)
def load_curves_by_type(request: Request) -> Response:
    """Average daily consumption per customer type."""
    chosen, basis = _quarter(request), _basis(request)
    return _answer(lambda fresh: answers.load_curves(chosen, basis, fresh))


@_report("getDailyLoadProfiles", serializers.LoadProfiles, OpenApiParameter("site", str, description="Site code."))
def daily_load_profiles(request: Request) -> Response:
    """Mean kW per hour of day and customer type; readings above 20 kW are counted, not averaged."""
    site = request.query_params.get("site")
    return _answer(lambda _: answers.load_profiles(site))


@_report("getArpu", serializers.Arpu, BASIS)
def quarterly_arpu(request: Request) -> Response:
    """Quarterly average revenue per user."""
    basis = _basis(request)
    return _answer(lambda fresh: answers.quarterly_arpu(basis, fresh))


@_report("getMonthlyArpu", serializers.MonthlyArpu, BASIS)
def monthly_arpu(request: Request) -> Response:
    """Monthly average revenue per user."""
    basis = _basis(request)
    return _answer(lambda fresh: answers.monthly_arpu(basis, fresh))


@_report("getConsumptionByTenure", serializers.ConsumptionByTenure)
def consumption_by_tenure(request: Request) -> Response:
    """Mean monthly kWh by months since first transaction and customer type, outliers left out (D-44)."""
    return _answer(answers.tenure)


@_report(
    "getMeterExport",
    serializers.MeterExport,
    OpenApiParameter("customer_type", str),
    OpenApiParameter("site", str),
    OpenApiParameter("start_date", str, description="YYYY-MM-DD, included."),
    OpenApiParameter("end_date", str, description="YYYY-MM-DD, included."),
)
def meter_export(request: Request) -> HttpResponse:
    """Raw power readings with customer type and site, streamed."""
    names = ("customer_type", "site", "start_date", "end_date")
    try:
        wanted = parse_filter(*(request.query_params.get(name) for name in names))
    except InvalidInput as error:
        raise ValidationError(error.message) from error
    pieces = MeterExport(wanted).json()
    # The first readings are fetched before the answer begins, so that a database that is down is a 503.
    begun = [next(pieces), next(pieces)]
    return StreamingHttpResponse(chain(begun, pieces), content_type="application/json")
