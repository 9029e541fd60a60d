"""Axes that read well: round steps, short labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

#: Differences below this are drawn as none.
SMALLEST = 1e-9
_SUFFIXES = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e4, "k"))


@dataclass(frozen=True)
class Scale:
    """An axis from ``ticks[0]`` to ``ticks[-1]``."""

    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end; values outside go to the nearer end."""
        low, high = self.ticks[0], self.ticks[-1]
        return min(max((value - low) / (high - low), 0.0), 1.0)

    @property
    def labels(self) -> tuple[str, ...]:
        """The ticks as texts with one suffix for all: ``0, 50k, 100k``."""
        largest = max(abs(self.ticks[0]), abs(self.ticks[-1]))
        if largest >= 1e15:
            return tuple("0" if tick == 0 else f"{tick:.1e}" for tick in self.ticks)
        divisor, suffix = next(((size, text) for size, text in _SUFFIXES if largest >= size), (1.0, ""))
        if suffix == "k":
            divisor = 1e3
        places = _places((self.ticks[1] - self.ticks[0]) / divisor)
        return tuple("0" if tick == 0 else f"{tick / divisor:,.{places}f}{suffix}" for tick in self.ticks)


def scale_for(values: Sequence[float], *, from_zero: bool = True, whole: bool = False, steps: int = 4) -> Scale:
    """The axis that holds all values in about ``steps`` round steps.

    >>> scale_for([3, 87]).ticks
    (0.0, 25.0, 50.0, 75.0, 100.0)
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    # Below the precision of the numbers there is nothing to tell apart.
    if high - low < max(SMALLEST, 1e-9 * max(abs(low), abs(high))):
        room = max(1.0, abs(high) * 0.1)
        low, high = (low, low + room) if from_zero or low == 0 else (low - room, high + room)
    step = _round_step((high - low) / steps, whole)
    first, last = floor(low / step + 1e-6), ceil(high / step - 1e-6)
    return Scale(tuple(float(step * k) for k in range(first, max(last, first + 1) + 1)))


def _round_step(rough: float, whole: bool) -> float:
    """The next of 1, 2, 2.5, 5 or 10 times a power of ten; whole numbers from 1 without the 2.5."""
    power = 10.0 ** floor(log10(rough))
    for factor in (1, 2, 5, 10) if whole else (1, 2, 2.5, 5, 10):
        if rough <= factor * power * (1 + 1e-9):
            return max(factor * power, 1.0) if whole else factor * power
    return 10 * power


def _places(step: float) -> int:
    """How many decimals tell the ticks apart."""
    for places in range(10):
        if abs(round(step, places) - step) < step * 1e-6:
            return places
    return 10
