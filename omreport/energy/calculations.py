"""Energy of intervals and counters: values in, values out (docs/algorithms/energy_balance.md).

Energies are kWh, never negative; times are aware; spans of time are whole seconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

ZERO = Decimal(0)
#: An interval no longer than this says something about a day; 25 hours where clocks are turned back.
DAY = timedelta(hours=25)
#: Longer intervals are refused, and longer gaps between two values of a counter stay gaps.
LONGEST = timedelta(days=31)
#: Without a stated size, a register is taken to roll over from above 99 % of a power of ten to below 1 % of it.
_LEAST_REGISTER = Decimal(10_000)
_NEAR_END, _NEAR_START = Decimal("0.99"), Decimal("0.01")


@dataclass(frozen=True, order=True)
class Interval:
    """Energy between two moments; ``restarted`` when it comes from a counter that fell."""

    start: datetime
    end: datetime
    kwh: Decimal
    restarted: bool = False

    @property
    def seconds(self) -> int:
        return int((self.end - self.start).total_seconds())

    def part(self, start: datetime, end: datetime) -> Decimal:
        """The energy of a part of the interval, by its share of the time."""
        return self.kwh * int((end - start).total_seconds()) / self.seconds


# ---------------------------------------------------------------- counters


def register_size(before: Decimal, after: Decimal, stated: Decimal | None = None) -> Decimal | None:
    """Where a register that fell from ``before`` to ``after`` rolled over; None when it rather restarted.

    >>> register_size(Decimal("99990"), Decimal("15"))
    Decimal('100000')
    >>> register_size(Decimal("51234"), Decimal("15")) is None
    True
    """
    size = stated or _next_power(before)
    if size < _LEAST_REGISTER and stated is None:
        return None
    return size if size * _NEAR_END <= before <= size and after <= size * _NEAR_START else None


def _next_power(value: Decimal) -> Decimal:
    return Decimal(10) ** max(value.adjusted() + 1, 0)


def counted(before: Decimal, after: Decimal, stated: Decimal | None = None) -> tuple[Decimal, bool]:
    """The energy between two values of a counter, and whether it restarted from 0 in between.

    What a counter that restarted had counted after ``before`` is lost: only what it shows now is certain.
    """
    if after >= before:
        return after - before, False
    size = register_size(before, after, stated)
    return (size - before + after, False) if size else (after, True)


def differences(values: Iterable[tuple[datetime, Decimal]], stated: Decimal | None = None) -> list[Interval]:
    """Intervals between values of one counter, in the order of time; gaps longer than ``LONGEST`` stay gaps."""
    ordered = sorted(values)
    found = []
    for (start, before), (end, after) in pairwise(ordered):
        if start < end <= start + LONGEST:
            found.append(Interval(start, end, *counted(before, after, stated)))
    return found


# ---------------------------------------------------------------- several sources


@dataclass(frozen=True)
class Piece:
    """A part of an interval that counts; ``fine`` when the whole interval is no longer than a day."""

    start: datetime
    end: datetime
    kwh: Decimal
    fine: bool
    restarted: bool = False


def merged(sources: Iterable[Iterable[Interval]]) -> list[Piece]:
    """What the sources together say, the best first: each adds only the time that none before it covers."""
    covered: list[tuple[datetime, datetime]] = []
    pieces: list[Piece] = []
    for intervals in sources:
        fresh = [piece for interval in sorted(intervals) for piece in _uncovered(interval, covered)]
        covered = sorted([*covered, *((piece.start, piece.end) for piece in fresh)])
        pieces += fresh
    return sorted(pieces, key=lambda piece: piece.start)


def _uncovered(interval: Interval, covered: Sequence[tuple[datetime, datetime]]) -> Iterator[Piece]:
    """The parts of an interval outside spans that are sorted and do not overlap."""
    at = interval.start
    index = max(bisect_right(covered, (at, at)) - 1, 0)
    while at < interval.end:
        while index < len(covered) and covered[index][1] <= at:
            index += 1
        start, end = covered[index] if index < len(covered) else (interval.end, interval.end)
        stop = min(start, interval.end)
        if at < stop:
            yield Piece(at, stop, interval.part(at, stop), interval.end - interval.start <= DAY, interval.restarted)
        at = max(end, stop)


@dataclass
class DaySum:
    """Energy and covered seconds of a day; ``fine_…`` only from intervals no longer than a day."""

    kwh: Decimal = ZERO
    seconds: int = 0
    fine_kwh: Decimal = ZERO
    fine_seconds: int = 0
    restarts: int = 0


def by_day(pieces: Iterable[Piece], zone: ZoneInfo) -> dict[date, DaySum]:
    """Pieces cut at local midnights and added up."""
    found: dict[date, DaySum] = {}
    for piece in pieces:
        whole = int((piece.end - piece.start).total_seconds())
        for day, seconds in _days(piece.start, piece.end, zone):
            total = found.setdefault(day, DaySum())
            kwh = piece.kwh * seconds / whole
            total.kwh += kwh
            total.seconds += seconds
            if piece.fine:
                total.fine_kwh += kwh
                total.fine_seconds += seconds
        found[day].restarts += piece.restarted
    return found


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, int]]:
    """The local days of a span with the seconds in each."""
    at = start
    while at < end:
        day = at.astimezone(zone).date()
        stop = min(midnight(day + timedelta(days=1), zone), end)
        yield day, int((stop - at).total_seconds())
        at = stop


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a local day begins, in UTC, so that differences count real hours."""
    return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC"))


# ---------------------------------------------------------------- bands


def usual(values: Sequence[Decimal], least: int) -> Decimal | None:
    """The median of a site's own days; None with fewer than ``least`` of them."""
    return median(values) if len(values) >= max(least, 1) else None


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """How many per cent of ``whole``; None of nothing."""
    return part * 100 / whole if whole else None
