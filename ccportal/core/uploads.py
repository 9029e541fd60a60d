"""Files in forms: none where none is asked for, else a small one in memory."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, MemoryFileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from ccportal.core.errors import InvalidInput

#: The form around a file.
_FORM_BYTES = 65_536
View = Callable[..., HttpResponse]


class NoFiles(FileUploadHandler):
    """Drops every file, and refuses a form that is larger than ``DATA_UPLOAD_MAX_MEMORY_SIZE`` (a 413).

    Django's own handlers would write a file of any size to the disk before the view is asked, for anybody who can
    open the sign-in page. Pages that take a file bring their own handler (``takes_file``, ``ccportal.acdb.uploads``).
    """

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        if content_length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("A form with a file where none is asked for.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class SmallFile(MemoryFileUploadHandler):
    """Keeps the files of a form in memory; more than allowed ends the connection."""

    def __init__(self, request: HttpRequest, most_bytes: int) -> None:
        super().__init__(request)
        self._left = most_bytes

    def handle_raw_input(self, *args: object, **kwargs: object) -> None:
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._left -= len(raw_data)
        if self._left < 0:
            raise StopUpload(connection_reset=True)
        super().receive_data_chunk(raw_data, start)


def takes_file(most_bytes: Callable[[], int], advice: str = "") -> Callable[[View], View]:
    """A view whose form may bring a file of ``most_bytes()``. Stands below ``@requires``: nobody else's file is read.

    A larger one is refused by its announced size, with ``advice``. The check against forged forms reads the body, so
    it comes after the handler is set, not before the view.
    """

    def decorate(view: View) -> View:
        checked = csrf_protect(view)

        @wraps(view)
        def taking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            most = most_bytes()
            if int(request.META.get("CONTENT_LENGTH") or 0) > most + _FORM_BYTES:
                raise InvalidInput(f"The file is larger than {most // 2**20} MB. {advice}".strip(), field="file")
            request.upload_handlers = [SmallFile(request, most)]
            return checked(request, *args, **kwargs)

        return csrf_exempt(taking)

    return decorate
