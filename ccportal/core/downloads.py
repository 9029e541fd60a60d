"""Answers that a browser saves as a file."""

from collections.abc import Iterable

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header


def saved_as(name: str, content_type: str, content: bytes | Iterable[bytes]) -> HttpResponse | StreamingHttpResponse:
    """The content, to be saved under ``name``; what comes in pieces is streamed."""
    response = (HttpResponse if isinstance(content, bytes) else StreamingHttpResponse)(content, content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
