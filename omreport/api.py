"""Reports for other programs, from the rollups (contract: stats and om-report)."""

from collections.abc import Callable
from itertools import chain

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from ccportal.api.endpoints import endpoint
from ccportal.core.errors import InvalidInput
from omreport import answers, kept, queries, serializers
from omreport.answers import QuarterFilter, stamped
from omreport.export import MeterExport, parse_filter
from omreport.queries import Basis, Freshness

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


def _answer(
    request: Request, make: Callable[[Freshness], answers.Answer], *, of_verification: bool = False
) -> HttpResponse:
    """The answer to the address as asked, stamped with the time of its figures.

    Readings and tenure are added up only when all months are compared: ``of_verification``.
    """
    fresh = queries.freshness()
    question = request.path, tuple(sorted(request.query_params.items()))
    moment = fresh.verified_at if of_verification else fresh.refreshed_at
    return HttpResponse(
        kept.answer(question, fresh, lambda: stamped(make(fresh), fresh, moment)), content_type="application/json"
    )


@endpoint(["GET"], permission="view_reports", scope="reports.read")
@extend_schema(operation_id="getSiteSummary", tags=["stats"], responses=serializers.SiteSummary, parameters=[BASIS])
def site_summary(request: Request) -> HttpResponse:
    """MWh and thousands of the currency per site since records began; totals from unrounded values."""
    basis = _basis(request)
    return _answer(request, lambda fresh: answers.site_summary(basis, fresh))


@_report("getOmOverview", serializers.Overview, BASIS)
def overview(request: Request) -> HttpResponse:
    """Headline figures."""
    basis = _basis(request)
    return _answer(request, lambda _: answers.overview(basis))


@_report("getCustomerStats", serializers.CustomerStats, QUARTER)
def customer_stats(request: Request) -> HttpResponse:
    """Customers per concession; ``new`` is 0 everywhere when no quarter is given."""
    chosen = _quarter(request)
    return _answer(request, lambda _: answers.customer_stats(chosen))


@_report("getCustomerGrowth", serializers.CustomerGrowth)
def customer_growth(request: Request) -> HttpResponse:
    """Connections per quarter with running total; for want of a date, by the first transaction."""
    return _answer(request, lambda _: answers.customer_growth())


@_report("getConsumptionBySite", serializers.ConsumptionBySite, QUARTER, BASIS)
def consumption_by_site(request: Request) -> HttpResponse:
    """kWh vended per site and quarter."""
    chosen, basis = _quarter(request), _basis(request)
    return _answer(request, lambda fresh: answers.by_site("kwh", chosen, basis, fresh))


@_report("getSalesBySite", serializers.SalesBySite, QUARTER, BASIS)
def sales_by_site(request: Request) -> HttpResponse:
    """Money per site and quarter."""
    chosen, basis = _quarter(request), _basis(request)
    return _answer(request, lambda fresh: answers.by_site("lsl", chosen, basis, fresh))


@_report("getCumulativeTrends", serializers.CumulativeTrends, BASIS)
def cumulative_trends(request: Request) -> HttpResponse:
    """kWh and money per quarter with running totals."""
    basis = _basis(request)
    return _answer(request, lambda fresh: answers.cumulative_trends(basis, fresh))


@_report("getAvgConsumptionTrend", serializers.AverageTrends, BASIS)
def avg_consumption_trend(request: Request) -> HttpResponse:
    """Daily kWh and money per connected customer by quarter."""
    basis = _basis(request)
    return _answer(request, lambda fresh: answers.average_trends(basis, fresh))


@_report("getSiteOverview", serializers.SiteOverview)
def site_overview(request: Request) -> HttpResponse:
    """Concessions with code, district and customer count."""
    return _answer(request, lambda _: answers.site_overview())


@_report("getLoadCurvesByType", serializers.LoadCurves, QUARTER, BASIS)
def load_curves_by_type(request: Request) -> HttpResponse:
    """Average daily consumption per customer type."""
    chosen, basis = _quarter(request), _basis(request)
    return _answer(request, lambda fresh: answers.load_curves(chosen, basis, fresh))


@_report("getDailyLoadProfiles", serializers.LoadProfiles, OpenApiParameter("site", str, description="Site code."))
def daily_load_profiles(request: Request) -> HttpResponse:
    """Mean kW per hour of day and customer type; readings above 20 kW are counted, not averaged."""
    site = request.query_params.get("site")
    return _answer(request, lambda _: answers.load_profiles(site), of_verification=True)


@_report("getArpu", serializers.Arpu, BASIS)
def quarterly_arpu(request: Request) -> HttpResponse:
    """Quarterly average revenue per user."""
    basis = _basis(request)
    return _answer(request, lambda fresh: answers.quarterly_arpu(basis, fresh))


@_report("getMonthlyArpu", serializers.MonthlyArpu, BASIS)
def monthly_arpu(request: Request) -> HttpResponse:
    """Monthly average revenue per user."""
    basis = _basis(request)
    return _answer(request, lambda fresh: answers.monthly_arpu(basis, fresh))


@_report("getConsumptionByTenure", serializers.ConsumptionByTenure)
def consumption_by_tenure(request: Request) -> HttpResponse:
    """Mean monthly kWh by months since first transaction and customer type, outliers left out (D-44)."""
    return _answer(request, answers.tenure, of_verification=True)


@_report(
    "getMeterExport",
    serializers.MeterExport,
    OpenApiParameter("customer_type", str),
    OpenApiParameter("site", str),
    OpenApiParameter("start_date", str, description="YYYY-MM-DD, included."),
    OpenApiParameter("end_date", str, description="YYYY-MM-DD, included."),
)
def meter_export(request: Request) -> StreamingHttpResponse:
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
