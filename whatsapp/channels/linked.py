"""The linked device as a channel: an ordinary WhatsApp number, held by the program ``manage.py whatsapp_link``.

The portal and that program speak through the database only. This driver serves the portal's side: it says how the
link is, and hands over files which that program has fetched already.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.utils import timezone

from ccportal.jobs.outbox import PermanentError
from whatsapp.channels.base import Health
from whatsapp.channels.files import Shelf
from whatsapp.models import Channel, Link

LINK = "whatsapp.linked"
COMMAND = "whatsapp.linked.command"
#: The program says every few seconds that it lives.
SILENT_AFTER = timedelta(seconds=60)
#: Files that the linked device has fetched and nobody has taken yet.
shelf = Shelf("linked")
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
        shelf.copy(external_id, into, limit).unlink(missing_ok=True)
        return ""

    def health(self) -> Health:
        state, _ = status()
        return Health(state == "connected", WORDS[state])


def status() -> tuple[str, dict[str, Any]]:
    """State (a key of ``WORDS``) and details of the link as the other program wrote them."""
    row = Link.objects.filter(name=LINK).first()
    if row is None or timezone.now() - row.at > SILENT_AFTER or row.state not in WORDS:
        return "off", {}
    return row.state, row.details
