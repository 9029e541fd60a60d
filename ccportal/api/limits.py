"""What is refused before a view looks at it: bodies too large to read, text that no database can hold."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "too_large"


def check_body_size(request: Request, limit: int | None) -> None:
    """Raise ``BodyTooLarge`` by the announced length; a body without one is read as empty by WSGI."""
    limit = limit or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > limit:
        raise BodyTooLarge(f"The body is larger than {limit // 1024:,} KB; send less at a time.")


def check_text(request: Request, kwargs: Mapping[str, Any]) -> None:
    """Raise a 422 for NUL characters in the address: PostgreSQL cannot hold them."""
    values = [value for value in kwargs.values() if isinstance(value, str)]
    for name, given in request.query_params.lists():
        values += [name, *given]
    if any("\x00" in value for value in values):
        raise ValidationError("The address contains a NUL character (%00); leave it out.")


class StrictJSONParser(JSONParser):
    """JSON whose texts every database can hold; absurd nesting is bad JSON, not a crash."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("the nesting is too deep") from None
        except UnicodeEncodeError:
            raise ParseError("a text holds half a character (a lone surrogate)") from None
        if _has_nul(data):
            raise ParseError("a text holds a NUL character")
        return data


def _has_nul(data: Any) -> bool:
    if isinstance(data, str):
        return "\x00" in data
    if isinstance(data, dict):
        return any(_has_nul(key) or _has_nul(value) for key, value in data.items())
    return isinstance(data, list) and any(map(_has_nul, data))
