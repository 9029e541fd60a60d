"""Which rate holds for a customer: a customer's own, else the site's, else everybody's (semantics 15).

Values in, values out. Rates are LSL (or the installation's currency) per kWh.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

DEFAULT_RATE = Decimal("5.0")

GLOBAL, CONCESSION, CUSTOMER = "global", "concession", "customer"
#: Most specific first: the first level with a rate in force decides.
LEVELS = (CUSTOMER, CONCESSION, GLOBAL)
_WORDS = {CUSTOMER: "set for this customer", CONCESSION: "set for site", GLOBAL: "the rate for everybody"}


@dataclass(frozen=True)
class DatedRate:
    """A rate from a moment on; ``key`` is a site code or a customer number, empty for everybody's rate."""

    scope: str
    key: str
    rate: Decimal
    effective_from: datetime | None
    order: int = 0
    """Breaks ties between rates of the same moment: the one recorded later wins."""

    def has_come(self, now: datetime) -> bool:
        return self.effective_from is None or self.effective_from <= now


@dataclass(frozen=True)
class CascadeStep:
    """A level that has a rate; not ``in_force`` when its moment is still to come."""

    rate: DatedRate
    in_force: bool


@dataclass(frozen=True)
class ResolvedRate:
    """The rate that holds, where it comes from, and every level that was looked at."""

    rate: Decimal
    source: str
    source_key: str
    effective_from: datetime | None
    cascade: tuple[CascadeStep, ...]
    is_default: bool = False
    """True when no rate could be read at all and 5.0 stands in."""

    @property
    def explanation(self) -> str:
        """The source in words: ``set for site MAK``."""
        if self.is_default:
            return "assumed, because the customer database holds no rate"
        words = _WORDS[self.source]
        return f"{words} {self.source_key}" if self.source == CONCESSION else words


def resolve(
    global_rate: Decimal | None, dated: Iterable[DatedRate], *, customer: str, site: str, now: datetime
) -> ResolvedRate:
    """The rate in force at ``now`` for a customer number and a site code, either of which may be empty.

    Of each level the newest rate whose moment has come counts, so that a rate scheduled for later
    leaves the running one in force until then (D-50). A scheduled rate for everybody takes over
    from ``global_rate``, the one of tblconfig, when its moment comes (D-49).

    >>> resolve(Decimal("6"), [], customer="", site="MAK", now=datetime.min).rate
    Decimal('6')
    """
    wanted = {CUSTOMER: customer, CONCESSION: site.strip().upper(), GLOBAL: ""}
    known = [DatedRate(GLOBAL, "", global_rate, None)] if global_rate is not None else []
    known += [rate for rate in dated if wanted.get(rate.scope) == rate.key]
    levels = [level for level in LEVELS if wanted[level] or level == GLOBAL]
    cascade = tuple(step for level in levels for step in _steps([r for r in known if r.scope == level], now))
    for step in cascade:
        if step.in_force:
            found = step.rate
            return ResolvedRate(found.rate, found.scope, found.key, found.effective_from, cascade)
    return ResolvedRate(DEFAULT_RATE, GLOBAL, "", None, cascade, is_default=True)


def _steps(rates: list[DatedRate], now: datetime) -> list[CascadeStep]:
    """What a level has to show: the rate in force, then those still to come, soonest first."""
    come = [rate for rate in rates if rate.has_come(now)]
    coming = sorted((rate for rate in rates if not rate.has_come(now)), key=_age)
    running = [CascadeStep(max(come, key=_age), True)] if come else []
    return running + [CascadeStep(rate, False) for rate in coming]


def _age(rate: DatedRate) -> tuple[bool, float, int]:
    moment = rate.effective_from
    return moment is not None, moment.timestamp() if moment else 0.0, rate.order
