"""Dates as text, read strictly (semantics 6 without D-24 and D-25): what is no date is nothing, never a guess."""

import re
from datetime import date, datetime, timedelta

from ccportal.core.periods import meter_zone, stamp

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?"
    r"\s*(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?",
    re.ASCII,
)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
#: Access holds the years 100 to 9999; nothing in this business is older than its oldest customer.
FIRST_YEAR = 1900


def parse_naive(text: str) -> datetime | None:
    """A local time written like ``2026-11-21 14:05:09``, with a T, without seconds, or as a day alone.

    Fractions of a second are dropped, ``24:00:00`` is the next midnight, a zone is converted to the meters' zone.
    A slashed date is read only when it can mean one day: ``21/11/2026``, not ``03/04/2026``. Else None.

    >>> parse_naive("2026-11-21T14:05")
    datetime.datetime(2026, 11, 21, 14, 5)
    """
    text = text.strip()
    match = _ISO.fullmatch(text)
    if match:
        year, month, day, hour, minute, second, zone = match.groups()
        moment = _moment(int(year), int(month), int(day), hour, minute, second)
        return _from_zone(moment, zone) if moment and zone else moment
    match = _SLASHED.fullmatch(text)
    if not match:
        return None
    first, second_part, year, *clock = match.groups()
    days = {_moment(int(year), *order, *clock) for order in _orders(int(first), int(second_part))} - {None}
    return days.pop() if len(days) == 1 else None


def parse_local(text: str) -> datetime | None:
    """The same, aware and in the meters' zone."""
    naive = parse_naive(text)
    return naive.replace(tzinfo=meter_zone()) if naive else None


def to_local(value: date) -> datetime:
    """A date or time as an aware time in the meters' zone; naive ones are local already."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - gets its zone below
    return value.astimezone(meter_zone()) if value.tzinfo else value.replace(tzinfo=meter_zone())


def local_text(value: date) -> str:
    """A time as the API writes it: local, ``YYYY-MM-DD HH:MM:SS``, without zone."""
    return stamp(to_local(value))


def _orders(first: int, second: int) -> list[tuple[int, int]]:
    """Month and day, in both orders."""
    return [(first, second), (second, first)]


def _moment(
    year: int, month: int, day: int, hour: str | None, minute: str | None, second: str | None
) -> datetime | None:
    clock = int(hour or 0), int(minute or 0), int(second or 0)
    midnight = clock == (24, 0, 0)
    try:
        moment = datetime(year, month, day, *((0, 0, 0) if midnight else clock))  # noqa: DTZ001 - local by definition
        return moment + timedelta(days=1) if midnight else moment
    except (ValueError, OverflowError):
        return None


def _from_zone(moment: datetime, zone: str) -> datetime | None:
    try:
        offset = timedelta(0)
        if zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[-2:])
            offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
        aware = datetime.fromisoformat(f"{moment.isoformat()}+00:00") - offset
        return aware.astimezone(meter_zone()).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
