"""Sessions that are over, and first passwords that must be changed before anything else."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from ccportal.accounts import sessions
from ccportal.accounts.navigation import sign_in_address
from ccportal.accounts.permissions import MUST_CHANGE
from ccportal.core.middleware import wants_json

GetResponse = Callable[[HttpRequest], HttpResponse]


class SessionExpiryMiddleware:
    """Ends sessions that are over and leads back to the page after the next sign-in.

    Stands behind AuthenticationMiddleware and before LoginRequiredMiddleware.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self._led_to_sign_in(request, self.get_response(request))
        reason = sessions.expiry(request)
        if reason:
            logout(request)
            # Other programs are told in JSON, and public pages show themselves; pages lead to the sign-in.
            response = self.get_response(request)
            return response if wants_json(request) else self._led_to_sign_in(request, response, reason)
        sessions.touch(request)
        return self.get_response(request)

    def _led_to_sign_in(self, request: HttpRequest, response: HttpResponse, why: str = "") -> HttpResponse:
        """The redirect of LoginRequiredMiddleware with the reason, and as htmx understands it."""
        location = response.headers.get("Location", "")
        if response.status_code != 302 or location.partition("?")[0] != resolve_url(settings.LOGIN_URL):
            return response
        if request.path == resolve_url("logout"):
            return response
        address = sign_in_address(request, why)
        return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


class PasswordChangeMiddleware:
    """Lets somebody with a temporary password see the page that changes it, and nothing else."""

    ALLOWED = frozenset({"password_change", "logout", "theme"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not getattr(request.user, "must_change_password", False):
            return None
        match = request.resolver_match
        if match and match.view_name in self.ALLOWED:
            return None
        if wants_json(request):
            # Operations of the API decide for themselves: some are public.
            return None if hasattr(view, "cls") else JsonResponse({"detail": MUST_CHANGE}, status=403)
        target = resolve_url("password_change")
        return HttpResponseClientRedirect(target) if request.headers.get("HX-Request") else redirect(target)
