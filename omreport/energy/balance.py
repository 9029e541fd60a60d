"""The balance of a site over a period: figures, or the reason why there is none.

generated = PV + genset + grid; unaccounted = delivered - sold. A figure needs both of its sides: every channel that
the site has ever reported must cover enough of the period, and sales must be known on enough of its days.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from omreport.energy.calculations import ZERO, percent
from omreport.energy.models import Channel

GENERATION = (Channel.PV, Channel.GENSET, Channel.GRID)
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Figure:
    """A number, or the reason why it cannot be computed."""

    value: Decimal | None
    reason: str = ""

    @property
    def known(self) -> bool:
        return self.value is not None


@dataclass(frozen=True)
class Floors:
    """Least coverage in per cent: of a channel's hours, and of the days with sales."""

    hours: int
    sales: int


@dataclass(frozen=True)
class Measured:
    """Energy of a channel in a period and the seconds that readings cover."""

    kwh: Decimal = ZERO
    seconds: int = 0
    restarts: int = 0

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(self.kwh + other.kwh, self.seconds + other.seconds, self.restarts + other.restarts)


@dataclass(frozen=True)
class Sales:
    """kWh vended in a period and the days on which something was."""

    kwh: Decimal = ZERO
    days: int = 0

    def __add__(self, other: "Sales") -> "Sales":
        return Sales(self.kwh + other.kwh, self.days + other.days)


@dataclass(frozen=True)
class Balance:
    """One site over one period so far: ``seconds`` and ``days`` have passed of it."""

    site: str
    label: str
    seconds: int
    days: int
    known: Collection[str]
    floors: Floors
    channels: Mapping[str, Measured] = field(default_factory=dict)
    sales: Sales = Sales()

    def coverage(self, channel: str) -> Decimal | None:
        """Per cent of the period's hours that readings of a channel cover; None for a channel the site has not."""
        if channel not in self.known:
            return None
        return percent(Decimal(self._of(channel).seconds), Decimal(self.seconds)) or ZERO

    @property
    def coverages(self) -> list[tuple[str, Decimal]]:
        """Label and coverage of the channels that the site has."""
        shares = [(channel.label, self.coverage(channel)) for channel in Channel]
        return [(label, share) for label, share in shares if share is not None]

    @property
    def coverage_words(self) -> str:
        """The coverage of the channels as a text: one share where all have the same, else the range."""
        shares = sorted({round(share) for _, share in self.coverages})
        if len(shares) == 1:
            return f"Every channel {shares[0]} % of {self.hours_in_period:,.0f} hours"
        return f"Channels {shares[0]} to {shares[-1]} % of {self.hours_in_period:,.0f} hours"

    @property
    def by_channel(self) -> list[tuple[str, Figure, Decimal]]:
        """Label, energy and covered hours of every channel that the site has."""
        return [(c.label, self.energy(c), self.hours(c)) for c in Channel if c in self.known]

    @property
    def telling(self) -> tuple[bool, bool]:
        """Whether the unaccounted energy is known, and whether what was generated is: the more, the better."""
        return self.unaccounted_percent.known, self.generated.known

    @property
    def reasons(self) -> list[str]:
        """Why figures are not computable, each reason once; a channel that the site has not is no reason."""
        figures = (self.generated, self.delivered, self.sold, self.unaccounted_percent)
        found = [figure.reason for figure in figures if figure.reason]
        return list(dict.fromkeys(found))

    def measured(self, channel: str) -> Decimal:
        """kWh that readings say of a channel, however little of the period they cover."""
        return self._of(channel).kwh

    def hours(self, channel: str) -> Decimal:
        return Decimal(self._of(channel).seconds) / SECONDS_PER_HOUR

    @property
    def hours_in_period(self) -> Decimal:
        return Decimal(self.seconds) / SECONDS_PER_HOUR

    @property
    def sales_coverage(self) -> Decimal:
        return percent(Decimal(self.sales.days), Decimal(self.days)) or ZERO

    @property
    def restarts(self) -> int:
        return sum(measured.restarts for measured in self.channels.values())

    def _of(self, channel: str) -> Measured:
        return self.channels.get(channel, Measured())

    def energy(self, channel: str) -> Figure:
        """kWh of one channel."""
        return self._sum((channel,), f"the site has never reported {Channel(channel).label}")

    @property
    def generated(self) -> Figure:
        """kWh of PV, genset and grid together."""
        return self._sum(GENERATION, "the site has never reported PV, genset or grid")

    @property
    def delivered(self) -> Figure:
        return self.energy(Channel.DELIVERED)

    @property
    def sold(self) -> Figure:
        """kWh vended."""
        if self.sales_coverage < self.floors.sales:
            few = f"sales on {self.sales.days} of {self.days} days, {self.floors.sales} % are needed"
            return Figure(None, few)
        return Figure(self.sales.kwh)

    @property
    def unaccounted(self) -> Figure:
        """kWh delivered and not sold; negative when more was sold ahead than used."""
        delivered, sold = self.delivered, self.sold
        if delivered.value is None or sold.value is None:
            return Figure(None, delivered.reason or sold.reason)
        return Figure(delivered.value - sold.value)

    @property
    def unaccounted_percent(self) -> Figure:
        """Of the energy delivered."""
        missing, delivered = self.unaccounted, self.delivered
        if missing.value is None or delivered.value is None:
            return missing
        share = percent(missing.value, delivered.value)
        return Figure(share) if share is not None else Figure(None, "nothing was delivered")

    @property
    def genset_share(self) -> Figure:
        """Per cent of the energy generated."""
        generated, genset = self.generated, self.energy(Channel.GENSET)
        if generated.value is None or genset.value is None:
            return Figure(None, genset.reason or generated.reason)
        share = percent(genset.value, generated.value)
        return Figure(share) if share is not None else Figure(None, "nothing was generated")

    def _sum(self, channels: Collection[str], none: str) -> Figure:
        present = [channel for channel in channels if channel in self.known]
        if not present:
            return Figure(None, none)
        for channel in present:
            covered = self.coverage(channel) or ZERO
            if covered < self.floors.hours or not self.seconds:
                words = (
                    f"{Channel(channel).label} covers {covered:.0f} % of the hours, {self.floors.hours} % are needed"
                )
                return Figure(None, words)
        return Figure(sum((self._of(channel).kwh for channel in present), ZERO))
