"""What all sources together say of each day, written anew for the days that a change touches."""

from collections import defaultdict
from dataclasses import asdict
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Max, Min, QuerySet

from ccportal.core.periods import meter_zone
from omreport.energy.calculations import LONGEST, Interval, by_day, differences, merged, midnight
from omreport.energy.models import CounterReading, EnergyDay, EnergyReading, EnergyStream
from omreport.energy.parsing import MANUAL, UPLOAD

ANY_LOGGER = "logger"


def source_rank(source: str) -> tuple[int, str]:
    """The place of a source in ``ENERGY_SOURCES``, where ``logger`` stands for every logger not named there."""
    order = settings.ENERGY_SOURCES
    wanted = source if source in order or source in (MANUAL, UPLOAD) else ANY_LOGGER
    return (order.index(wanted) if wanted in order else len(order)), source


def rebuild(stream: EnergyStream, start: datetime, end: datetime) -> None:
    """Write the days of a stream that a change between two moments touches; call it in the transaction of the change.

    The caller holds the lock of the stream.
    """
    zone = meter_zone()
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    counters = CounterReading.objects.filter(site=stream.site, channel=stream.channel)
    if counters.exists():
        first, last = _as_far_as_counters_reach(counters, start, end, first, last)
    begin, finish = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    intervals = _intervals(stream, begin, finish)
    for source, found in _counted(counters, begin, finish, stream).items():
        intervals[source] += found
    sums = by_day(merged(intervals[source] for source in sorted(intervals, key=source_rank)), zone)
    days = EnergyDay.objects.filter(site=stream.site, channel=stream.channel, day__range=(first, last))
    days.delete()
    EnergyDay.objects.bulk_create(
        [
            EnergyDay(
                site=stream.site, channel=stream.channel, day=day, period=day.year * 100 + day.month, **asdict(total)
            )
            for day, total in sorted(sums.items())
            if first <= day <= last
        ],
        batch_size=500,
    )


def _as_far_as_counters_reach(
    counters: QuerySet[CounterReading], start: datetime, end: datetime, first: date, last: date
) -> tuple[date, date]:
    """A value of a counter changes the energy since the one before and until the one after it."""
    zone = meter_zone()
    sources = counters.order_by().values("source")
    before = sources.filter(at__lt=start, at__gte=start - LONGEST).annotate(near=Max("at"))
    after = sources.filter(at__gt=end, at__lte=end + LONGEST).annotate(near=Min("at"))
    days = [at.astimezone(zone).date() for rows in (before, after) for at in rows.values_list("near", flat=True)]
    return min([first, *days]), max([last, *days])


def _intervals(stream: EnergyStream, begin: datetime, finish: datetime) -> dict[str, list[Interval]]:
    """Stored intervals that touch a span, by source."""
    rows = EnergyReading.objects.filter(
        site=stream.site,
        channel=stream.channel,
        starts_at__lt=finish,
        starts_at__gte=begin - LONGEST,
        ends_at__gt=begin,
    ).order_by()
    found: dict[str, list[Interval]] = defaultdict(list)
    for source, start, end, kwh in rows.values_list("source", "starts_at", "ends_at", "kwh"):
        found[source].append(Interval(start, end, kwh))
    return found


def _counted(
    counters: QuerySet[CounterReading], begin: datetime, finish: datetime, stream: EnergyStream
) -> dict[str, list[Interval]]:
    """Intervals between values of counters that touch a span, by source."""
    rows = counters.filter(at__gte=begin - LONGEST, at__lte=finish + LONGEST).order_by()
    values: dict[str, list] = defaultdict(list)
    for source, at, value in rows.values_list("source", "at", "value"):
        values[source].append((at, value))
    return {
        source: [
            piece for piece in differences(found, stream.register_size) if piece.end > begin and piece.start < finish
        ]
        for source, found in values.items()
    }
