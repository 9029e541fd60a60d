"""What every request passes through."""

import logging
import re
import time
from collections.abc import Callable

from django.db import connections
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from ccportal.core import logs
from ccportal.core.errors import AcdbUnavailable, PortalError

logger = logging.getLogger("ccportal.request")
_GOOD_ID = re.compile(r"^[0-9A-Za-z-]{8,64}$")
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
            match = request.resolver_match
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "route": match.route if match else "(no route)",
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )
            return response
        finally:
            logs.request_id.reset(token)


def is_acdb_fault(error: Exception) -> bool:
    """True when a database error came from the ACDB and not from our own database.

    Django does not say which connection raised, so the question is put to both: our own database
    answers a trivial query, the ACDB does not, or does not have the table that was asked for.
    """
    if not isinstance(error, DatabaseError):
        return False
    try:
        connections["default"].ensure_connection()
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations")
    except DatabaseError:
        return False
    from ccportal.acdb.health import acdb_fault

    return acdb_fault() is not None


class ErrorMiddleware:
    """Turns expected faults into a page or a JSON answer; nothing internal leaves the house."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, PortalError):
            if not is_acdb_fault(exception):
                return None
            logger.error("the customer database failed: %s", type(exception).__name__)
            exception = AcdbUnavailable()
        if wants_json(request):
            return JsonResponse({"detail": exception.message}, status=exception.status)
        return error_page(request, exception)


def error_page(request: HttpRequest, error: PortalError) -> HttpResponse:
    """The page for an expected fault, its status the error's."""
    return render(request, "errors/error.html", {"error": error}, status=error.status)
