"""What every request passes through."""

import logging
import re
import time
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.db import DataError, IntegrityError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.utils import DatabaseErrorWrapper
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from ccportal.core import logs
from ccportal.core.errors import AcdbUnavailable, InvalidInput, PortalError
from ccportal.core.htmx import wants_partial

logger = logging.getLogger("ccportal.request")
_GOOD_ID = re.compile(r"^[0-9A-Za-z-]{16,64}$")
_JSON_PATHS = re.compile(r"^/(api/|health$|sites$|customers/(by-|search$))")


def wants_json(request: HttpRequest) -> bool:
    """True for the paths that other programs use."""
    return bool(_JSON_PATHS.match(request.path))


class RequestIdMiddleware:
    """Gives each request an id (or keeps a sane one from the proxy), answers with it, logs one line.

    The line names the route, not the path: paths hold phone and account numbers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        token = logs.request_id.set(given if _GOOD_ID.match(given) else logs.new_request_id())
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = logs.request_id.get()
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "route": logs.route_of(request),
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )
            return response
        finally:
            logs.request_id.reset(token)


class PrivateAnswersMiddleware:
    """Keeps what the portal says out of every cache that a view has not allowed.

    Pages and downloads hold names, phones and balances: after signing out, the Back button of a shared computer must
    not show them, and no proxy may keep them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def is_acdb_fault(error: BaseException) -> bool:
    """True when a database error means that the ACDB cannot be used: gone, locked, corrupt, empty, another's schema.

    Values that do not fit and broken constraints are faults of the caller, not of the database.
    """
    if not isinstance(error, DatabaseError) or isinstance(error, DataError | IntegrityError):
        return False
    return database_of(error) == "acdb"


def database_of(error: BaseException) -> str | None:
    """The alias of the database that raised an error; Django does not say, the frames of its own wrappers do."""
    alias = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        owner = frame.f_locals.get("self")
        if isinstance(owner, DatabaseErrorWrapper):
            alias = owner.wrapper.alias  # type: ignore[attr-defined]  # the stubs do not know it
        elif isinstance(owner, CursorWrapper):
            alias = owner.db.alias
        elif isinstance(owner, BaseDatabaseWrapper):
            alias = owner.alias
    return alias


class ErrorMiddleware:
    """Turns expected faults into a page or a JSON answer; nothing internal leaves the house."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return sign_in_for_htmx(request, self.get_response(request))

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Refuse NUL characters in the address of a page, which PostgreSQL cannot hold; the API says so itself."""
        if wants_json(request) or "\x00" not in unquote(request.get_full_path()):
            return None
        return error_page(request, InvalidInput("The address contains a NUL character (%00); leave it out."))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, PortalError):
            if not is_acdb_fault(exception):
                return None
            logger.error("the customer database failed", exc_info=exception)
            exception = AcdbUnavailable()
        if wants_json(request):
            return JsonResponse({"detail": exception.message}, status=exception.status)
        return error_page(request, exception)


def error_page(request: HttpRequest, error: PortalError) -> HttpResponse:
    """The page for a fault, or a line for the message region when htmx asked; the status is the error's."""
    template = "errors/htmx/error.html" if wants_partial(request) else "errors/error.html"
    context = {"error": error, "acdb_down": isinstance(error, AcdbUnavailable)}
    return render(request, template, context, status=error.status)


def sign_in_for_htmx(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """After a session has ended htmx must load the sign-in page as a page, not into a table; then come back."""
    if not wants_partial(request) or response.status_code != 302:
        return response
    login = resolve_url(settings.LOGIN_URL)
    if urlsplit(response["Location"]).path != login:
        return response
    came_from = request.htmx.current_url_abs_path  # type: ignore[attr-defined]  # set by HtmxMiddleware
    return HttpResponseClientRedirect(f"{login}?{urlencode({'next': came_from or '/'})}")
