"""The reliability indices for other programs."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, FloatField, IntegerField

from ccportal.api.endpoints import endpoint
from customers.queries import site_names
from omreport.interruptions import queries
from omreport.reliability import Line


class ReliabilityLine(serializers.Serializer):
    site = CharField()
    name = CharField()
    quarter = CharField(help_text="2026 Q1: that of the beginning of the outage.")
    customers_served = IntegerField(help_text="Connected by the end of the quarter.")
    incidents = IntegerField(help_text="Incidents of the tickets.")
    momentary = IntegerField(help_text="Up to 5 minutes; in no index.")
    without_customers = IntegerField(help_text="Incidents that state no number of customers; in no index.")
    ongoing = IntegerField(help_text="Not over; counted until now.")
    saidi = FloatField(allow_null=True, help_text="Minutes per customer served.")
    saifi = FloatField(allow_null=True, help_text="Interruptions per customer served.")
    caidi = FloatField(allow_null=True, help_text="Minutes per interruption of a customer.")


class Reliability(serializers.Serializer):
    lines = ReliabilityLine(many=True)
    source = CharField(help_text="What the outages are taken from.")  # type: ignore[assignment]  # DRF takes declared fields off the class


@endpoint(["GET"], permission="view_reports", scope="reports.read")
@extend_schema(
    operation_id="getReliability",
    tags=["om-report"],
    parameters=[OpenApiParameter("site", str, description="Site code; all sites without.")],
    responses=Reliability,
)
def reliability(request: Request) -> Response:
    """SAIDI, SAIFI and CAIDI (IEEE 1366) per site and quarter with incidents, newest quarter first."""
    names = site_names().names
    found = queries.lines(request.query_params.get("site", "").strip().upper())
    return Response({"lines": [_line(line, names.get(line.site, "")) for line in found], "source": "tickets"})


def _line(line: Line, name: str) -> dict[str, Any]:
    found = line.found
    return {
        "site": line.site,
        "name": name,
        "quarter": str(line.quarter),
        "customers_served": found.customers,
        "incidents": found.outages,
        "momentary": found.momentary,
        "without_customers": found.unstated,
        "ongoing": found.ongoing,
        "saidi": _rounded(found.saidi),
        "saifi": _rounded(found.saifi),
        "caidi": _rounded(found.caidi),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
