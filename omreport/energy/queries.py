"""Reads the balance, readings, uploads and alerts; the balance from sums by day, never from single readings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Max, Min, QuerySet, Sum

from ccportal.core.errors import InvalidInput, NotFound
from ccportal.core.periods import Month, Quarter, local_now, local_today, meter_zone
from omreport.energy.balance import Balance, Floors, Measured, Sales
from omreport.energy.calculations import midnight
from omreport.energy.models import CounterReading, EnergyAlert, EnergyDay, EnergyReading, EnergyUpload
from omreport.models import SiteDay

MOST_PERIODS = 400
ONE_DAY = timedelta(days=1)
Known = dict[str, set[str]]
Key = tuple[str, int]


class Step(StrEnum):
    """How long the periods of a balance are."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"

    @property
    def usual_number(self) -> int:
        """How many periods are shown when none are asked for."""
        return {Step.DAY: 14, Step.MONTH: 6, Step.QUARTER: 4}[self]


@dataclass(frozen=True)
class Period:
    """One calendar period; ``last`` is included."""

    first: date
    last: date
    label: str

    @classmethod
    def of(cls, day: date, step: Step) -> "Period":
        if step is Step.DAY:
            return cls(day, day, f"{day:%-d %b %Y}")
        month = Month.of(day)
        if step is Step.MONTH:
            return cls(month.first_day, (month + 1).first_day - ONE_DAY, f"{day:%b %Y}")
        quarter = Quarter.of(day)
        return cls(quarter.months[0].first_day, (quarter.months[2] + 1).first_day - ONE_DAY, str(quarter))


@dataclass(frozen=True)
class Window:
    """What is asked for: periods of a step from a day to a day, of one site or, with an empty one, of all."""

    step: Step
    first: date
    last: date
    site: str = ""

    def periods(self) -> list[Period]:
        """Those that have begun; ``InvalidInput`` for more than anybody can read."""
        found = []
        day = self.first
        while day <= min(self.last, local_today()):
            period = Period.of(day, self.step)
            found.append(period)
            day = period.last + ONE_DAY
            if len(found) > MOST_PERIODS:
                raise InvalidInput(f"More than {MOST_PERIODS} {self.step}s; choose fewer.", field="from")
        return found


def usual_window(step: Step, site: str = "", first: date | None = None, last: date | None = None) -> Window:
    """The window with what is missing filled in: the last periods up to the newest reading, none before the oldest."""
    days = EnergyDay.objects.filter(site=site) if site else EnergyDay.objects.all()
    known = days.aggregate(oldest=Min("day"), newest=Max("day"))
    last = last or min(known["newest"] or local_today(), local_today())
    if first is None:
        first = last
        for _ in range(step.usual_number - 1):
            first = Period.of(first, step).first - ONE_DAY
        first = Period.of(max(first, min(known["oldest"] or last, last)), step).first
    if first > last:
        raise InvalidInput("The last day is before the first.", field="to")
    return Window(step, first, last, site)


def known_channels() -> Known:
    """The channels that each site has ever reported."""
    found: Known = defaultdict(set)
    for site, channel in EnergyDay.objects.order_by().values_list("site", "channel").distinct():
        found[site].add(channel)
    return dict(found)


def floors() -> Floors:
    return Floors(settings.ENERGY_COVERAGE_FLOOR, settings.ENERGY_SALES_FLOOR)


def balances(window: Window) -> list[Balance]:
    """One balance per site and period, newest period first."""
    periods = window.periods()
    if not periods:
        return []
    measured = _measured(window, periods)
    sold = _sold(window, periods)
    known = known_channels()
    sites = sorted({window.site} & set(known) if window.site else known)
    return [
        _balance(site, period, known[site], measured.get((site, index), {}), sold.get((site, index), Sales()))
        for index, period in reversed(list(enumerate(periods)))
        for site in sites
    ]


def latest_telling(lines: list[Balance]) -> list[Balance]:
    """Of every site the newest line that has all its figures; for want of one, the newest that has most."""
    found: dict[str, Balance] = {}
    for line in lines:
        if line.site not in found or line.telling > found[line.site].telling:
            found[line.site] = line
    return [found[site] for site in sorted(found)]


def over_all(lines: list[Balance], window: Window) -> list[Balance]:
    """The whole window as one period, per site."""
    periods = window.periods()
    if not periods:
        return []
    whole = Period(periods[0].first, periods[-1].last, "Whole period")
    found = []
    for site in sorted({line.site for line in lines}):
        own = [line for line in lines if line.site == site]
        channels: dict[str, Measured] = defaultdict(Measured)
        for line in own:
            for channel, measured in line.channels.items():
                channels[channel] += measured
        sales = sum((line.sales for line in own), Sales())
        found.append(_balance(site, whole, set(own[0].known), dict(channels), sales))
    return found


def _balance(site: str, period: Period, known: set[str], channels: dict[str, Measured], sales: Sales) -> Balance:
    begin, end = midnight(period.first, meter_zone()), midnight(period.last + ONE_DAY, meter_zone())
    passed = min(end, local_now()) - begin
    days = (min(period.last, local_today()) - period.first).days + 1
    return Balance(site, period.label, int(passed.total_seconds()), days, known, floors(), channels, sales)


def _measured(window: Window, periods: list[Period]) -> dict[Key, dict[str, Measured]]:
    """Energy and covered seconds per site, period and channel; days count only intervals no longer than a day."""
    rows = EnergyDay.objects.filter(day__range=(periods[0].first, periods[-1].last)).order_by()
    if window.site:
        rows = rows.filter(site=window.site)
    found: dict[Key, dict[str, Measured]] = defaultdict(lambda: defaultdict(Measured))
    if window.step is Step.DAY:
        place = {period.first: index for index, period in enumerate(periods)}
        names = ("site", "channel", "day", "fine_kwh", "fine_seconds", "restarts")
        for site, channel, day, *sums in rows.values_list(*names):
            found[site, place[day]][channel] += Measured(*sums)
        return found
    months = _months(periods)
    sums_by_month = rows.values_list("site", "channel", "period").annotate(Sum("kwh"), Sum("seconds"), Sum("restarts"))
    for site, channel, month, *sums in sums_by_month:
        found[site, months[month]][channel] += Measured(*sums)
    return found


def _sold(window: Window, periods: list[Period]) -> dict[Key, Sales]:
    """kWh vended, all rows of the ledger, and the days with rows; per site and period."""
    months = _months(periods)
    rows = SiteDay.objects.filter(period__in=list(months)).order_by()
    if window.site:
        rows = rows.filter(site=window.site)
    place = {period.first: index for index, period in enumerate(periods)}
    found: dict[Key, Sales] = defaultdict(Sales)
    found_rows: Iterable[tuple[str, int, int, Any]] = rows.values_list("site", "period", "day", "kwh")
    for site, month, day, kwh in found_rows:
        index = months[month]
        if window.step is Step.DAY:
            wanted = place.get(date(month // 100, month % 100, day))
            if wanted is None:
                continue
            index = wanted
        found[site, index] += Sales(kwh, 1)
    return found


def _months(periods: list[Period]) -> dict[int, int]:
    """Month numbers, 202603, with the place of their period."""
    found: dict[int, int] = {}
    for index, period in enumerate(periods):
        month = Month.of(period.first)
        while month.first_day <= period.last:
            found.setdefault(month.year * 100 + month.month, index)
            month += 1
    return found


# ---------------------------------------------------------------- readings


@dataclass(frozen=True)
class ReadingFilter:
    """Which readings a list shows; empty means no restriction. ``first`` and ``last`` are local days, included."""

    site: str = ""
    channel: str = ""
    source: str = ""
    first: date | None = None
    last: date | None = None


def intervals(wanted: ReadingFilter) -> QuerySet[EnergyReading]:
    """Stored intervals that begin in the days asked for, newest first."""
    return _between(_chosen(EnergyReading.objects.all(), wanted), wanted, "starts_at").order_by("-starts_at", "-pk")


def counters(wanted: ReadingFilter) -> QuerySet[CounterReading]:
    """Stored values of counters of the days asked for, newest first."""
    return _between(_chosen(CounterReading.objects.all(), wanted), wanted, "at").order_by("-at", "-pk")


def _chosen(rows: QuerySet, wanted: ReadingFilter) -> QuerySet:
    names = {"site": wanted.site, "channel": wanted.channel, "source": wanted.source}
    return rows.filter(**{name: value for name, value in names.items() if value})


def _between(rows: QuerySet, wanted: ReadingFilter, column: str) -> QuerySet:
    if wanted.first:
        rows = rows.filter(**{f"{column}__gte": midnight(wanted.first, meter_zone())})
    if wanted.last:
        rows = rows.filter(**{f"{column}__lt": midnight(wanted.last + ONE_DAY, meter_zone())})
    return rows


def reading_named(kind: str, pk: int) -> Any:
    """One stored reading; ``kind`` is a word of addresses, ``interval`` or ``counter``."""
    model: Any = {"interval": EnergyReading, "counter": CounterReading}.get(kind)
    found = model.objects.filter(pk=pk).first() if model else None
    if found is None:
        raise NotFound("There is no such reading; it may have been deleted.")
    return found


def uploads() -> QuerySet[EnergyUpload]:
    return EnergyUpload.objects.order_by("-id")


def get_upload(pk: int) -> EnergyUpload:
    found = EnergyUpload.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such upload.")
    return found


# ---------------------------------------------------------------- alerts


def open_alerts(site: str = "") -> QuerySet[EnergyAlert]:
    """Alerts of sites that are out of band now, newest first."""
    rows = EnergyAlert.objects.filter(closed_at=None)
    return (rows.filter(site=site) if site else rows).order_by("-first_seen", "id")


def closed_alerts(site: str = "") -> QuerySet[EnergyAlert]:
    rows = EnergyAlert.objects.exclude(closed_at=None)
    return (rows.filter(site=site) if site else rows).order_by("-closed_at", "id")


# ---------------------------------------------------------------- what alerts rest on


@dataclass(frozen=True)
class DayYield:
    """PV energy of a day that readings cover well enough."""

    day: date
    kwh: Decimal


def covered_days(site: str, channel: str, before: datetime, number: int) -> list[DayYield]:
    """The newest days that ended before a moment and are covered well enough, newest first."""
    today = before.astimezone(meter_zone()).date()
    rows = EnergyDay.objects.filter(site=site, channel=channel, day__lt=today).order_by("-day")
    least = 864 * settings.ENERGY_COVERAGE_FLOOR  # per cent of a day's seconds
    found: Iterable[tuple[date, Any]] = rows.filter(fine_seconds__gte=least).values_list("day", "fine_kwh")[:number]
    return [DayYield(day, kwh) for day, kwh in found]


def recent_balance(site: str, last: date, days: int) -> Iterator[Balance]:
    """The balance of the days up to and with ``last``, as one period; nothing for a site without readings."""
    window = Window(Step.DAY, last - timedelta(days=days - 1), last, site)
    yield from over_all(balances(window), window)
