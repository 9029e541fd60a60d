"""What the Cloud API's webhook delivers, as events. Messages of unknown kinds are kept as "other", never dropped."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from whatsapp.channels.base import InboundEvent, MediaRef, StatusEvent
from whatsapp.channels.text import clean_line
from whatsapp.models import Channel, MessageKind, MessageState

#: The vendor's type -> ours, for messages that carry a file.
_FILES = {
    "image": MessageKind.IMAGE,
    "sticker": MessageKind.IMAGE,
    "audio": MessageKind.AUDIO,
    "voice": MessageKind.AUDIO,
    "video": MessageKind.VIDEO,
    "document": MessageKind.DOCUMENT,
}
_STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.READ,
    "failed": MessageState.FAILED,
}
Json = dict[str, Any]


def events(payload: Any) -> tuple[list[InboundEvent], list[StatusEvent]]:
    """Messages and statuses of a delivery, which may hold many of both.

    A part that is not as agreed is left out; nothing in it can make the rest fail.
    """
    messages: list[InboundEvent] = []
    statuses: list[StatusEvent] = []
    for value in _values(payload):
        people = {
            str(person.get("wa_id") or person.get("user_id") or ""): person for person in _list(value, "contacts")
        }
        messages += [event for item in _list(value, "messages") if (event := _message(item, people))]
        statuses += [news for item in _list(value, "statuses") if (news := _status(item))]
    return messages, statuses


def _values(payload: Any) -> Iterator[Json]:
    if not isinstance(payload, dict) or payload.get("object") != "whatsapp_business_account":
        return
    for entry in _list(payload, "entry"):
        for change in _list(entry, "changes"):
            if change.get("field") == "messages" and isinstance(change.get("value"), dict):
                yield change["value"]


def _list(holder: Json, name: str) -> list[Json]:
    found = holder.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _message(item: Json, people: dict[str, Json]) -> InboundEvent | None:
    phone = _digits(item.get("from"))
    user = _text(item, "from_user_id") or _text(item, "user_id")
    if not phone and not user:
        # Somebody who hides the number: the only person of this delivery is the one who wrote.
        user = next(iter(people), "") if len(people) == 1 else ""
    message_id = _text(item, "id")
    if not message_id or not (phone or user):
        return None
    person = people.get(phone) or people.get(user) or {}
    kind, text, details, media = _content(item)
    return InboundEvent(
        channel=Channel.CLOUD,
        message_id=message_id,
        contact_key=phone or user,
        phone=phone,
        name=_text(_dict(person, "profile"), "name"),
        kind=kind,
        text=text,
        media=media,
        at=_time(item.get("timestamp")),
        reply_to=_text(_dict(item, "context"), "id"),
        details=details,
    )


def _content(item: Json) -> tuple[MessageKind, str, Json, list[MediaRef]]:
    """Kind, text, details and files of one message."""
    kind = _text(item, "type")
    part = _dict(item, kind)
    if kind == "text":
        return MessageKind.TEXT, _text(part, "body"), {}, []
    if kind in _FILES:
        files = [MediaRef(_text(part, "id"), _text(part, "mime_type"), _integer(part.get("file_size")))]
        details = {"file_name": name[:200]} if (name := _text(part, "filename")) else {}
        return _FILES[kind], _text(part, "caption"), details, files if files[0].external_id else []
    if kind == "location":
        names = {name: _text(part, name)[:200] for name in ("name", "address") if _text(part, name)}
        return MessageKind.LOCATION, "", {"location": {**_position(part), **names}}, []
    if kind == "button":
        return MessageKind.TEXT, _text(part, "text"), {}, []
    if kind == "interactive":
        chosen = _dict(part, "button_reply") or _dict(part, "list_reply")
        return MessageKind.TEXT, _text(chosen, "title"), {}, []
    if kind == "reaction":
        return MessageKind.OTHER, "", {"reaction": _text(part, "emoji")[:20], "to": _text(part, "message_id")[:160]}, []
    return MessageKind.OTHER, "", {"type": kind[:40]}, []


def _position(part: Json) -> Json:
    try:
        north, east = float(part["latitude"]), float(part["longitude"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return {}
    return {"latitude": north, "longitude": east} if abs(north) <= 90 and abs(east) <= 180 else {}


def _status(item: Json) -> StatusEvent | None:
    state = _STATES.get(_text(item, "status"))
    message_id = _text(item, "id")
    if state is None or not message_id:
        return None
    errors = _list(item, "errors")
    said = f"{errors[0].get('code', '')} {_text(errors[0], 'title')}".strip() if errors else ""
    return StatusEvent(
        channel=Channel.CLOUD,
        message_id=message_id,
        state=state,
        at=_time(item.get("timestamp")),
        key=clean_line(_text(item, "biz_opaque_callback_data"), 120),
        error=clean_line(said, 300),
    )


def _dict(holder: Json, name: str) -> Json:
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def _text(holder: Json, name: str) -> str:
    found = holder.get(name)
    return found if isinstance(found, str) else ""


def _digits(value: Any) -> str:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return "".join(c for c in text if c in "0123456789")[:20]


def _integer(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _time(value: Any) -> datetime:
    """Seconds since 1970, as text; our own clock when that is no time."""
    try:
        return datetime.fromtimestamp(int(str(value)[:20]), UTC)
    except (ValueError, OverflowError, OSError):
        return timezone.now()
