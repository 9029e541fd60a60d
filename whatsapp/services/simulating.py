"""Plays a phone: what is typed on the simulator's page comes in like a message of any other channel."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from ccportal.core.errors import InvalidInput, NotFound
from ccportal.core.phones import parse_stored
from customers.models import DirectoryPhone
from customers.search import suggestions
from whatsapp.channels import simulator
from whatsapp.channels.base import GROUP_KEY, InboundEvent, MediaRef, StatusEvent
from whatsapp.channels.kinds import family, recognise
from whatsapp.models import Channel, Contact, Direction, Message, MessageKind, MessageState, Technician
from whatsapp.services import intake, sending
from whatsapp.services.identification import people_with_phone
from whatsapp.services.messages import GROUP_NAME, international

LATEST = 60
MOST_PEOPLE = 12


@dataclass(frozen=True)
class Player:
    """Somebody to play: the contact's key, and what is known of them."""

    key: str
    name: str
    about: str

    @property
    def is_group(self) -> bool:
        return self.key == GROUP_KEY


GROUP = Player(GROUP_KEY, GROUP_NAME, "reads what technicians are told")


def check_on() -> None:
    """Raise ``NotFound`` where the simulator is switched off."""
    if not settings.WHATSAPP_SIMULATOR:
        raise NotFound("The simulator is switched off in this installation (WHATSAPP_SIMULATOR).")


def player_for(typed: str) -> Player:
    """Who is meant: a phone number in any spelling becomes international digits, anything else is a privacy id."""
    typed = " ".join(typed.split())[:100]
    if typed == GROUP_KEY:
        return GROUP
    digits = sum(map(str.isdecimal, typed))
    if digits >= 8 and not any(map(str.isalpha, typed)):
        return _known(international(typed))
    return Player(typed, "Somebody who hides the number", "privacy id")


def _known(phone: str) -> Player:
    technician = Technician.objects.filter(phone=phone).first()
    if technician is not None:
        return Player(phone, technician.name, "technician")
    people = people_with_phone(phone)
    if len(people) == 1:
        return Player(phone, people[0].name, people[0].account or people[0].site_code)
    return Player(phone, f"+{phone}", f"phone of {len(people)} customers" if people else "nobody knows this number")


def find(text: str) -> list[Player]:
    """Customers of the directory with a phone, to play one of them."""
    found = []
    for customer in suggestions(text, MOST_PEOPLE):
        row = DirectoryPhone.objects.filter(customer_number=customer.number).order_by("pk").first()
        phone = parse_stored(row.digits) if row else None
        if phone is not None and phone.e164:
            about = ", ".join(filter(None, [customer.accounts, customer.village or customer.site]))
            found.append(Player(phone.e164.lstrip("+"), customer.name, about))
    return found


def recent() -> list[Player]:
    """Those played lately."""
    played = Contact.objects.filter(channel=Channel.SIMULATOR, last_inbound_at__isnull=False)
    contacts = played.exclude(key=GROUP_KEY).exclude(phone__in=Technician.objects.values("phone"))
    return [
        Player(contact.key, contact.name or (f"+{contact.key}" if contact.phone else contact.key), _about(contact))
        for contact in contacts.order_by("-last_inbound_at")[:MOST_PEOPLE]
    ]


def _about(contact: Contact) -> str:
    return contact.account_number or contact.site_code or ("phone" if contact.phone else "privacy id")


def technicians() -> list[Player]:
    active = Technician.objects.filter(is_active=True)[:MOST_PEOPLE]
    return [Player(technician.phone, technician.name, "technician") for technician in active]


def messages_of(key: str) -> list[Message]:
    """The newest messages of a phone, in the order in which they were written."""
    found = Message.objects.filter(contact__channel=Channel.SIMULATOR, contact__key=key).prefetch_related("media")
    return list(reversed(found.order_by("-pk")[:LATEST]))


def mark_of(messages: Sequence[Message]) -> str:
    """Changes whenever something on the phone's screen does."""
    shown = [(message.pk, message.state, *(file.state for file in message.media.all())) for message in messages]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def write(player: Player, *, text: str, file: bytes = b"", place: tuple[float, float] | None = None) -> None:
    """Send from the phone, and have read what was on it."""
    if player.is_group:
        raise InvalidInput("The group only reads here.")
    kind, media = MessageKind.TEXT, list[MediaRef]()
    details: dict[str, Any] = {}
    if file:
        kind, media = _file(file)
    elif place is not None:
        kind = MessageKind.LOCATION
        details = {"location": {"latitude": place[0], "longitude": place[1]}}
    elif not text.strip():
        raise InvalidInput("Write something, or choose a file or a place.", field="text")
    _read_all(player)
    name = player.name if not player.name.startswith(("+", "Somebody")) else ""
    event = InboundEvent(
        channel=Channel.SIMULATOR,
        message_id=f"sim-in-{secrets.token_hex(12)}",
        contact_key=player.key,
        phone=player.key if player.key.isdecimal() else "",
        name=name,
        kind=kind,
        text=text,
        media=media,
        at=timezone.now(),
        details=details,
    )
    intake.store([event])


def _file(content: bytes) -> tuple[MessageKind, list[MediaRef]]:
    """A file on the phone; of what kind it claims to be is left to whoever fetches it."""
    mime = recognise(content[:64])
    kinds = {"image": MessageKind.IMAGE, "sound": MessageKind.AUDIO}
    return kinds.get(family(mime), MessageKind.DOCUMENT), [MediaRef(simulator.shelf.keep(content), mime, len(content))]


def _read_all(player: Player) -> None:
    """Somebody who writes has seen what was written to them."""
    seen = Message.objects.filter(
        contact__channel=Channel.SIMULATOR,
        contact__key=player.key,
        direction=Direction.OUT,
        state=MessageState.DELIVERED,
    )
    now = timezone.now()
    ids = list(seen.values_list("external_id", flat=True)[:LATEST])
    sending.record([StatusEvent(Channel.SIMULATOR, external_id, MessageState.READ, now) for external_id in ids])
