"""Puts an uploaded file straight onto the portal's own disk, in a private directory, up to a limit.

Django's own handlers would write to the system's temporary directory first, and without a limit. The name that the
browser gives is shown to people and never becomes part of a path.
"""

import secrets
from io import BufferedWriter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

from ccportal.acdb.importer.copying import import_dir
from ccportal.acdb.importer.errors import DiskFull
from ccportal.acdb.importer.faults import is_disk_full
from ccportal.core.errors import InvalidInput

_PREFIX = "upload-"


class StoredFile(UploadedFile):
    """An upload that lies in the import directory under ``stored_name``."""

    stored_name: str
    #: Somebody has taken it over and will remove it.
    claimed = False


class StoreUpload(FileUploadHandler):
    """Writes each file of a request to the import directory; what is left of a broken upload is removed."""

    chunk_size = 1024 * 1024

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._path: Path | None = None
        self._file: BufferedWriter | None = None
        self._written = 0
        self._stored: list[StoredFile] = []

    def discard_unclaimed(self) -> None:
        """At the end of a request: remove what no import took over, such as files of a form that was refused."""
        self._discard()
        for stored in self._stored:
            stored.close()
            if not stored.claimed:
                discard(stored.stored_name)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._discard()
        self._path = import_dir() / f"{_PREFIX}{secrets.token_hex(16)}"
        self._file = self._path.open("xb")
        self._written = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._written += len(raw_data)
        if self._written > settings.ACDB_UPLOAD_MAX_BYTES or self._file is None:
            self._discard()
            raise StopUpload(connection_reset=True)
        try:
            self._file.write(raw_data)
        except OSError as error:
            self._discard()
            if is_disk_full(error):
                raise DiskFull("the upload") from error
            raise

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self._file is None or self._path is None:
            return None
        self._file.close()
        stored = StoredFile(self._path.open("rb"), self.file_name, self.content_type, file_size)
        stored.stored_name = self._path.name
        self._stored.append(stored)
        self._path = self._file = None
        return stored

    def upload_interrupted(self) -> None:
        self._discard()

    def _discard(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self._path = self._file = None


def refuse_too_large(request: HttpRequest) -> None:
    """Judge by the announced size, before a byte of the file is read; a server cuts off what is longer than that."""
    limit = settings.ACDB_UPLOAD_MAX_BYTES
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit + 65536:
        raise InvalidInput(
            f"The file is larger than {limit // 2**20:,} MB, which is the most that can be uploaded; import it on the "
            "server with manage.py acdb_import.",
            field="file",
        )


def stored_path(name: str) -> Path:
    """Where an upload lies; ``ValueError`` for a name that this module has not given."""
    if not name.startswith(_PREFIX) or not name.removeprefix(_PREFIX).isalnum():
        raise ValueError("not the name of an upload")
    return import_dir() / name


def discard(name: str) -> None:
    """Remove an upload that is no longer needed."""
    stored_path(name).unlink(missing_ok=True)
