"""Readings as people and programs write them, in domain types: no database, one fault per value that does not fit."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from ccportal.core.periods import meter_zone
from omreport.energy.calculations import LONGEST
from omreport.energy.models import Channel

MANUAL, UPLOAD = "manual", "upload"
#: Once: the enumeration makes its list anew each time.
CHANNELS = tuple(Channel.values)
#: More than any site generates in a month, or any register shows.
MOST_KWH = Decimal(10_000_000)
MOST_COUNTED = Decimal(10**11)
_FOUR_PLACES = Decimal("0.0001")
#: Clocks of loggers may be a little fast.
_FAST_CLOCK = timedelta(minutes=15)
_EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,2})?", re.ASCII)
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """One reading as given: an interval, or with ``end`` None the value of a counter at ``start``.

    ``place`` is the row of a file or the index in a list.
    """

    place: int
    site: str
    channel: str
    source: str
    start: datetime
    end: datetime | None
    value: Decimal

    @property
    def is_counter(self) -> bool:
        return self.end is None

    @property
    def stream(self) -> tuple[str, str]:
        return self.site, self.channel


@dataclass(frozen=True)
class Fault:
    """Why a reading is refused: where, and what to do. ``conflict`` when what is stored says otherwise."""

    place: int
    field: str
    message: str
    conflict: bool = False


class Unfit(ValueError):
    """A value that does not fit; the text is the sentence for people."""


@dataclass(frozen=True)
class Reader:
    """Turns values by name (``site``, ``channel``, ``start``, ``end``, ``kwh`` or ``at``, ``value``) into entries.

    ``source`` is taken where a row names none; ``decimal_comma`` allows 12,5.
    """

    sites: Collection[str]
    now: datetime
    source: str
    decimal_comma: bool = False

    def entry(self, place: int, raw: Mapping[str, Any], *, counter: bool) -> Entry | list[Fault]:
        """The entry, or every fault of the row."""
        names = (
            ("site", "channel", "source", "at", "value")
            if counter
            else ("site", "channel", "source", "start", "end", "kwh")
        )
        found: dict[str, Any] = {}
        faults = []
        for name in names:
            try:
                found[name] = self._value(name, raw.get(name))
            except Unfit as error:
                faults.append(Fault(place, name, str(error)))
        if not faults and not counter:
            faults = _span_faults(place, found["start"], found["end"])
        if faults:
            return faults
        start, end = (found["at"], None) if counter else (found["start"], found["end"])
        value = found["value" if counter else "kwh"]
        return Entry(place, found["site"], found["channel"], found["source"], start, end, value)

    def _value(self, name: str, given: Any) -> Any:
        if name == "site":
            return site_in(given, self.sites)
        if name == "channel":
            return channel_of(given)
        if name == "source":
            return source_of(given, self.source)
        if name in ("kwh", "value"):
            return energy_of(given, MOST_KWH if name == "kwh" else MOST_COUNTED, decimal_comma=self.decimal_comma)
        return moment_of(given, self.now)


def site_in(given: Any, sites: Collection[str]) -> str:
    """A known site's code; ``Unfit`` names the ones there are."""
    code = str(given or "").strip().upper()
    if code not in sites:
        what = f"There is no site {_shown(given)}" if code else "The site is missing"
        raise Unfit(f"{what}; use one of {', '.join(sorted(sites))}.")
    return code


def channel_of(given: Any) -> str:
    """A channel by its name or label: ``battery_charge`` or ``Battery charge``."""
    name = re.sub(r"[\s-]+", "_", str(given or "").strip().lower())
    if name not in CHANNELS:
        what = f"There is no channel {_shown(given)}" if name else "The channel is missing"
        raise Unfit(f"{what}; use one of {', '.join(CHANNELS)}.")
    return name


def source_of(given: Any, default: str) -> str:
    """A logger's name; the default when none is given."""
    name = str(given or "").strip() or default
    if not _SOURCE.fullmatch(name):
        raise Unfit(f"{_shown(given)} is not a source; use up to 40 letters, digits, dots, hyphens and underscores.")
    return name


def energy_of(given: Any, most: Decimal, *, decimal_comma: bool = False) -> Decimal:
    """kWh with four decimals, from 0 to ``most``.

    >>> energy_of("12,5", MOST_KWH, decimal_comma=True)
    Decimal('12.5000')
    """
    if isinstance(given, bool) or given is None or str(given).strip() == "":
        raise Unfit("The energy is missing; give a number of kWh, 0 for none.")
    text = str(given).strip()
    if decimal_comma and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if "," in text:
        raise Unfit(
            f"{_shown(given)} has a comma; write the number with a decimal point and nothing between thousands."
        )
    if not _NUMBER.fullmatch(text):
        raise Unfit(f"{_shown(given)} is not a number of kWh; give digits and a decimal point only.")
    try:
        value = Decimal(text)
        if value < 0:
            raise Unfit(
                f"{_shown(given)} is negative; energy counts from 0 in each channel, and what flows back has its own."
            )
        if value > most:
            raise Unfit(f"{_shown(given)} is more than {most:,} kWh; is it in Wh? Divide by 1,000.")
        return value.quantize(_FOUR_PLACES, ROUND_HALF_UP)
    except InvalidOperation:
        raise Unfit(f"{_shown(given)} is not a number of kWh that can be stored.") from None


def moment_of(given: Any, now: datetime) -> datetime:
    """An aware time; what has no offset is local time of the meters. Not before 2010 and not in the future."""
    if isinstance(given, datetime):
        moment = given
    elif isinstance(given, date):
        moment = datetime(given.year, given.month, given.day)  # noqa: DTZ001 - gets its zone below
    else:
        text = str(given or "").strip()
        if not text:
            raise Unfit("The time is missing; write it like 2026-03-01 14:00.")
        if not _TIME.fullmatch(text):
            raise Unfit(f"{_shown(given)} is not a time; write it like 2026-03-01 14:00.")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Unfit(f"{_shown(given)} is not a time of the calendar; write it like 2026-03-01 14:00.") from None
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=meter_zone())).astimezone(UTC)
    except OverflowError:
        raise Unfit(f"{_shown(given)} is out of the calendar.") from None
    if moment < _EARLIEST:
        raise Unfit(f"{_shown(given)} is before 2010; check the year and the clock of the logger.")
    if moment > now + _FAST_CLOCK:
        raise Unfit(f"{_shown(given)} is in the future; check the date and the clock of the logger.")
    return moment.replace(microsecond=0)


def _span_faults(place: int, start: datetime, end: datetime) -> list[Fault]:
    if end <= start:
        return [Fault(place, "end", "The end is not after the start; check the two times.")]
    if end - start > LONGEST:
        return [Fault(place, "end", "The interval is longer than 31 days; give shorter ones.")]
    return []


def _shown(given: Any) -> str:
    """A wrong value as part of a sentence, shortened."""
    text = str(given)
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"
