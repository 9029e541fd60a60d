"""Files that a channel has brought and nobody has taken yet: a private folder for each channel."""

import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from ccportal.integrations.whatsapp.client import TooLarge
from ccportal.jobs.outbox import PermanentError

_PIECE = 65536
#: Whoever has not taken a file by then never will: the outbox gives up long before.
KEPT_SECONDS = 7 * 86400


@dataclass(frozen=True)
class Shelf:
    """A folder below ``MEDIA_ROOT``; the names in it are drawn here, never given."""

    name: str

    def folder(self) -> Path:
        made = Path(settings.MEDIA_ROOT) / self.name
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
        return made

    def keep(self, content: bytes) -> str:
        """Put a file down; its id."""
        name = secrets.token_hex(16)
        with os.fdopen(os.open(self.folder() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        return name

    def copy(self, external_id: str, into: BinaryIO, limit: int) -> Path:
        """Copy a file and say where it lies; ``PermanentError`` when it is not there, ``TooLarge`` above the limit."""
        path = self.folder() / external_id
        if not external_id.isalnum() or not path.is_file():
            raise PermanentError("The file is not kept any more.")
        if path.stat().st_size > limit:
            raise TooLarge
        with path.open("rb") as file:
            shutil.copyfileobj(file, into, _PIECE)
        return path

    def forget(self, now: float | None = None) -> int:
        """Delete what has lain for too long; the number of files."""
        before = (time.time() if now is None else now) - KEPT_SECONDS
        old = [path for path in self.folder().iterdir() if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)
