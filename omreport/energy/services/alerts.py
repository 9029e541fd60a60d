"""Alerts when a site's PV yield or its unaccounted energy leaves its band; kept until it is back inside."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.actors import Actor
from audit.services import record_change
from ccportal.core.errors import Conflict, InvalidInput, NotFound
from ccportal.core.money import rounded
from omreport.energy import queries
from omreport.energy.calculations import usual
from omreport.energy.models import AlertKind, Channel, EnergyAlert
from omreport.energy.services.readings import PERMISSION

#: The usual yield is the median of so many covered days before the one in question, and needs at least so many.
USUAL_DAYS, LEAST_DAYS = 28, 7
LOSS_DAYS = 30


@dataclass(frozen=True)
class Finding:
    """A figure with its band, of days that end with ``day``."""

    day: date
    value: Decimal
    low: Decimal
    high: Decimal
    unit: str

    @property
    def outside(self) -> bool:
        return not self.low <= self.value <= self.high


def evaluate() -> int:
    """Open, continue and close alerts by the newest readings of every site; the number that are open."""
    now = timezone.now()
    for site in sorted(queries.known_channels()):
        for kind, find in ((AlertKind.YIELD, yield_of), (AlertKind.LOSS, loss_of)):
            finding = find(site, now)
            if finding is not None:
                _settle(site, kind, finding, now)
    return queries.open_alerts().count()


def yield_of(site: str, now: datetime) -> Finding | None:
    """PV energy of the newest covered day against the median of those before; None where that says nothing."""
    days = queries.covered_days(site, Channel.PV, now, USUAL_DAYS + 1)
    typical = usual([day.kwh for day in days[1:]], LEAST_DAYS)
    if not typical:
        return None
    low, high = (typical * percent / 100 for percent in (settings.ENERGY_YIELD_LOW, settings.ENERGY_YIELD_HIGH))
    return Finding(days[0].day, rounded(days[0].kwh), rounded(low), rounded(high), "kWh")


def loss_of(site: str, now: datetime) -> Finding | None:
    """Unaccounted energy of the thirty days that end with the newest covered one, in per cent of what was delivered."""
    newest = queries.covered_days(site, Channel.DELIVERED, now, 1)
    if not newest:
        return None
    for balance in queries.recent_balance(site, newest[0].day, LOSS_DAYS):
        share = balance.unaccounted_percent.value
        if share is not None:
            low, high = Decimal(settings.ENERGY_LOSS_LOW), Decimal(settings.ENERGY_LOSS_HIGH)
            return Finding(newest[0].day, rounded(share), low, high, "%")
    return None


def _settle(site: str, kind: AlertKind, finding: Finding, now: datetime) -> None:
    """Make the stored alert say what was found; two checks at once leave one alert."""
    is_open = EnergyAlert.objects.filter(site=site, kind=kind, closed_at=None)
    if not finding.outside:
        is_open.update(closed_at=now)
        return
    values = {
        "last_seen": now, "day": finding.day, "value": finding.value,
        "low": finding.low, "high": finding.high, "unit": finding.unit,
    }  # fmt: skip
    if not is_open.update(**values):
        alert = EnergyAlert(site=site, kind=kind, first_seen=now, **values)
        EnergyAlert.objects.bulk_create([alert], ignore_conflicts=True)


def acknowledge(pk: int, actor: Actor, note: str) -> EnergyAlert:
    """Note what is known or done about an open alert; it stays open until the figure is back in its band."""
    actor.require(PERMISSION)
    if not note.strip():
        raise InvalidInput("Say what is known or done about it.", field="note")
    with transaction.atomic():
        alert = EnergyAlert.objects.select_for_update().filter(pk=pk).first()
        if alert is None:
            raise NotFound("There is no such alert.")
        if alert.closed_at is not None:
            raise Conflict("This alert is closed already: the figure is back in its band.")
        old = {"note": alert.note, "acknowledged_by": alert.acknowledged_by}
        alert.note, alert.acknowledged_by = note.strip()[:300], actor.id[:20]
        alert.acknowledged_at = timezone.now()
        alert.save(update_fields=["note", "acknowledged_by", "acknowledged_at"])
        new = {"note": alert.note, "acknowledged_by": alert.acknowledged_by}
        record_change(actor, "energy.alert.acknowledged", EnergyAlert._meta.db_table, str(pk), old, new)
    return alert
