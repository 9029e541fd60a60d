"""How a request says who sends it: an API key, a bearer token, the ``access_token`` cookie, or the portal's session."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError

from ccportal.accounts import keys, tokens

COOKIE = "access_token"
NOT_BELIEVED = "The token is invalid or has expired; sign in again."


def _credentials(request: Request, scheme: str) -> str | None:
    given, _, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if given.lower() == scheme else None


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key ccp_...`` or ``X-API-Key: ccp_...``."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        text = _credentials(request, "api-key")
        if text is None:
            text = request.headers.get("X-API-Key")
        if text is None:
            return None
        key = keys.find(text)
        if key is None:
            raise AuthenticationFailed("This API key is unknown, expired or revoked.")
        return key, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenAuthentication(BaseAuthentication):
    """A bearer token; without the header the cookie, which only counts together with a CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        text = _credentials(request, "bearer")
        from_cookie = text is None and COOKIE in request.COOKIES
        if from_cookie:
            text = request.COOKIES[COOKIE]
        if text is None:
            return None
        try:
            person, opened = tokens.authenticate(text)
        except TokenError:
            raise AuthenticationFailed(NOT_BELIEVED) from None
        if from_cookie:
            enforce_csrf(request._request)
        return person, opened

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class PortalSessionAuthentication(SessionAuthentication):
    """The portal's own session, for its pages and the API documents; unsafe methods need the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        enforce_csrf(getattr(request, "_request", request))


class _Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def enforce_csrf(request: HttpRequest) -> None:
    """Raise ``PermissionDenied`` for an unsafe request without CSRF token."""
    check = _Check(lambda _: None)  # type: ignore[arg-type, return-value]  # never called: only the checks are used
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]  # the view is not looked at
    if reason:
        raise PermissionDenied(
            f"Requests with a cookie need the header X-CSRFToken ({settings.CSRF_COOKIE_NAME}'s value); "
            "programs send a bearer token instead."
        )


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "Also as Authorization: Api-Key."}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = ["bearer", "cookie"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "Keys at /api/auth/jwks.",
            },
            {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "The same token; needs X-CSRFToken."},
        ]


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = PortalSessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
