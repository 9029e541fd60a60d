"""What every template may use."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest

from ccportal.core import navigation
from ccportal.core.logs import request_id
from ccportal.core.money import symbol


def portal(request: HttpRequest) -> dict[str, object]:
    """What every page may show: the kind of installation, the currency, the number of the request, the navigation."""
    return {
        "demo": settings.DEMO,
        "acdb_read_only": settings.ACDB_READ_ONLY,
        "currency": symbol(),
        "request_id": request_id.get(),
        "version": settings.VERSION,
        # A callable: partials that show no navigation do not pay for it.
        "navigation": partial(navigation.for_request, request),
    }
