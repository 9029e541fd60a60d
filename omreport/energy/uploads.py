"""Takes one small file into memory, and nothing larger."""

import io
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

from ccportal.core.errors import InvalidInput

#: The form around the file.
_FORM_BYTES = 65_536


class SmallFile(FileUploadHandler):
    """Keeps the first file of a request in memory; a longer one than allowed ends the connection."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._buffer = io.BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._buffer = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > settings.ENERGY_UPLOAD_MAX_BYTES:
            raise StopUpload(connection_reset=True)
        self._buffer.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self._buffer.seek(0)
        return InMemoryUploadedFile(
            self._buffer, self.field_name, self.file_name, self.content_type, file_size, self.charset
        )


def limit_mb() -> int:
    return settings.ENERGY_UPLOAD_MAX_BYTES // 2**20


def refuse_too_large(request: HttpRequest) -> None:
    """Judge by the announced size, before a byte of the file is read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.ENERGY_UPLOAD_MAX_BYTES + _FORM_BYTES:
        raise InvalidInput(
            f"The file is larger than {limit_mb()} MB, which is the most that can be uploaded at once; split it "
            "by month or site.",
            field="file",
        )
