"""Where a request comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """The caller's address: the peer's, or behind ``TRUSTED_PROXIES`` proxies the one the outermost of them saw.

    Anything further left in ``X-Forwarded-For`` was written by the caller and is not believed.
    """
    candidate = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if hops:
            candidate = hops[-min(settings.TRUSTED_PROXIES, len(hops))]
    try:
        return str(ip_address(candidate))
    except ValueError:
        return None
