"""What every channel can do, and what it delivers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from whatsapp.models import Channel, MessageKind, MessageState

#: Key of the contact that stands for the O&M group on channels with groups.
GROUP_KEY = "group"


@dataclass(frozen=True)
class MediaRef:
    """A file that came with a message and can be fetched; what it says of itself is a claim, not a fact."""

    external_id: str
    mime: str = ""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class InboundEvent:
    """One message, the same for all channels.

    ``contact_key`` is the channel's name for the sender: a phone, a business-scoped or a privacy id; ``phone`` is
    empty unless the channel says the number. ``details`` may hold location (latitude, longitude, name), reaction,
    caption, file name.
    """

    channel: Channel
    message_id: str
    contact_key: str
    at: datetime
    phone: str = ""
    name: str = ""
    kind: MessageKind = MessageKind.TEXT
    text: str = ""
    media: Sequence[MediaRef] = ()
    reply_to: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StatusEvent:
    """What became of a message of ours. ``key`` is the key we gave it, where the channel hands it back."""

    channel: Channel
    message_id: str
    state: MessageState
    at: datetime
    key: str = ""
    error: str = ""


@dataclass(frozen=True)
class Health:
    """Whether a channel can be used now; ``text`` says so to people."""

    ok: bool
    text: str


class ChannelDriver(Protocol):
    """Sends and fetches. Each sending returns the channel's id of the message.

    Faults are those of the outbox: ``TransientError``, ``PermanentError``, and ``Uncertain`` when the message was
    handed over and no answer came. ``key`` is ours, unique, and handed to the vendor where it takes one.
    """

    name: Channel
    #: Whether messages to ``GROUP_KEY`` reach the O&M group.
    has_groups: bool
    #: Whether free text is allowed only within 24 hours of the contact's last message.
    has_window: bool
    #: Whether the same key twice is one message.
    is_idempotent: bool
    #: Whether what was sent has arrived; otherwise the channel reports that later.
    delivers_at_once: bool

    def send_text(self, to: str, text: str, *, key: str) -> str: ...

    def send_template(self, to: str, text: str, *, key: str) -> str: ...

    def send_media(self, to: str, path: Path, mime: str, caption: str, *, key: str) -> str: ...

    def fetch_media(self, external_id: str, into: BinaryIO, limit: int) -> str:
        """Write the file, at most ``limit`` bytes of it; returns the media type that the channel states."""
        ...

    def health(self) -> Health: ...
