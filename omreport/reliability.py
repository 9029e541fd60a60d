"""Reliability indices after IEEE 1366: values in, values out (docs/algorithms/reliability.md).

SAIDI is in minutes per customer served, SAIFI in interruptions per customer served, CAIDI in minutes per interruption.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccportal.core.periods import Quarter, meter_zone

#: Shorter interruptions are momentary and count in no index.
MOMENTARY = timedelta(minutes=5)
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True)
class Outage:
    """An interruption of supply; ``end`` None while it lasts, ``customers`` 0 when nobody stated how many it hit."""

    site: str
    start: datetime
    end: datetime | None
    customers: int

    def length(self, now: datetime) -> timedelta:
        """How long it lasted, or has lasted until now."""
        return max((self.end or now) - self.start, timedelta())

    @property
    def quarter(self) -> Quarter:
        """The local quarter in which it began; the whole outage counts there."""
        return Quarter.of(self.start.astimezone(meter_zone()).date())


@dataclass(frozen=True)
class Indices:
    """The indices of a site over a period; None without customers to divide by, CAIDI without interruptions."""

    customers: int
    outages: int
    momentary: int
    unstated: int
    ongoing: int
    interruptions: int
    customer_minutes: float

    @property
    def saidi(self) -> float | None:
        """Minutes without supply of the average customer."""
        return self.customer_minutes / self.customers if self.customers else None

    @property
    def saifi(self) -> float | None:
        """Interruptions of the average customer."""
        return self.interruptions / self.customers if self.customers else None

    @property
    def caidi(self) -> float | None:
        """Minutes of the average interruption."""
        return self.customer_minutes / self.interruptions if self.interruptions and self.customers else None


def indices(outages: Iterable[Outage], customers: int, now: datetime) -> Indices:
    """The indices of some outages for so many customers served.

    Outages of up to five minutes and those without a number of customers are counted apart and are in no index. An
    outage that is not over counts until ``now``, from five minutes on.
    """
    momentary = unstated = ongoing = interruptions = counted = 0
    minutes = 0.0
    for outage in outages:
        counted += 1
        length = outage.length(now)
        ongoing += outage.end is None
        if length <= MOMENTARY:
            momentary += 1
        elif not outage.customers:
            unstated += 1
        else:
            interruptions += outage.customers
            minutes += outage.customers * length.total_seconds() / SECONDS_PER_MINUTE
    return Indices(customers, counted, momentary, unstated, ongoing, interruptions, minutes)


@dataclass(frozen=True)
class Line:
    """The indices of one site in one quarter."""

    site: str
    quarter: Quarter
    found: Indices


def by_site_and_quarter(
    outages: Collection[Outage], served: Mapping[tuple[str, Quarter], int], now: datetime
) -> list[Line]:
    """Newest quarter first; only sites and quarters with outages. ``served`` are customers at the end of a quarter."""
    keys = {(outage.quarter, outage.site) for outage in outages}
    return [
        Line(
            site,
            quarter,
            indices(
                [o for o in outages if (o.quarter, o.site) == (quarter, site)], served.get((site, quarter), 0), now
            ),
        )
        for quarter, site in sorted(keys, key=lambda key: (-key[0].year, -key[0].quarter, key[1]))
    ]
