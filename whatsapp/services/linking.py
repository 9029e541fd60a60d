"""Holds the linked device: connects, reconnects, stores what comes in and sends what waits.

Runs in a program of its own. Everything that knows neonize is behind ``Device``, so that a scripted double takes its
place in tests; the rest of the portal sees only rows.
"""

import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from random import uniform
from typing import Any, Protocol

from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone

from ccportal.core.errors import InvalidInput
from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from ccportal.jobs.outbox import PermanentError, TransientError, Uncertain
from whatsapp.channels.base import GROUP_KEY, InboundEvent, MediaRef, StatusEvent
from whatsapp.channels.linked import COMMAND, LINK
from whatsapp.models import Channel, Link, Message, MessageKind, MessageState
from whatsapp.services import intake, sending
from whatsapp.services.messages import international

logger = logging.getLogger(__name__)
KIND = "whatsapp.linked"
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
HEARTBEAT = 10.0
TICK = 0.5


@dataclass(frozen=True)
class Happened:
    """Something the device reports: qr, code, connected, disconnected, logged_out, banned, or receipt."""

    what: str
    text: str = ""
    message_id: str = ""


class Device(Protocol):
    """A linked WhatsApp device. Events come on threads of its own."""

    def connect(self, on_event: Callable[[Happened], None], on_message: Callable[[InboundEvent], None]) -> None:
        """Begin to connect, with the kept session or a new pairing; returns at once."""
        ...

    def pair(self, phone: str) -> str:
        """The code to type on the phone instead of scanning."""
        ...

    def send_text(self, to: str, text: str) -> str:
        """The id of the message. ``ConnectionError`` when nothing was sent, ``TimeoutError`` when that is not known."""
        ...

    def send_file(self, to: str, path: Path, mime: str, caption: str) -> str:
        """The same for a photo or a document."""
        ...

    def groups(self) -> list[tuple[str, str]]:
        """Id and subject of each group."""
        ...

    def logout(self) -> None: ...

    def disconnect(self) -> None: ...


class Spool:
    """Messages on their way from the device to the database, as files: a crash in between loses none."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder

    def put(self, event: InboundEvent) -> None:
        """Write a message down before the device may forget it."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        draft = self.folder / f"{name}.part"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump({**asdict(event), "at": event.at.isoformat()}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.folder / f"{name}.json")

    def store(self) -> int:
        """Store all that lies here, oldest first; the number of messages."""
        files = sorted(self.folder.glob("*.json"))
        for file in files:
            intake.store([_read(file)])
            file.unlink()
        return len(files)


def _read(file: Path) -> InboundEvent:
    found = json.loads(file.read_text(encoding="utf-8"))
    media = [MediaRef(**item) for item in found.pop("media")]
    found |= {"channel": Channel(found["channel"]), "kind": MessageKind(found["kind"])}
    return InboundEvent(**{**found, "at": datetime.fromisoformat(found["at"]), "media": media})


class Runner:
    """The program's loop; ``tick`` does once what ``run`` does for ever."""

    def __init__(self, device: Device, spool: Spool, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.device, self.spool, self.clock = device, spool, clock
        self.events: SimpleQueue[Happened] = SimpleQueue()
        self.state = "idle"
        self.details: dict[str, Any] = {}
        self.pause = FIRST_PAUSE
        self.connect_at: float | None = None
        self.told_at = float("-inf")
        self.command_seen = ""
        self.group = ""

    def run(self, stopped: Callable[[], bool]) -> None:
        """Hold the link until asked to stop. A database that is down is waited for."""
        self.begin()
        while not stopped():
            try:
                self.tick()
            except DatabaseError as error:
                logger.warning("the database does not answer: %s", type(error).__name__)
                close_old_connections()
            time.sleep(TICK)
        self.device.disconnect()
        self._tell("off")

    def begin(self) -> None:
        """Connect with the kept session, if pairing was ever agreed to."""
        agreed = Link.objects.filter(name=COMMAND).first()
        self.command_seen = str(agreed.details.get("id", "")) if agreed else ""
        if agreed is not None and agreed.state == "link":
            self._connect()

    def tick(self) -> None:
        self._obey()
        while True:
            try:
                self._happened(self.events.get_nowait())
            except Empty:
                break
        if self.connect_at is not None and self.clock() >= self.connect_at:
            self._connect()
        self.spool.store()
        if self.state == "connected":
            outbox.send_due(KIND)
        if self.clock() - self.told_at > HEARTBEAT:
            self._tell(self.state)

    # ------------------------------------------------------------ orders from the portal
    def _obey(self) -> None:
        order = Link.objects.filter(name=COMMAND).first()
        if order is None or str(order.details.get("id", "")) == self.command_seen:
            return
        self.command_seen = str(order.details.get("id", ""))
        if order.state == "unlink":
            self.device.logout()
            self.connect_at = None
            self.details = {}
            self._tell("idle")
        elif order.state == "link":
            self._connect()
            if phone := order.details.get("phone"):
                self.events.put(Happened("code", self.device.pair(str(phone))))

    def _connect(self) -> None:
        self.connect_at = None
        self.device.connect(self.events.put, self.spool.put)
        if self.state != "disconnected":
            self._tell("pairing" if self.state != "connected" else self.state)

    # ------------------------------------------------------------ news from the device
    def _happened(self, event: Happened) -> None:
        if event.what in ("qr", "code"):
            self.details = {**self.details, event.what: event.text}
            self._tell("pairing")
        elif event.what == "connected":
            self.pause = FIRST_PAUSE
            self.group = self._find_group()
            self.details = {"phone": event.text, "group": bool(self.group), "since": timezone.now().isoformat()}
            self._tell("connected")
        elif event.what == "disconnected":
            self._again("disconnected")
        elif event.what == "banned":
            self.details = {"until": event.text}
            self.pause = LONGEST_PAUSE
            self._again("banned")
        elif event.what == "logged_out":
            self.details, self.connect_at = {}, None
            self._tell("logged_out")
        elif event.what == "receipt":
            state = MessageState(event.text)
            sending.record([StatusEvent(Channel.LINKED, event.message_id, state, timezone.now())])

    def _again(self, state: str) -> None:
        """Connect again later and later, not together with everybody else."""
        if self.connect_at is None:
            self.connect_at = self.clock() + self.pause * uniform(0.75, 1.25)  # noqa: S311 - spreads load
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self._tell(state)

    def _find_group(self) -> str:
        """The id of the group whose subject contains ``WHATSAPP_GROUP``."""
        wanted = settings.WHATSAPP_GROUP.casefold()
        return next((key for key, subject in self.device.groups() if wanted and wanted in subject.casefold()), "")

    def _tell(self, state: str) -> None:
        self.state, self.told_at = state, self.clock()
        Link.objects.update_or_create(name=LINK, defaults={"state": state, "details": self.details})

    # ------------------------------------------------------------ sending
    def send_text(self, to: str, text: str, *, key: str) -> str:
        """Send through the device; the outbox's faults otherwise."""
        if to == GROUP_KEY:
            to = self.group
            if not to:
                raise PermanentError(f"The linked number is in no group called {settings.WHATSAPP_GROUP}.")
        return self._through(lambda: self.device.send_text(to, text))

    def send_media(self, to: str, path: Path, mime: str, caption: str, *, key: str) -> str:
        return self._through(lambda: self.device.send_file(to, path, mime, caption))

    def _through(self, work: Callable[[], str]) -> str:
        try:
            return work()
        except TimeoutError as error:
            raise Uncertain("The linked device gave no answer; it may have been sent") from error
        except ConnectionError as error:
            raise TransientError("The linked device is not connected", retry_after=10) from error

    def send(self, row: OutboxMessage) -> str:
        """The outbox's handler in this program."""
        return sending.send(row, self)  # type: ignore[arg-type]  # sends; fetching and health are the portal's side

    name = Channel.LINKED
    has_groups, has_window, is_idempotent, delivers_at_once = True, False, False, False


def order_link(*, by: str, phone: str, risk_accepted: bool) -> None:
    """Ask the program to link a phone, by QR or, with a number, by a code. The warning must be accepted."""
    if not settings.WHATSAPP_LINKED:
        raise InvalidInput("The linked device is switched off in this installation (WHATSAPP_LINKED).")
    if not risk_accepted:
        raise InvalidInput("Confirm that you have read the warning.", field="risk_accepted")
    digits = international(phone) if phone else ""
    if phone and len(digits) < 8:
        raise InvalidInput("Give the whole number, with the country's code.", field="phone")
    _order("link", {"by": by, "phone": digits, "risk_accepted": True})


def order_unlink(*, by: str) -> None:
    """Ask the program to end the link."""
    _order("unlink", {"by": by})


def _order(state: str, details: dict[str, Any]) -> None:
    with transaction.atomic():
        stamped = {**details, "id": secrets.token_hex(8), "at": timezone.now().isoformat()}
        Link.objects.update_or_create(name=COMMAND, defaults={"state": state, "details": stamped})


def waiting_messages() -> int:
    """How many messages wait for the linked device."""
    return Message.objects.filter(channel=Channel.LINKED, state=MessageState.QUEUED).count()
