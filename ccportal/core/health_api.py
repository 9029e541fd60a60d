"""GET /health and /api/health."""

from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts.permissions import PUBLIC
from ccportal.api.endpoints import endpoint
from ccportal.core import health


class HealthSerializer(serializers.Serializer):
    """The contract's ``Health``; ``version`` and ``portal`` are ours."""

    status = serializers.ChoiceField(["ok", "no_db", "db_error"], help_text="Of the customer database.")
    db_path = serializers.CharField(help_text="A label, not a path.")
    timestamp = serializers.CharField(help_text="Local time without zone, with microseconds.")
    customer_count = serializers.IntegerField(required=False, help_text="Only with status ok.")
    error = serializers.CharField(required=False, help_text="Only with status no_db or db_error.")
    version = serializers.CharField()
    portal = serializers.DictField(help_text="State of the parts, for whoever operates the portal.")


def _health(operation: str):  # type: ignore[no-untyped-def]  # the decorated view's type is DRF's
    @endpoint(["GET"], permission=PUBLIC, throttles=[])
    @extend_schema(operation_id=operation, tags=["health"], auth=[], responses=HealthSerializer)
    def health_view(request: Request) -> Response:
        """Always 200, also when a database is down."""
        return Response(health.report())

    # Credentials are not looked at: that would ask a database which may be what is down.
    health_view.cls.authentication_classes = []  # type: ignore[attr-defined]  # set by endpoint()
    return never_cache(health_view)


at_root = _health("getHealth")
under_api = _health("getApiHealth")
