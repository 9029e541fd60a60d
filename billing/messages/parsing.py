"""Understands confirmation messages by the rules of ``rules.toml``; what no rule fits is not understood, never guessed.

Text in, values out: no database and no clock. Money is ``Decimal``, times are aware, in the meters' zone.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from billing.providers import clean_reference, rules_file
from ccportal.core.errors import InvalidInput
from ccportal.core.periods import meter_zone

#: A message is a few SMS long; what is longer is none.
LONGEST = 1000
_BLANKS = re.compile(r"\s+")
_PIECE = re.compile(r"\{([a-z]+)\}")
_DATES = ("%d/%m/%y", "%d/%m/%Y")
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M%p", "%I:%M:%S%p")


class Means(StrEnum):
    """What a message says."""

    PAYMENT = "payment"
    REVERSAL = "reversal"
    FAILED = "failed"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Understood:
    """What was read. ``problem`` says why nothing was; fields that the message does not have are empty or None."""

    means: Means
    rule: str = ""
    provider: str = ""
    trusted: bool = False
    reference: str = ""
    amount: Decimal | None = None
    account: str = ""
    phone: str = ""
    name: str = ""
    at: datetime | None = None
    currency: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Rule:
    """A form of message: whose it is, what it means, and who must have sent it to be believed."""

    name: str
    provider: str
    means: Means
    trusted: bool
    senders: frozenset[str]
    pattern: re.Pattern[str]


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The rules of the file, compiled; a mistake in the file is an error at once, not a message misread."""
    data = rules_file()
    pieces: dict[str, str] = data["pieces"]
    return tuple(
        Rule(
            name=entry["name"],
            provider=entry["provider"],
            means=Means(entry["means"]),
            trusted=entry["trust"] == "provider",
            senders=frozenset(entry.get("senders", ())),
            pattern=re.compile(_PIECE.sub(lambda match: pieces[match[1]], entry["pattern"]), re.IGNORECASE),
        )
        for entry in data["rule"]
    )


def plain(text: str) -> str:
    """A message with single blanks and plain characters, as the patterns expect it."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text).replace("’", "'")).strip()


def understand(text: str, sender: str | None = None) -> Understood:
    """What a message says. ``sender`` is who sent the SMS, None for a message that staff typed in.

    Rules that fit must agree in all fields; where they do not, the message is not understood.
    """
    if len(text) > LONGEST:
        return Understood(Means.UNKNOWN, problem="The message is longer than any confirmation.")
    message = plain(text)
    readings = _distinct(_reading(rule, match) for rule in rules() if (match := rule.pattern.fullmatch(message)))
    if not readings:
        return Understood(Means.UNKNOWN, problem="No rule understands this message.")
    if len(readings) > 1:
        return Understood(Means.UNKNOWN, problem="The message can be read in two ways.")
    return _from_sender(readings[0], sender)


def _distinct(readings: Iterable[Understood]) -> list[Understood]:
    """One reading for each meaning: two rules that read the same count once."""
    return list({replace(reading, rule=""): reading for reading in readings}.values())


def _from_sender(reading: Understood, sender: str | None) -> Understood:
    if sender is None or not reading.trusted:
        return reading
    senders = next(rule.senders for rule in rules() if rule.name == reading.rule)
    # Exactly: a sender that only looks like the provider's ("M PESA", another alphabet) can be had by anybody.
    if not senders or sender.strip().upper() in senders:
        return reading
    return replace(reading, trusted=False, problem="The message was not sent by the provider.")


def _reading(rule: Rule, match: re.Match[str]) -> Understood:
    found = {name: (value or "").strip() for name, value in match.groupdict().items()}
    try:
        at = _moment(found.get("date", ""), found.get("time", ""))
        amount = number_of(found["amount"]) if found.get("amount") else None
        reference = clean_reference(found["reference"]) if found.get("reference") else ""
    except (ValueError, InvalidInput):
        return Understood(Means.UNKNOWN, rule.name, problem="Date or number in the message cannot be right.")
    return Understood(
        means=rule.means,
        rule=rule.name,
        provider=rule.provider,
        trusted=rule.trusted,
        reference=reference,
        amount=amount,
        account=found.get("account", "").strip(" -").upper(),
        phone=found.get("phone", ""),
        name=found.get("name", "").strip(" ,"),
        at=at,
    )


def number_of(text: str) -> Decimal:
    """An amount as the pattern caught it: commas between thousands, a point before the decimals.

    >>> number_of("1,250.5")
    Decimal('1250.5')
    """
    return Decimal(text.replace(",", ""))


def _moment(day: str, clock: str) -> datetime | None:
    """Local time of ``21/11/26`` and ``2:05 PM``; None without a date. ``ValueError`` for a day that does not exist."""
    if not day:
        return None
    day, clock = re.sub("[.-]", "/", day), clock.replace(" ", "").upper() or "0:00"
    for date_form in _DATES:
        for time_form in _TIMES:
            try:
                return datetime.strptime(f"{day} {clock}", f"{date_form} {time_form}").replace(tzinfo=meter_zone())
            except ValueError:
                continue
    raise ValueError("no such time")
