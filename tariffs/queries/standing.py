"""Where one rate stands: what is in force, what is to come, and the last entry of its history."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ccportal.core.money import rounded
from tariffs.models import Scope, TariffChange, TariffOverride
from tariffs.parsing import PLACES
from tariffs.queries.rates import global_rate, live


@dataclass(frozen=True)
class Standing:
    """The state of the rate of a scope and key.

    ``rate`` is the level's own one in force, None without one. ``running`` is its row, None for everybody's when it
    is in tblconfig. ``scheduled`` are rows whose moment is to come, soonest first.
    """

    scope: str
    key: str
    rate: Decimal | None
    running: TariffOverride | None
    scheduled: tuple[TariffOverride, ...]
    latest: TariffChange | None

    @property
    def number(self) -> int:
        """How many entries the history of this rate has."""
        return self.latest.number if self.latest else 0

    @property
    def seen(self) -> str:
        """Stands for this state in a form, so that a decision on an older state is noticed."""
        return f"{self.number}:{'' if self.rate is None else rounded(self.rate, PLACES)}"

    @property
    def since(self) -> datetime | None:
        """Since when the rate in force holds; None when it was set outside the portal."""
        if self.running:
            return self.running.effective_from
        known = self.latest_in_force
        return known.effective_from if known and known.rate == self.rate else None

    @property
    def latest_in_force(self) -> TariffChange | None:
        """The entry that brought about what is in force, as far as the history knows."""
        if self.running:
            return None
        held = TariffChange.objects.filter(
            scope=self.scope, scope_key=self.key, kind__in=("set", "applied", "elsewhere")
        ).order_by("-number")
        return held.first()

    def rate_at(self, moment: datetime) -> Decimal | None:
        """The level's own rate just before ``moment``, counting what is scheduled by then."""
        due = [row for row in self.scheduled if row.effective_from < moment]
        return due[-1].rate if due else self.rate


def standing(scope: str, key: str, now: datetime) -> Standing:
    """The state of one rate; for everybody's the ACDB is asked too."""
    # First the number, then the rates: what is written in between wants the next number as well and is noticed.
    latest = TariffChange.objects.filter(scope=scope, scope_key=key).order_by("-number").first()
    rows = list(live().filter(scope=scope, scope_key=key).order_by("effective_from", "id"))
    come = [row for row in rows if row.effective_from <= now]
    running = come[-1] if come else None
    rate = running.rate if running else (global_rate() if scope == Scope.GLOBAL else None)
    return Standing(scope, key, rate, running, tuple(row for row in rows if row.effective_from > now), latest)
