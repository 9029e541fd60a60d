"""The linked device as a channel: an ordinary WhatsApp number, held by the program ``manage.py whatsapp_link``.

The portal and that program speak through the database only. This driver serves the portal's side: it says how the
link is, and hands over files which that program has fetched already.
"""

import os
import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.utils import timezone

from ccportal.integrations.whatsapp.client import TooLarge
from ccportal.jobs.outbox import PermanentError
from whatsapp.channels.base import Health
from whatsapp.models import Channel, Link

LINK = "whatsapp.linked"
COMMAND = "whatsapp.linked.command"
FOLDER = "linked"
#: The program says every few seconds that it lives.
SILENT_AFTER = timedelta(seconds=60)
_PIECE = 65536
WORDS = {
    "off": "The program that holds the link is not running.",
    "idle": "No phone is linked.",
    "pairing": "Waiting for the phone to be linked.",
    "connected": "Connected.",
    "disconnected": "The connection is lost; trying again.",
    "logged_out": "The phone has ended the link.",
    "banned": "WhatsApp has barred this number for a time.",
}


class LinkedDriver:
    """What the portal may do with the linked number. Sending happens in the other program."""

    name = Channel.LINKED
    has_groups = True
    has_window = False
    is_idempotent = False
    delivers_at_once = False

    def send_text(self, to: str, text: str, *, key: str) -> str:
        raise PermanentError("The linked device sends by its own program.")

    def send_template(self, to: str, text: str, *, key: str) -> str:
        return self.send_text(to, text, key=key)

    def send_media(self, to: str, path: Path, mime: str, caption: str, *, key: str) -> str:
        return self.send_text(to, caption, key=key)

    def fetch_media(self, external_id: str, into: BinaryIO, limit: int) -> str:
        path = folder() / external_id
        if not external_id.isalnum() or not path.is_file():
            raise PermanentError("The file was not kept.")
        if path.stat().st_size > limit:
            raise TooLarge
        with path.open("rb") as file:
            shutil.copyfileobj(file, into, _PIECE)
        path.unlink(missing_ok=True)
        return ""

    def health(self) -> Health:
        state, _ = status()
        return Health(state == "connected", WORDS[state])


def folder() -> Path:
    """Files that the linked device has fetched and nobody has taken yet."""
    made = Path(settings.MEDIA_ROOT) / FOLDER
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def keep(content: bytes) -> str:
    """Put a fetched file down; its id."""
    name = secrets.token_hex(16)
    with os.fdopen(os.open(folder() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return name


def status() -> tuple[str, dict[str, Any]]:
    """State (a key of ``WORDS``) and details of the link as the other program wrote them."""
    row = Link.objects.filter(name=LINK).first()
    if row is None or timezone.now() - row.at > SILENT_AFTER or row.state not in WORDS:
        return "off", {}
    return row.state, row.details
