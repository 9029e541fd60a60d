"""A pretended phone inside the portal: what is sent to it is delivered at once, its files lie in a folder."""

import os
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from ccportal.integrations.whatsapp.client import TooLarge
from ccportal.jobs.outbox import PermanentError
from whatsapp.channels.base import Health
from whatsapp.models import Channel

FOLDER = "simulator"
_PIECE = 65536


class SimulatorDriver:
    """Takes every message, as long as the simulator is on."""

    name = Channel.SIMULATOR
    has_groups = True
    has_window = False
    is_idempotent = True
    delivers_at_once = True

    def send_text(self, to: str, text: str, *, key: str) -> str:
        if not settings.WHATSAPP_SIMULATOR:
            raise PermanentError("The simulator is switched off.")
        return f"sim-{key}"

    def send_template(self, to: str, text: str, *, key: str) -> str:
        return self.send_text(to, text, key=key)

    def send_media(self, to: str, path: Path, mime: str, caption: str, *, key: str) -> str:
        return self.send_text(to, caption, key=key)

    def fetch_media(self, external_id: str, into: BinaryIO, limit: int) -> str:
        path = folder() / external_id
        if not external_id.isalnum() or not path.is_file():
            raise PermanentError("The phone has no such file any more.")
        if path.stat().st_size > limit:
            raise TooLarge
        with path.open("rb") as file:
            shutil.copyfileobj(file, into, _PIECE)
        return ""

    def health(self) -> Health:
        on = bool(settings.WHATSAPP_SIMULATOR)
        return Health(on, "The simulator is on." if on else "The simulator is switched off.")


def folder() -> Path:
    made = Path(settings.MEDIA_ROOT) / FOLDER
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def keep(content: bytes) -> str:
    """Put a file on the pretended phone; its id."""
    name = secrets.token_hex(16)
    with os.fdopen(os.open(folder() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return name
