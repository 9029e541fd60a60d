"""What other rates would have brought in: twelve months of purchases, charged anew (docs/algorithms/tariffs.md).

Values in, values out. Energy is kWh bought, reversals taken off; money is in the installation's currency.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from math import ceil

from tariffs.calculations import CONCESSION, CUSTOMER, ResolvedRate

ZERO = Decimal(0)
MONTHS = 12
TOP = 10
#: Bars on each side of "no change" in the distribution.
_BARS = 4
#: A difference smaller than a hundredth of the currency over a year is none.
_SAME = Decimal("0.005")


@dataclass(frozen=True)
class Purchases:
    """What an account bought in the window; ``paid`` is the money that was really paid, at the rates of then."""

    account: str
    customer: int | None
    name: str
    site: str
    customer_type: str
    kwh: Decimal
    paid: Decimal


@dataclass(frozen=True)
class Proposal:
    """Rates to try; what is not named stays. A type's rate goes before a site's, a site's before everybody's."""

    everybody: Decimal | None = None
    sites: Mapping[str, Decimal] = field(default_factory=dict)
    types: Mapping[str, Decimal] = field(default_factory=dict)
    elasticity: Decimal = ZERO

    def rate_for(self, present: ResolvedRate, site: str, customer_type: str) -> Decimal:
        """The rate an account would pay; a rate of the customer's own stays."""
        if present.source == CUSTOMER:
            return present.rate
        if customer_type in self.types:
            return self.types[customer_type]
        if site in self.sites:
            return self.sites[site]
        if present.source == CONCESSION or self.everybody is None:
            return present.rate
        return self.everybody


@dataclass(frozen=True)
class Line:
    """One account: the same energy at both rates, and what to expect when use reacts to the price."""

    purchases: Purchases
    present_rate: Decimal
    proposed_rate: Decimal
    present: Decimal
    proposed: Decimal
    expected_kwh: Decimal
    expected: Decimal

    @property
    def change(self) -> Decimal:
        """What the account would pay more (or, below 0, less) in the window for the same energy."""
        return self.proposed - self.present

    @property
    def monthly_change(self) -> Decimal:
        return self.change / MONTHS


@dataclass
class Group:
    """Sums over accounts of a site or a type, or of all."""

    name: str
    accounts: int = 0
    paying_more: int = 0
    paying_less: int = 0
    kwh: Decimal = ZERO
    paid: Decimal = ZERO
    present: Decimal = ZERO
    proposed: Decimal = ZERO
    expected_kwh: Decimal = ZERO
    expected: Decimal = ZERO

    def add(self, line: Line) -> None:
        self.accounts += 1
        self.paying_more += line.change > _SAME
        self.paying_less += line.change < -_SAME
        self.kwh += line.purchases.kwh
        self.paid += line.purchases.paid
        self.present += line.present
        self.proposed += line.proposed
        self.expected_kwh += line.expected_kwh
        self.expected += line.expected

    @property
    def unchanged(self) -> int:
        return self.accounts - self.paying_more - self.paying_less

    @property
    def change(self) -> Decimal:
        """Revenue to expect beyond the present rates'."""
        return self.expected - self.present

    @property
    def percent(self) -> Decimal:
        return self.change * 100 / self.present if self.present else ZERO


@dataclass(frozen=True)
class Replay:
    """The result; ``lines`` are accounts that bought energy in the window, by account."""

    lines: Sequence[Line]

    @cached_property
    def total(self) -> Group:
        return _group("All", self.lines)

    @cached_property
    def by_site(self) -> list[Group]:
        return _groups(self.lines, lambda line: line.purchases.site)

    @cached_property
    def by_type(self) -> list[Group]:
        return _groups(self.lines, lambda line: line.purchases.customer_type)

    @cached_property
    def paying_more(self) -> list[Line]:
        """Those whose bill grows most, at most ten."""
        losers = [line for line in self.lines if line.change > _SAME]
        return sorted(losers, key=lambda line: (-line.change, line.purchases.account))[:TOP]

    @cached_property
    def paying_less(self) -> list[Line]:
        winners = [line for line in self.lines if line.change < -_SAME]
        return sorted(winners, key=lambda line: (line.change, line.purchases.account))[:TOP]

    @cached_property
    def distribution(self) -> list[tuple[str, int]]:
        """Accounts by what they would pay more or less a month, in equal steps on both sides of no change."""
        return distribution([line.monthly_change for line in self.lines])


def replay(
    accounts: Iterable[Purchases], rate_of: Callable[[int | None, str], ResolvedRate], wanted: Proposal
) -> Replay:
    """Charge what the accounts bought at the rates in force now and at the proposed ones.

    ``rate_of`` gives the rate in force for a customer number and a site. Accounts that bought nothing are left out.
    """
    return Replay([_line(one, rate_of(one.customer, one.site), wanted) for one in accounts if one.kwh > 0])


def _line(one: Purchases, present: ResolvedRate, wanted: Proposal) -> Line:
    rate = wanted.rate_for(present, one.site, one.customer_type)
    kwh = one.kwh * reaction(present.rate, rate, wanted.elasticity)
    return Line(one, present.rate, rate, one.kwh * present.rate, one.kwh * rate, kwh, kwh * rate)


@lru_cache(maxsize=4096)
def reaction(present: Decimal, proposed: Decimal, elasticity: Decimal) -> Decimal:
    """The factor by which use changes: (proposed / present) to the power of the elasticity.

    >>> reaction(Decimal(5), Decimal(6), Decimal(0))
    Decimal('1')
    """
    if not elasticity or proposed == present or not present:
        return Decimal(1)
    return (proposed / present) ** elasticity


def _group(name: str, lines: Iterable[Line]) -> Group:
    group = Group(name)
    for line in lines:
        group.add(line)
    return group


def _groups(lines: Iterable[Line], key: Callable[[Line], str]) -> list[Group]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[key(line)].append(line)
    return [_group(name, found[name]) for name in sorted(found)]


def step_for(widest: Decimal) -> Decimal:
    """A round step (1, 2 or 5 times a power of ten) so that four of them hold ``widest``.

    >>> step_for(Decimal("37"))
    Decimal('10')
    """
    step = Decimal(1).scaleb(widest.adjusted() - 2)
    while True:
        for factor in (1, 2, 5):
            if step * factor * _BARS >= widest:
                return (step * factor).normalize() + ZERO
        step *= 10


def distribution(changes: Sequence[Decimal]) -> list[tuple[str, int]]:
    """Label and number for each step of change a month, from least to most.

    Four steps on each side hold nine in ten of those who are touched; whoever is beyond counts in an open one. Steps
    at the ends that nobody is in are left out.
    """
    sizes = sorted(abs(change) for change in changes if abs(change) * MONTHS > _SAME)
    if not sizes:
        return [("no change", len(changes))] if changes else []
    step = step_for(sizes[len(sizes) * 9 // 10 - 1 if len(sizes) > 9 else -1])
    counts: dict[int, int] = defaultdict(int)
    counts[0] = len(changes) - len(sizes)
    for change in changes:
        if abs(change) * MONTHS > _SAME:
            bar = min(ceil(abs(change) / step), _BARS + 1)
            counts[bar if change > 0 else -bar] += 1
    return [(_label(bar, step), counts[bar]) for bar in range(min(counts), max(counts) + 1)]


def _label(bar: int, step: Decimal) -> str:
    if bar == 0:
        return "no change"
    low, high, side = (abs(bar) - 1) * step, abs(bar) * step, "more" if bar > 0 else "less"
    return f"over {low:f} {side}" if abs(bar) > _BARS else f"{low:f} to {high:f} {side}"
