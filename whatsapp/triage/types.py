"""What triage is asked and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

CATEGORIES = (
    "no-power",
    "equipment-failure",
    "meter-issue",
    "billing",
    "installation",
    "vegetation",
    "vandalism",
    "complaint",
    "general-inquiry",
)
#: Categories that somebody has to drive out for.
FAULTS = frozenset({"no-power", "equipment-failure", "meter-issue", "vegetation", "vandalism"})

Language = Literal["st", "en", "fr", "mixed"]
Source = Literal["model", "classifier", "rules"]


@dataclass(frozen=True)
class Turn:
    """One message of the conversation so far."""

    who: Literal["customer", "portal", "staff"]
    text: str


@dataclass(frozen=True)
class Known:
    """What the portal knows before it reads the message.

    ``site_code`` is the site of the matched customer (empty: unknown) and always wins. ``sites`` are code and name of
    the sites a message may speak of, ``aliases`` their other names. ``languages`` are those of the replies.
    """

    site_code: str = ""
    customer_known: bool = False
    sites: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    languages: tuple[str, ...] = ("st", "en")


@dataclass(frozen=True)
class Triage:
    """The decision on a message. ``reply`` is empty when the fixed replies shall be used.

    ``power_back``: good news or thanks, and no fault beside. ``greeting``: nothing but a greeting. ``escalation``:
    urgent, repeated, or money lost.
    """

    needs_ticket: bool
    category: str
    priority: str
    site_code: str
    summary: str
    reply: str
    needs_information: bool
    confidence: float
    source: Source
    safety: bool
    language: Language
    power_back: bool = False
    greeting: bool = False
    escalation: bool = False


class Command(StrEnum):
    """What a technician says of a ticket."""

    ACCEPT = "accept"
    DECLINE = "decline"
    ARRIVED = "arrived"
    DONE = "done"


@dataclass(frozen=True)
class Answer:
    """A technician's word, and whatever was written behind it."""

    command: Command
    note: str = ""
