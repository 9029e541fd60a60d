"""Takes one file of a form into memory, and nothing larger."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from ccportal.core.errors import InvalidInput

LARGEST_FILE = 16 * 1024 * 1024
#: The form around the file.
_FORM_BYTES = 65536


class SmallFiles(MemoryFileUploadHandler):
    """Keeps a file in memory, up to a limit."""

    def handle_raw_input(self, *args: object, **kwargs: object) -> None:
        self.activated = True
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > LARGEST_FILE:
            raise StopUpload(connection_reset=True)
        super().receive_data_chunk(raw_data, start)


def takes_file(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view whose form brings a file. Stands below ``@requires``: nobody else's file is read.

    The check against forged forms reads the body, so it must come after the handler is set, not before the view.
    """
    checked = csrf_protect(view)

    @wraps(view)
    def taking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FILE + _FORM_BYTES:
            raise InvalidInput(f"The file is larger than {LARGEST_FILE // 2**20} MB.", field="file")
        request.upload_handlers = [SmallFiles(request)]
        return checked(request, *args, **kwargs)

    return csrf_exempt(taking)
