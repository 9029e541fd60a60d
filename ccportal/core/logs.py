"""JSON log lines that carry the request id and no personal data.

Addresses of pages hold phone and account numbers, and the words of an exception hold whatever value did not fit. So a
line names the route instead of the path, and a stack is written without the exception's own words unless its type
speaks about code only.
"""

import logging
import traceback
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")

#: Faults of the program itself; their words hold names from the source, no data.
_ABOUT_CODE = (NameError, AttributeError, ImportError, NotImplementedError, RecursionError, AssertionError, SyntaxError)
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def new_request_id() -> str:
    return uuid.uuid4().hex[:16]


def route_of(request: Any) -> str:
    """The pattern that a request matched, never its path."""
    match = getattr(request, "resolver_match", None)
    return match.route if match else "(no route)"


class RequestFilter(logging.Filter):
    """Adds the current request id to every record and takes paths out of Django's own."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        request = getattr(record, "request", None)
        path = getattr(request, "path", "")
        if len(path) > 1:
            route = route_of(request)
            record.msg = str(record.msg).replace(path, route)
            if isinstance(record.args, tuple):
                record.args = tuple(a.replace(path, route) if isinstance(a, str) else a for a in record.args)
        return True


class JsonFormatter(BaseJsonFormatter):
    """Time, level, logger, message, request id; then whatever ``extra`` was given."""

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )

    def add_fields(self, log_record: dict, record: logging.LogRecord, message_dict: dict) -> None:
        super().add_fields(log_record, record, message_dict)
        # Django attaches the whole request to its error records; its text holds paths with personal data.
        log_record.pop("request", None)
        log_record.pop("status_code", None)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatException(self, ei: Any) -> str:
        return stack(ei[1]) if ei and ei[1] is not None else ""


def stack(error: BaseException) -> str:
    """Where a fault came from, with its causes, the innermost last; without the words of exceptions that hold data."""
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        name = f"{type(current).__module__}.{type(current).__qualname__}".removeprefix("builtins.")
        words = f": {current}" if isinstance(current, _ABOUT_CODE) else ""
        parts.append("".join(traceback.format_tb(current.__traceback__)) + name + words)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\ncaused by\n".join(parts)
