"""Statistics for other programs, from the rollups (contract: stats)."""

from decimal import Decimal

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.api.endpoints import endpoint
from ccportal.core.money import ZERO, rounded
from omreport import queries
from omreport.serializers import SiteSummary

THOUSAND = 1000


def _thousands(value: Decimal) -> float:
    return float(rounded(value / THOUSAND))


@endpoint(["GET"], permission="view_reports", scope="reports.read")
@extend_schema(operation_id="getSiteSummary", tags=["stats"], responses=SiteSummary)
def site_summary(request: Request) -> Response:
    """MWh and thousands of the currency per site since records began; totals from unrounded values."""
    sums = queries.site_sums()
    fresh = queries.freshness()
    return Response(
        {
            "sites": [
                {"site": site, "mwh": _thousands(part.kwh), "lsl_thousands": _thousands(part.revenue)}
                for site, part in sums.items()
            ],
            "totals": {
                "mwh": _thousands(sum((part.kwh for part in sums.values()), ZERO)),
                "lsl_thousands": _thousands(sum((part.revenue for part in sums.values()), ZERO)),
            },
            "source_table": fresh.source_table,
            "site_count": len(sums),
            "as_of": fresh.refreshed_at,
        }
    )
