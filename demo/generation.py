"""Invented readings of what the sample's busiest sites generate and deliver, consistent with what they sell.

The same on every machine: the little chance in them comes from a digest of site, channel and day.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

DAYS = 120
SOURCE = "scada"
DAY = timedelta(days=1)
#: Per site by rank: what is lost on the way in per cent of what is delivered, and the genset's share of generation.
PLANTS = ((9, 12), (12, 22), (27, 6))
#: Cut short on the last day, so that an alert of yield is open, at the second site.
CLOUDY = 1
#: Not read for these days before the end, so that a month is not computable, at the second site.
SILENT = range(50, 64)
#: Delivered is read from a counter that was replaced, at the third site.
COUNTER_FROM, REPLACED_AFTER = Decimal(48_210), 70


def seed() -> int:
    """Enter the readings unless there are some already; the number of them."""
    from audit.actors import Actor
    from omreport.energy.models import EnergyReading
    from omreport.energy.services import alerts, readings
    from omreport.services import rollups

    if EnergyReading.objects.exists():
        return 0
    rollups.refresh()
    entries = [entry for rank, (site, sold) in enumerate(busiest(len(PLANTS))) for entry in plant(rank, site, sold)]
    if entries:
        readings.store(entries, Actor.system("The demonstration"))
        alerts.evaluate()
    return len(entries)


def busiest(number: int) -> list[tuple[str, dict[date, Decimal]]]:
    """The sites that sold most in the last days of the ledger, with their kWh by day."""
    from omreport.models import SiteDay

    rows = SiteDay.objects.order_by("site", "period", "day").values_list("site", "period", "day", "kwh")
    by_site: dict[str, dict[date, Decimal]] = {}
    for site, period, day, kwh in rows:
        by_site.setdefault(site, {})[date(period // 100, period % 100, day)] = kwh
    last = max((max(days) for days in by_site.values()), default=date.min)
    recent = {
        site: {day: kwh for day, kwh in days.items() if day > last - DAY * DAYS} for site, days in by_site.items()
    }
    return sorted(recent.items(), key=lambda item: (-sum(item[1].values()), item[0]))[:number]


def plant(rank: int, site: str, sold: dict[date, Decimal]) -> Iterator:
    """A site's readings by day: what leaves the plant follows its sales, what is generated follows that."""
    loss, genset = PLANTS[rank]
    last = max(sold)
    shown = COUNTER_FROM
    for ago in reversed(range(DAYS)):
        day = last - DAY * ago
        delivered = around(sold, day, last) * 100 / (100 - loss) * chance(site, "delivered", day, 8)
        generated = delivered * Decimal("1.05") * chance(site, "generated", day, 4)
        pv = generated * (100 - genset) / 100
        if rank == CLOUDY and ago == 0:
            pv *= Decimal("0.35")
        yield interval(site, "pv", day, pv)
        yield interval(site, "genset", day, generated * genset / 100)
        yield interval(site, "battery_charge", day, delivered * Decimal("0.42"))
        yield interval(site, "battery_discharge", day, delivered * Decimal("0.38"))
        if rank != len(PLANTS) - 1:
            if not (rank == CLOUDY and ago in SILENT):
                yield interval(site, "delivered", day, delivered)
            continue
        if ago == DAYS - 1:
            yield counter(site, day, shown)
        shown = delivered if ago == DAYS - REPLACED_AFTER else shown + delivered
        yield counter(site, day + DAY, shown)


def around(sold: dict[date, Decimal], day: date, last: date) -> Decimal:
    """Mean sales of the days around a day: people buy now and then, and use every day."""
    days = [day + DAY * n for n in range(-15, 16) if last - DAY * DAYS < day + DAY * n <= last]
    return sum((sold.get(near, Decimal(0)) for near in days), Decimal(0)) / len(days)


def chance(site: str, channel: str, day: date, percent: int) -> Decimal:
    """A factor within so many per cent of 1."""
    digest = hashlib.sha256(f"{site} {channel} {day}".encode()).digest()
    return 1 + Decimal(int.from_bytes(digest[:4]) - 2**31) / 2**31 * percent / 100


def interval(site: str, channel: str, day: date, kwh: Decimal) -> object:
    from ccportal.core.periods import meter_zone
    from omreport.energy.calculations import midnight
    from omreport.energy.parsing import Entry

    zone = meter_zone()
    return Entry(0, site, channel, SOURCE, midnight(day, zone), midnight(day + DAY, zone), round(kwh, 2))


def counter(site: str, day: date, value: Decimal) -> object:
    from ccportal.core.periods import meter_zone
    from omreport.energy.calculations import midnight
    from omreport.energy.parsing import Entry

    return Entry(0, site, "delivered", f"{SOURCE}-counter", midnight(day, meter_zone()), None, round(value, 1))
