"""Answers to what no view could answer: pages for people, ``detail`` for programs."""

import logging
import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.html import escape

from ccportal.core.errors import PortalError, Unavailable
from ccportal.core.logs import request_id
from ccportal.core.middleware import error_page, wants_json

logger = logging.getLogger("ccportal.request")


class BadRequest(PortalError):
    title = "The request could not be read"


class TooLarge(PortalError):
    status = 413
    title = "Too much at once"


class Forbidden(PortalError):
    status = 403
    title = "Not permitted"


class FormExpired(PortalError):
    status = 403
    title = "The form could not be accepted"


class NoSuchPage(PortalError):
    status = 404
    title = "There is no such page"


class PortalUnavailable(Unavailable):
    """Our own database is silent, and with it sign-in and everything else."""

    title = "The portal is not available"


class Unexpected(PortalError):
    status = 500
    title = "Something went wrong on our side"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, and 413 for what is larger than this server reads."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return _answer(request, TooLarge("More was sent than this page accepts. Send less, or a smaller file."))
    message = "Something in the address or the form is malformed. Go back, reload the page and try again."
    return _answer(request, BadRequest(message))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, Forbidden("Your role may not open this page. A super admin can change your role."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this browser: it stood open for too long, or another site sent it."""
    logger.warning("form refused: %s", reason)
    message = "Nothing was saved. Go back, reload the page and send it again; cookies must be allowed for this site."
    return _answer(request, FormExpired(message))


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"detail": "Not Found"}, status=404)  # the contract's words
    message = (
        "The address may be mistyped, or what it showed is gone. Find the customer or page from the top of this page."
    )
    return _answer(request, NoSuchPage(message))


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while our own database is silent; rendered without user and database: either may be what failed."""
    error = _fault(sys.exception())
    if wants_json(request):
        return _answer(request, error)
    context: dict[str, Any] = {"error": error, "request_id": request_id.get()}
    try:
        page: str = render_to_string("errors/error.html", context)
    except Exception:
        # The templates or the static files' manifest may be what is broken; say so in the log, answer all the same.
        logger.exception("the error page failed")
        page = (
            f"<!doctype html><title>Error {error.status}</title><h1>{error.title}</h1>"
            f"<p>{escape(error.message)} {request_id.get()}</p>"
        )
    return HttpResponse(page, status=error.status)


def _fault(cause: BaseException | None) -> PortalError:
    if isinstance(cause, OperationalError | InterfaceError):
        return PortalUnavailable("Its database does not answer at the moment. Try again shortly.")
    return Unexpected("It has been logged. Try again; if it stays, tell support the request number.")


def _answer(request: HttpRequest, error: PortalError) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"detail": error.message}, status=error.status)
    return error_page(request, error)
