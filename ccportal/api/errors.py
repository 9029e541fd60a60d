"""Every fault of the API answers ``{"detail": sentence}``."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from ccportal.core import logs
from ccportal.core.errors import AcdbUnavailable, PortalError
from ccportal.core.middleware import is_acdb_fault

logger = logging.getLogger("ccportal.api")
#: Where the whole body is meant, DRF writes these instead of a field's name.
_NO_FIELD = {"non_field_errors", "detail"}
_MAX_FAULTS = 3


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """The answer to any exception of a view; expected ones in their own words, others without any detail."""
    if isinstance(exc, PortalError):
        return _answer(exc.message, exc.status, getattr(exc, "retry_after", None))
    if isinstance(exc, Http404):
        return _answer("Not Found", 404)
    if isinstance(exc, PermissionDenied):
        return _answer("You may not do this.", 403)
    if isinstance(exc, RequestDataTooBig):
        return _answer("The body is too large; send less at a time.", 413)
    if isinstance(exc, exceptions.APIException):
        return _api_answer(exc)
    if is_acdb_fault(exc):
        logger.error("the customer database failed: %s", type(exc).__name__)
        return _answer(AcdbUnavailable().message, AcdbUnavailable.status)
    logger.error("unhandled fault of the API", exc_info=exc)
    return _answer(f"Something went wrong on our side. Report it with the number {logs.request_id.get()}.", 500)


def _api_answer(exc: exceptions.APIException) -> Response:
    if isinstance(exc, exceptions.ValidationError):
        return _answer(sentence(exc.detail), 422)
    if isinstance(exc, exceptions.ParseError):
        return _answer(f"The body is not usable JSON: {exc.detail}.".replace("..", "."), 422)
    if isinstance(exc, exceptions.MethodNotAllowed):
        return _answer("Method Not Allowed", 405)
    if isinstance(exc, exceptions.UnsupportedMediaType):
        return _answer("Send the body as JSON, with Content-Type: application/json.", 415)
    if isinstance(exc, exceptions.NotAcceptable):
        return _answer("The answer is JSON; accept application/json.", 406)
    if isinstance(exc, exceptions.Throttled):
        seconds = max(int(getattr(exc, "wait", None) or 0) + 1, 1)
        return _answer(f"Too many requests. Try again in {seconds} seconds.", 429, seconds)
    if isinstance(exc, exceptions.NotAuthenticated):
        response = _answer("Sign in first: send a bearer token or an API key.", 401)
    else:
        response = _answer(sentence(exc.detail), exc.status_code)
    header = getattr(exc, "auth_header", None)
    if header:
        response["WWW-Authenticate"] = header
    return response


def _answer(detail: str, status: int, retry_after: int | None = None) -> Response:
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return Response({"detail": detail}, status=status, headers=headers)


def sentence(detail: Any) -> str:
    """DRF's nested faults as one text: ``employee_id: This field is required. cc_role: ...``, at most three."""
    faults = list(_flatten(detail, ""))
    text = " ".join(faults[:_MAX_FAULTS])
    return f"{text} (and {len(faults) - _MAX_FAULTS} more)" if len(faults) > _MAX_FAULTS else text


def _flatten(detail: Any, path: str) -> list[str]:
    if isinstance(detail, dict):
        faults = []
        for name, inner in detail.items():
            below = f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}".lstrip(".")
            faults += _flatten(inner, path if name in _NO_FIELD else below)
        return faults
    if isinstance(detail, list):
        faults = []
        for number, inner in enumerate(detail):
            faults += _flatten(inner, path if isinstance(inner, str) else f"{path}[{number}]")
        return faults
    return [f"{path}: {detail}" if path else str(detail)]
