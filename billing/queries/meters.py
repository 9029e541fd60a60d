"""Which meters an account has, and what they read (semantics 3.7, acdb_schema 3 and 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Avg, Count, Q

from billing.calculations import HourOfReadings
from billing.functions import LocalHour
from billing.queries.ledger import Ledger, day_begin, spellings
from ccportal.acdb.accountnumbers import site_code
from ccportal.core.text import clean
from customers.models import LegacyMeter, Meter, RegisteredMeter
from omreport.models import Reading


@dataclass(frozen=True)
class MeterDetails:
    """The meter of an account; empty where its source says nothing. ``registry`` is empty for a meter that only
    transactions name. ``status`` is the raw value of the registry: its meaning is not known."""

    meter_id: str
    community: str
    customer_type: str = ""
    village: str = ""
    status: str | None = None
    connected_at: datetime | None = None
    registry: str = ""


@dataclass(frozen=True)
class AccountMeters:
    """``current`` is the meter to show, None when no source names one; ``ids`` are all meters the account had."""

    current: MeterDetails | None
    ids: Sequence[str]


def meters_of(ledger: Ledger) -> AccountMeters:
    """Meters by tblmeter, then by the large registry, else the first one that a transaction names.

    Within a registry a running meter goes before a replaced one, then the one connected last.
    """
    rows: list[RegisteredMeter] = []
    for model in (Meter, LegacyMeter):
        found = model._default_manager.filter(account__in=spellings(ledger.account)).order_by()
        rows += sorted(found, key=_running_and_newest_first)
    ids = list(dict.fromkeys(clean(row.meter_id) for row in rows if clean(row.meter_id)))
    if rows:
        return AccountMeters(_details(rows[0]), ids)
    named = ledger.rows.exclude(Q(meter_id=None) | Q(meter_id="")).order_by("id").values_list("meter_id", flat=True)
    meter_id = clean(next(iter(named[:1]), None))
    if not meter_id:
        return AccountMeters(None, [])
    return AccountMeters(MeterDetails(meter_id, site_code(ledger.account)), [meter_id])


def _running_and_newest_first(row: RegisteredMeter) -> tuple[bool, float, str]:
    replaced = clean(row.status).lower() == "replaced"
    return replaced, -row.connected_at.timestamp() if row.connected_at else 0.0, clean(row.meter_id)


def _details(row: RegisteredMeter) -> MeterDetails:
    return MeterDetails(
        meter_id=clean(row.meter_id),
        community=clean(row.community).upper(),
        customer_type=clean(row.customer_type).upper(),
        village=clean(row.village),
        status=row.status,
        connected_at=row.connected_at,
        registry=row._meta.db_table,
    )


def hours_read(meter_ids: Sequence[str], first: date, last: date) -> list[HourOfReadings]:
    """Clock hours in which the meters were read (NULL is no reading), with the mean of their positive powers.

    tblmeterdata1 only (acdb_schema 5); added up in the database, one row for each hour and meter.
    """
    if not meter_ids:
        return []
    hours = (
        Reading.objects.filter(meter_id__in=meter_ids, at__gte=day_begin(first), at__lt=day_begin(last, 1))
        .order_by()
        .annotate(hour=LocalHour("at"))
        .values("hour", "meter_id")
        .annotate(mean=Avg("power_kw", filter=Q(power_kw__gt=0)), readings=Count("power_kw"))
        .values_list("hour", "mean", "readings")
    )
    return [HourOfReadings(datetime.fromisoformat(f"{hour}:00"), mean) for hour, mean, readings in hours if readings]
