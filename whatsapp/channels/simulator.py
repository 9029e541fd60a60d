"""A pretended phone inside the portal: what is sent to it is delivered at once, its files lie in a folder."""

from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from ccportal.jobs.outbox import PermanentError
from whatsapp.channels.base import Health
from whatsapp.channels.files import Shelf
from whatsapp.models import Channel

#: Files on the pretended phone.
shelf = Shelf("simulator")


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
        shelf.copy(external_id, into, limit)
        return ""

    def health(self) -> Health:
        on = bool(settings.WHATSAPP_SIMULATOR)
        return Health(on, "The simulator is on." if on else "The simulator is switched off.")
