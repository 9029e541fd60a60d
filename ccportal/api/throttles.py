"""How often a caller may ask. Counted per process; the lockout of sign-ins is kept in the database."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from ccportal.accounts.addresses import client_ip
from ccportal.accounts.callers import caller_for


class PortalThrottle(SimpleRateThrottle):
    """Counts by address; reads its rate when asked, so that a changed setting counts at once."""

    def get_rate(self) -> str:
        rates: Mapping[Any, Any] = api_settings.DEFAULT_THROTTLE_RATES
        return str(rates[self.scope])

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return self.cache_format % {"scope": self.scope, "ident": client_ip(request._request) or "unknown"}


class CallerThrottle(PortalThrottle):
    """Per caller; whoever is not signed in is counted by address, and gets less."""

    scope = "caller"

    def allow_request(self, request: Request, view: Any) -> bool:
        if caller_for(request.user) is None:
            self.scope = "anonymous"
            self.rate = self.get_rate()
            self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        caller = caller_for(request.user)
        if caller is None:
            return super().get_cache_key(request, view)
        return self.cache_format % {"scope": self.scope, "ident": f"{caller.kind}:{caller.id}"}


class SignInThrottle(PortalThrottle):
    """Per address, for operations that try passwords or codes."""

    scope = "sign-in"
