"""Rolls up the power readings: per meter, month and hour, then per customer type and hour (semantics 12)."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from ccportal.acdb.accountnumbers import normalise
from ccportal.acdb.functions import YearMonth
from ccportal.core.text import clean
from customers.models import LegacyMeter, Meter
from omreport import models
from omreport.calculations import SUSPICIOUS_KW
from omreport.functions import LocalHour
from omreport.meters import meter_key
from omreport.services import store
from omreport.services.months import Periods, in_periods, period_of
from omreport.services.source import rows as source_rows

METER_FIELDS = ("period", "hour", "meter_id", "community", "readings", "kw_sum", "suspicious")
HOUR_FIELDS = ("site", "customer_type", "hour", "readings", "kw_sum", "suspicious", "meters")
_PLAUSIBLE = Q(power_kw__lte=SUSPICIOUS_KW)


def readings() -> QuerySet[models.Reading]:
    """Readings with a power and a time; the others say nothing."""
    return models.Reading._default_manager.filter(power_kw__isnull=False, at__isnull=False).order_by()


def checksums() -> dict[int, tuple[int, str]]:
    """Per month its number of readings and a checksum of count, sum and latest time."""
    rows = readings().values_list(YearMonth("at")).annotate(n=Count("*"), kw=Sum("power_kw"), last=Max("at")).order_by()
    return {period_of(period): (n, f"{kw} {last}"[:160]) for period, n, kw, last in rows}


def meter_hours(periods: Periods = None) -> Iterator[tuple[Any, ...]]:
    """Rows of ``MeterHour`` for the given months or all; one pass over the readings.

    A meter of several spellings comes in several rows, to be added up.
    """
    rows = (
        in_periods(readings(), periods)
        .values_list(YearMonth("at"), LocalHour("at"), F("meter_id"), F("community"))
        .annotate(
            n=Count("power_kw", filter=_PLAUSIBLE),
            kw=Sum("power_kw", filter=_PLAUSIBLE),
            odd=Count("power_kw", filter=~_PLAUSIBLE),
        )
        .order_by()
    )
    for stored_period, hour, meter, community, n, kw, odd in source_rows(rows):
        yield period_of(stored_period), hour, meter_key(meter)[:80], normalise(community)[:40], n, kw or 0.0, odd


def meter_source() -> type[LegacyMeter] | type[Meter]:
    """The large registry, or the small one when that is empty (semantics 1.2)."""
    return LegacyMeter if LegacyMeter._default_manager.exists() else Meter


def write_type_hours() -> None:
    """Profiles per customer type: of everything, and of each site's own meters and readings."""
    registry: dict[str, tuple[str, str]] = {}
    rows = meter_source()._default_manager.order_by("meter_id", "account")
    for meter, kind, community in rows.values_list("meter_id", "customer_type", "community"):
        if clean(kind):
            registry[meter_key(meter)[:80]] = clean(kind).upper()[:40], clean(community).upper()[:40]
    sums: dict[tuple[str, str, int], list[Any]] = defaultdict(lambda: [0, 0.0, 0])
    meters: dict[tuple[str, str], set[str]] = defaultdict(set)
    hours = store.fetch(models.MeterHour, ("meter_id", "community", "hour", "readings", "kw_sum", "suspicious"))
    for meter, community, hour, *counts in hours:
        kind, home = registry.get(meter, ("", ""))
        for site in {"", community} if community == home else {""}:
            if kind:
                meters[site, kind].add(meter)
                for place, value in enumerate(counts):
                    sums[site, kind, hour][place] += value
    found = ((*key, *counts, len(meters[key[:2]])) for key, counts in sums.items())
    store.replace(models.TypeHour, HOUR_FIELDS, 3, found)
