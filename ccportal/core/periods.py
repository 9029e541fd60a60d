"""Calendar quarters and months in the meters' zone (semantics 6)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from ccportal.core.errors import InvalidInput

#: Days that can be asked for; the calendar goes on a little on both sides, so that a day or a quarter can be added.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)

_QUARTER = re.compile(r"^\s*(\d{4})[\s-]*Q([1-4])\s*$", re.IGNORECASE)


def meter_zone() -> ZoneInfo:
    """The zone in which ACDB times are written and days and months are counted."""
    return ZoneInfo(settings.ACDB_TIME_ZONE)


def local_now() -> datetime:
    return timezone.now().astimezone(meter_zone())


def local_today() -> date:
    return local_now().date()


def stamp(moment: datetime | None) -> str:
    """A moment as the API and files write it: local, ``YYYY-MM-DD HH:MM:SS``, without zone; empty for none."""
    return moment.astimezone(meter_zone()).strftime("%Y-%m-%d %H:%M:%S").zfill(19) if moment else ""


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month; its text is ``2026-03``."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def __add__(self, months: int) -> "Month":
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def quarter(self) -> "Quarter":
        return Quarter(self.year, (self.month + 2) // 3)


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter; its text is ``2026 Q1`` and sorts correctly."""

    year: int
    quarter: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return Month.of(day).quarter

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """``2026 Q1``, ``2026Q1`` or ``2026-q1``; anything else is ``InvalidInput``."""
        match = _QUARTER.match(text)
        if not match:
            raise InvalidInput(f"{text!r} is not a quarter; write it like 2026 Q1.", field="quarter")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.year:04d} Q{self.quarter}"

    @property
    def months(self) -> tuple[Month, Month, Month]:
        first = Month(self.year, self.quarter * 3 - 2)
        return first, first + 1, first + 2
