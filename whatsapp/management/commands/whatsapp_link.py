"""Holds the linked WhatsApp number: ``manage.py whatsapp_link``, one process, until SIGTERM."""

import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ccportal.jobs import outbox
from whatsapp.services import linking


class Command(BaseCommand):
    help = "Hold the linked WhatsApp number: connect it, store what comes in, send what waits for it."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.WHATSAPP_LINKED:
            raise CommandError(
                "The linked device is switched off; docs/operations.md says what WHATSAPP_LINKED=1 risks."
            )
        try:
            from whatsapp.channels.neonize_device import NeonizeDevice
        except ImportError as error:
            raise CommandError(
                "neonize is not installed; `pip install -r requirements-linked.txt` brings it, and libmagic1 is needed."
            ) from error
        stopping = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        folder = settings.VAR_DIR / "whatsapp-link"
        runner = linking.Runner(NeonizeDevice(folder / "session.sqlite3"), linking.Spool(folder / "incoming"))
        outbox.handler(linking.KIND)(runner.send)
        self.stdout.write("The linked device is held here. Link it on the page WhatsApp link.")
        runner.run(stopping.is_set)
