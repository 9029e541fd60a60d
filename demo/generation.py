"""Invented readings of what the sample's busiest sites generate and deliver, consistent with what they sell.

The same on every machine: the little chance in them comes from a digest of site, channel and day.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

#: Whole months, the one of the last sales included: a month that is cut short would not be computable.
MONTHS = 4
SOURCE = "scada"
DAY = timedelta(days=1)
#: Per site by rank: what is lost on the way in per cent of what is delivered, and the genset's share of generation.
PLANTS = ((9, 12), (12, 22), (27, 6))
#: Cut short on the last day, so that an alert of yield is open, at the second site.
CLOUDY = 1
#: Not read for these days before the end, so that a month is not computable, at the second site.
SILENT = range(45, 59)
#: Delivered is read from a counter that was replaced so many days before the end, at the third site.
COUNTER_FROM, REPLACED = Decimal(48_210), 50


def seed() -> int:
    """Enter the readings unless there are some already; the number of them."""
    from audit.actors import Actor
    from omreport.energy.models import EnergyReading
    from omreport.energy.services import alerts, readings
    from omreport.services import rollups

    if EnergyReading.objects.exists():
        return 0
    rollups.refresh()
    sales = sales_by_site()
    if not sales:
        return 0
    last = max(max(days) for days in sales.values())
    days = days_until(last)
    entries = [
        entry for rank, site in enumerate(busiest(sales, days)) for entry in plant(rank, site, sales[site], days)
    ]
    readings.store(entries, Actor.system("The demonstration"))
    alerts.evaluate()
    return len(entries)


def sales_by_site() -> dict[str, dict[date, Decimal]]:
    """kWh of every site by day."""
    from omreport.models import SiteDay

    found: dict[str, dict[date, Decimal]] = {}
    for site, period, day, kwh in SiteDay.objects.values_list("site", "period", "day", "kwh"):
        found.setdefault(site, {})[date(period // 100, period % 100, day)] = Decimal(kwh)
    return found


def days_until(last: date) -> list[date]:
    """From the first of a month to the last day with sales."""
    from ccportal.core.periods import Month

    first = (Month.of(last) + (1 - MONTHS)).first_day
    return [first + DAY * n for n in range((last - first).days + 1)]


def busiest(sales: dict[str, dict[date, Decimal]], days: list[date]) -> list[str]:
    """The sites that sold most in these days, as many as there are plants."""
    sold = {site: sum((by_day.get(day, Decimal(0)) for day in days), Decimal(0)) for site, by_day in sales.items()}
    return sorted(sold, key=lambda site: (-sold[site], site))[: len(PLANTS)]


def plant(rank: int, site: str, sold: dict[date, Decimal], days: list[date]) -> Iterator:
    """A site's readings by day: what leaves the plant follows its sales, what is generated follows that."""
    loss, genset = PLANTS[rank]
    shown = COUNTER_FROM
    for index, day in enumerate(days):
        ago = len(days) - 1 - index
        delivered = mean_of_month(sold, day, days) * 100 / (100 - loss) * chance(site, "delivered", day, 8)
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
        if index == 0:
            yield counter(site, day, shown)
        shown = delivered if ago == REPLACED else shown + delivered
        yield counter(site, day + DAY, shown)


def mean_of_month(sold: dict[date, Decimal], day: date, days: list[date]) -> Decimal:
    """Mean sales of the days of a month: people buy now and then, and use every day."""
    month = [other for other in days if (other.year, other.month) == (day.year, day.month)]
    return sum((sold.get(other, Decimal(0)) for other in month), Decimal(0)) / len(month)


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
