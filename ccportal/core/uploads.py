"""Files in forms that ask for none."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class NoFiles(FileUploadHandler):
    """Drops every file, and refuses a form that is larger than ``DATA_UPLOAD_MAX_MEMORY_SIZE`` (a 413).

    Django's own handlers would write a file of any size to the disk before the view is asked, for anybody who can
    open the sign-in page. The page that takes a file brings its own handler (``ccportal.acdb.uploads``).
    """

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        if content_length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("A form with a file where none is asked for.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None
