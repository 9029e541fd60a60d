"""The thin layer between neonize and ``services.linking.Device``: translates, decides nothing.

neonize is installed only where the linked device is used (requirements-linked.txt). It brings a Go runtime, takes over
logging and downloads over its own connections, so nothing but the program ``whatsapp_link`` may import this module.
No test can reach a real WhatsApp account; everything above this module is tested with a double.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from neonize.client import NewClient
from neonize.events import (
    ConnectedEv,
    DisconnectedEv,
    LoggedOutEv,
    MessageEv,
    ReceiptEv,
    TemporaryBanEv,
)
from neonize.exc import NeonizeError
from neonize.utils.jid import Jid2String, build_jid

from whatsapp.channels import linked
from whatsapp.channels.base import InboundEvent, MediaRef
from whatsapp.models import Channel, MessageKind
from whatsapp.services.linking import Happened

logger = logging.getLogger(__name__)
_HIDDEN = "lid"
_FILES = {
    "imageMessage": MessageKind.IMAGE,
    "stickerMessage": MessageKind.IMAGE,
    "audioMessage": MessageKind.AUDIO,
    "videoMessage": MessageKind.VIDEO,
    "documentMessage": MessageKind.DOCUMENT,
}


class NeonizeDevice:
    """One session, kept in a file that only this program's user can read."""

    def __init__(self, session: Path) -> None:
        session.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.session = session
        self.client: Any = None

    def connect(self, on_event: Callable[[Happened], None], on_message: Callable[[InboundEvent], None]) -> None:
        self.disconnect()
        client = NewClient(str(self.session))
        client.event.qr(lambda _, data: on_event(Happened("qr", data.decode())))
        client.event(ConnectedEv)(lambda device, _: on_event(Happened("connected", _own_number(device))))
        client.event(DisconnectedEv)(lambda _, __: on_event(Happened("disconnected")))
        client.event(LoggedOutEv)(lambda _, __: on_event(Happened("logged_out")))
        client.event(TemporaryBanEv)(lambda _, ban: on_event(Happened("banned", str(ban.Expire))))
        client.event(MessageEv)(lambda device, message: self._message(device, message, on_message))
        client.event(ReceiptEv)(lambda _, receipt: _receipts(receipt, on_event))
        self.client = client
        Thread(target=self._hold, args=(client, on_event), daemon=True).start()

    def _hold(self, client: Any, on_event: Callable[[Happened], None]) -> None:
        try:
            client.connect()
        except NeonizeError as error:
            logger.warning("the linked device failed: %s", type(error).__name__)
        on_event(Happened("disconnected"))

    def pair(self, phone: str) -> str:
        return str(self.client.PairPhone(phone, show_push_notification=True))

    def send_text(self, to: str, text: str) -> str:
        return self._sent(lambda: self.client.send_message(_address(to), text))

    def send_file(self, to: str, path: Path, mime: str, caption: str) -> str:
        content = path.read_bytes()
        if mime.startswith("image/"):
            return self._sent(lambda: self.client.send_image(_address(to), content, caption))
        return self._sent(
            lambda: self.client.send_document(_address(to), content, caption, filename="document.pdf", mimetype=mime)
        )

    def _sent(self, work: Callable[[], Any]) -> str:
        if self.client is None or not self.client.is_connected():
            raise ConnectionError
        try:
            return str(work().ID)
        except NeonizeError as error:
            raise TimeoutError from error

    def groups(self) -> list[tuple[str, str]]:
        return [(Jid2String(group.JID), group.GroupName.Name) for group in self.client.get_joined_groups()]

    def logout(self) -> None:
        if self.client is not None:
            self.client.logout()

    def disconnect(self) -> None:
        if self.client is not None:
            self.client.stop()
            self.client = None

    def _message(self, client: Any, message: Any, on_message: Callable[[InboundEvent], None]) -> None:
        source = message.Info.MessageSource
        if source.IsFromMe or source.IsGroup or source.Chat.Server == "broadcast":
            return
        content = message.Message
        kind, part = _part(content)
        hidden = source.Sender.Server == _HIDDEN
        phone = _phone(client, source) if hidden else source.Sender.User
        on_message(
            InboundEvent(
                channel=Channel.LINKED,
                message_id=message.Info.ID,
                contact_key=f"{_HIDDEN}:{source.Sender.User}" if hidden else source.Sender.User,
                phone=phone,
                name=message.Info.Pushname,
                kind=kind,
                text=_words(content, part),
                media=[_file(client, content, part)] if part is not None else [],
                at=datetime.fromtimestamp(_seconds(message.Info.Timestamp), UTC),
                details=_place(content),
            )
        )


def _own_number(client: Any) -> str:
    return str(client.get_me().JID.User)


def _phone(client: Any, source: Any) -> str:
    """The number of somebody who hides it, where WhatsApp lets us know; empty otherwise."""
    if source.SenderAlt.User and source.SenderAlt.Server != _HIDDEN:
        return str(source.SenderAlt.User)
    try:
        return str(client.get_pn_from_lid(source.Sender).User)
    except NeonizeError:
        return ""


def _address(key: str) -> Any:
    """The address of a contact: a number, a hidden id, or a group's whole address."""
    if "@" in key:
        return key
    if key.startswith(f"{_HIDDEN}:"):
        return build_jid(key.partition(":")[2], _HIDDEN)
    return build_jid(key)


def _part(content: Any) -> tuple[MessageKind, Any]:
    """Kind of a message, and its part with a file."""
    for name, kind in _FILES.items():
        if content.HasField(name):
            return kind, getattr(content, name)
    if content.HasField("locationMessage"):
        return MessageKind.LOCATION, None
    text = content.conversation or content.HasField("extendedTextMessage")
    return (MessageKind.TEXT if text else MessageKind.OTHER), None


def _words(content: Any, part: Any) -> str:
    caption = getattr(part, "caption", "") if part is not None else ""
    return str(content.conversation or content.extendedTextMessage.text or caption)


def _place(content: Any) -> dict[str, Any]:
    if not content.HasField("locationMessage"):
        return {}
    place = content.locationMessage
    north, east = place.degreesLatitude, place.degreesLongitude
    if not (abs(north) <= 90 and abs(east) <= 180):  # what is no number is not on earth either
        return {}
    return {"location": {"latitude": north, "longitude": east, "name": place.name}}


def _file(client: Any, content: Any, part: Any) -> MediaRef:
    """Fetch a file at once, because only this connection can; one that is too large is only named."""
    size = int(part.fileLength)
    if size > settings.WHATSAPP_MEDIA_MAX_BYTES:
        return MediaRef("toolarge", part.mimetype, size)
    try:
        found = client.download_any(content)
    except NeonizeError:
        return MediaRef("missing", part.mimetype, size)
    return MediaRef(linked.shelf.keep(found), part.mimetype, len(found))


def _receipts(receipt: Any, on_event: Callable[[Happened], None]) -> None:
    word = {1: "delivered", 4: "read", 6: "read"}.get(int(receipt.Type), "")
    if word:
        for message_id in receipt.MessageIDs:
            on_event(Happened("receipt", word, str(message_id)))


def _seconds(timestamp: int) -> float:
    """The library gives milliseconds."""
    return timestamp / 1000 if timestamp > 10**11 else float(timestamp)
