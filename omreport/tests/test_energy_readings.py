"""Storing, correcting and deleting readings, and the balance that follows from them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from audit.actors import Actor
from audit.models import Mutation
from ccportal.core.errors import InvalidInput, NotAllowed
from customers.models import Site
from omreport.energy import queries
from omreport.energy.models import Channel, CounterReading, EnergyAlert, EnergyDay, EnergyReading
from omreport.energy.parsing import Entry
from omreport.energy.queries import Step, usual_window
from omreport.energy.services import alerts, readings
from omreport.models import SiteDay
from omreport.tests.conftest import at

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def sites(db):
    Site.objects.get_or_create(code="MAK", defaults={"name": "Ha Makebe"})


@pytest.fixture
def now(time_machine_at):
    time_machine_at(2026, 4, 1, 9)


@pytest.fixture
def store(palesa):
    """Stores intervals given as (channel, start, end, kWh) of a source."""

    def write(*rows, source="scada", **options):
        entries = [
            Entry(place, "MAK", channel, source, start, end, Decimal(kwh))
            for place, (channel, start, end, kwh) in enumerate(rows)
        ]
        return readings.store(entries, Actor.of(palesa), **options)

    return write


@pytest.fixture
def count(palesa):
    """Stores counter values of PV given as (time, value)."""

    def write(*values, source="scada"):
        entries = [Entry(n, "MAK", "pv", source, when, None, Decimal(v)) for n, (when, v) in enumerate(values)]
        return readings.store(entries, Actor.of(palesa))

    return write


def whole_days(channel, first, kwh):
    """One interval per day, from a day on."""
    return [(channel, at(*first) + DAY * n, at(*first) + DAY * (n + 1), energy) for n, energy in enumerate(kwh)]


def day_sums(channel="pv"):
    rows = EnergyDay.objects.filter(channel=channel).order_by("day")
    return [(row.day.isoformat(), float(row.kwh), row.seconds / 3600) for row in rows]


# ---------------------------------------------------------------- storing


def test_what_is_stored_is_in_the_sums_of_the_days(store):
    store(("pv", at(2026, 3, 1, 18), at(2026, 3, 2, 6), "12"))
    assert day_sums() == [("2026-03-01", 6.0, 6.0), ("2026-03-02", 6.0, 6.0)]


def test_the_same_again_is_there_already(store):
    row = ("pv", at(2026, 3, 1), at(2026, 3, 2), "412.5")
    assert store(row) == readings.Outcome(added=1, already=0, corrected=0)
    assert store(row) == readings.Outcome(added=0, already=1, corrected=0)
    assert EnergyReading.objects.count() == 1


def test_another_value_for_the_same_interval_is_a_conflict_that_names_both(store):
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "412.5"))
    with pytest.raises(readings.Refused) as refused:
        store(("pv", at(2026, 3, 1), at(2026, 3, 2), "400"))
    assert refused.value.status == 409
    assert "MAK pv of scada at 1 Mar 2026, 00:00 is stored with 412.5000 kWh, not 400.0000." in refused.value.message


def test_a_stated_correction_replaces_the_value_and_is_logged(store):
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "412.5"))
    outcome = store(("pv", at(2026, 3, 1), at(2026, 3, 2), "400"), correct=True, reason="Wrong scale")
    assert outcome.corrected == 1
    assert day_sums() == [("2026-03-01", 400.0, 24.0)]
    entry = Mutation.objects.get(event="energy.reading.corrected")
    assert (entry.old_values["kwh"], entry.new_values["kwh"], entry.reason, entry.actor_id) == (
        "412.5000",
        "400",
        "Wrong scale",
        "1002",
    )


def test_a_correction_needs_a_reason(store):
    with pytest.raises(InvalidInput, match="Say why"):
        store(("pv", at(2026, 3, 1), at(2026, 3, 2), "1"), correct=True)


@pytest.mark.parametrize(("start", "end"), [((1, 12), (2, 12)), ((1, 6), (1, 7)), ((1, 0), (3, 0))])
def test_an_overlap_with_a_stored_interval_is_refused_by_name(store, start, end):
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "412.5"))
    with pytest.raises(readings.Refused, match="overlaps a stored interval, 1 Mar 2026, 00:00 to 2 Mar 2026, 00:00"):
        store(("pv", at(2026, 3, *start), at(2026, 3, *end), "1"))


def test_an_overlap_within_the_batch_stores_none_of_it(store):
    with pytest.raises(readings.Refused, match="overlaps the interval of row 0"):
        store(("pv", at(2026, 3, 1), at(2026, 3, 2), "1"), ("pv", at(2026, 3, 1, 12), at(2026, 3, 3), "1"))
    assert not EnergyReading.objects.exists()
    assert not EnergyDay.objects.exists()


def test_intervals_may_touch_and_other_channels_and_sources_may_overlap(store):
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "1"), ("pv", at(2026, 3, 2), at(2026, 3, 3), "1"))
    store(("genset", at(2026, 3, 1, 12), at(2026, 3, 2), "1"))
    assert store(("pv", at(2026, 3, 1, 12), at(2026, 3, 3), "1"), source="upload").added == 1


def test_two_sources_of_the_same_time_are_never_added_up(store):
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "100"), source="upload")
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "110"), source="scada")
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "90"), source="manual")
    assert day_sums() == [("2026-03-01", 110.0, 24.0)]


def test_the_order_of_the_sources_is_a_setting(store, settings):
    settings.ENERGY_SOURCES = ["manual", "upload", "logger"]
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "100"), source="scada")
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "90"), source="manual")
    assert day_sums() == [("2026-03-01", 90.0, 24.0)]


def test_finance_may_not_enter_readings(lineo):
    with pytest.raises(NotAllowed, match="enter generation readings"):
        readings.store([], Actor.of(lineo))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kwh": Decimal(-1)},
        {"ends_at": datetime(2026, 2, 1, tzinfo=UTC)},
        {"starts_at": datetime(2026, 3, 1, tzinfo=UTC), "ends_at": datetime(2026, 3, 1, 5, tzinfo=UTC)},
    ],
)
def test_the_database_itself_refuses_negative_backward_and_double_readings(store, wrong):
    store(("pv", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), "1"))
    fields = {
        "site": "MAK", "channel": "pv", "source": "scada", "entered_by": "1002", "kwh": Decimal(1),
        "starts_at": datetime(2026, 3, 2, tzinfo=UTC), "ends_at": datetime(2026, 3, 3, tzinfo=UTC), **wrong,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        EnergyReading.objects.create(**fields)


# ---------------------------------------------------------------- counters


def test_energy_of_a_counter_is_the_difference_of_its_values(count):
    count((at(2026, 3, 1), "1000"), (at(2026, 3, 2), "1400"), (at(2026, 3, 3), "1750"))
    assert day_sums() == [("2026-03-01", 400.0, 24.0), ("2026-03-02", 350.0, 24.0)]


def test_a_value_that_comes_late_splits_the_energy_between_its_neighbours(count):
    count((at(2026, 3, 1), "1000"), (at(2026, 3, 3), "1800"))
    assert day_sums() == [("2026-03-01", 400.0, 24.0), ("2026-03-02", 400.0, 24.0)]
    count((at(2026, 3, 2), "1100"))
    assert day_sums() == [("2026-03-01", 100.0, 24.0), ("2026-03-02", 700.0, 24.0)]


def test_a_counter_that_restarts_counts_from_zero_and_is_flagged(count):
    count((at(2026, 3, 1), "5000"), (at(2026, 3, 2), "120"))
    assert day_sums() == [("2026-03-01", 120.0, 24.0)]
    assert EnergyDay.objects.get().restarts == 1


def test_a_source_that_counts_may_not_send_intervals_too(store, count):
    count((at(2026, 3, 1), "5000"))
    with pytest.raises(readings.Refused, match="scada gives both counter values and intervals for pv at MAK"):
        store(("pv", at(2026, 3, 1), at(2026, 3, 2), "1"))


def test_a_deleted_value_of_a_counter_joins_its_neighbours(count, palesa):
    count((at(2026, 3, 1), "1000"), (at(2026, 3, 2), "9000"), (at(2026, 3, 3), "1800"))
    wrong = CounterReading.objects.get(value=9000)
    readings.delete_reading(CounterReading, wrong.pk, Actor.of(palesa), "Misread")
    assert day_sums() == [("2026-03-01", 400.0, 24.0), ("2026-03-02", 400.0, 24.0)]
    assert Mutation.objects.get(event="energy.reading.deleted").reason == "Misread"


# ---------------------------------------------------------------- correcting


def test_a_correction_of_the_times_moves_the_energy(store, palesa):
    store(("pv", at(2026, 3, 1), at(2026, 3, 2), "24"))
    stored = EnergyReading.objects.get()
    values = {"starts_at": at(2026, 3, 5), "ends_at": at(2026, 3, 6), "kwh": Decimal(30)}
    readings.correct_reading(EnergyReading, stored.pk, values, Actor.of(palesa), "Wrong day")
    assert day_sums() == [("2026-03-05", 30.0, 24.0)]


def test_a_correction_may_not_overlap_another_reading(store, palesa):
    store(*whole_days("pv", (2026, 3, 1), ["10", "20"]))
    stored = EnergyReading.objects.get(kwh=10)
    values = {"starts_at": at(2026, 3, 1), "ends_at": at(2026, 3, 2, 1), "kwh": Decimal(10)}
    with pytest.raises(readings.Refused, match="overlaps a stored interval"):
        readings.correct_reading(EnergyReading, stored.pk, values, Actor.of(palesa), "Longer")
    assert day_sums() == [("2026-03-01", 10.0, 24.0), ("2026-03-02", 20.0, 24.0)]


# ---------------------------------------------------------------- the balance


def sold(first, kwh):
    """Sales of MAK on consecutive days."""
    for n, energy in enumerate(kwh):
        day = date(*first) + DAY * n
        SiteDay.objects.create(
            site="MAK", period=day.year * 100 + day.month, day=day.day, transactions=1, kwh=Decimal(energy)
        )


@pytest.mark.usefixtures("now")
def test_a_month_in_full(store):
    store(*whole_days("pv", (2026, 3, 1), ["90"] * 31), *whole_days("genset", (2026, 3, 1), ["10"] * 31))
    store(*whole_days("delivered", (2026, 3, 1), ["80"] * 31))
    sold((2026, 3, 1), ["70"] * 31)
    [line] = queries.balances(usual_window(Step.MONTH, "MAK", date(2026, 3, 1), date(2026, 3, 31)))
    assert (line.label, line.generated.value, line.genset_share.value) == ("Mar 2026", 3100, 10)
    assert (line.delivered.value, line.sold.value, line.unaccounted.value) == (2480, 2170, 310)
    assert line.unaccounted_percent.value == Decimal("12.5")


@pytest.mark.usefixtures("now")
def test_days_and_quarters_are_of_the_same_readings(store):
    store(*whole_days("delivered", (2026, 3, 30), ["80", "60"]))
    sold((2026, 3, 30), ["70", "50"])
    days = queries.balances(usual_window(Step.DAY, "MAK", date(2026, 3, 30), date(2026, 3, 31)))
    assert [(line.label, line.unaccounted.value) for line in days] == [("31 Mar 2026", 10), ("30 Mar 2026", 10)]
    [quarter] = queries.balances(usual_window(Step.QUARTER, "MAK", date(2026, 1, 1), date(2026, 3, 31)))
    assert quarter.delivered.reason == "Delivered covers 2 % of the hours, 90 % are needed"


@pytest.mark.usefixtures("now")
def test_the_running_month_is_judged_by_what_has_passed(store):
    store(("delivered", at(2026, 4, 1), at(2026, 4, 1, 9), "45"))
    sold((2026, 4, 1), ["40"])
    [line] = queries.balances(usual_window(Step.MONTH, "MAK", date(2026, 4, 1), date(2026, 4, 30)))
    assert (line.hours_in_period, line.unaccounted.value) == (9, 5)


# ---------------------------------------------------------------- alerts


@pytest.fixture
def usual_month(store):
    """30 days with a usual PV yield of 100 kWh; returns what stores one more day."""
    store(*whole_days("pv", (2026, 3, 1), ["100"] * 30))

    def last_day(kwh):
        store(("pv", at(2026, 3, 31), at(2026, 4, 1), kwh))
        alerts.evaluate()

    return last_day


@pytest.mark.usefixtures("now")
def test_a_day_with_half_the_usual_yield_opens_an_alert(usual_month):
    usual_month("50")
    alert = EnergyAlert.objects.get()
    assert (alert.kind, alert.day, alert.value, alert.low, alert.high) == (
        "yield",
        date(2026, 3, 31),
        Decimal("50.00"),
        Decimal("60.00"),
        Decimal("160.00"),
    )


@pytest.mark.usefixtures("now")
def test_a_usual_day_opens_none(usual_month):
    usual_month("90")
    assert not EnergyAlert.objects.exists()


@pytest.mark.usefixtures("now")
def test_an_alert_stays_one_until_the_figure_is_back_and_is_then_closed(usual_month, palesa):
    usual_month("50")
    alerts.evaluate()
    assert EnergyAlert.objects.count() == 1
    stored = EnergyReading.objects.get(kwh=50)
    values = {"starts_at": stored.starts_at, "ends_at": stored.ends_at, "kwh": Decimal(95)}
    readings.correct_reading(EnergyReading, stored.pk, values, Actor.of(palesa), "Logger was off")
    alerts.evaluate()
    assert not queries.open_alerts().exists()
    assert EnergyAlert.objects.get().closed_at is not None


@pytest.mark.usefixtures("now")
def test_energy_that_is_not_sold_opens_an_alert(store):
    store(*whole_days("delivered", (2026, 3, 2), ["100"] * 30))
    sold((2026, 3, 2), ["70"] * 30)
    assert alerts.evaluate() == 1
    alert = EnergyAlert.objects.get()
    assert (alert.kind, alert.value, alert.unit) == ("loss", Decimal("30.00"), "%")


@pytest.mark.usefixtures("now")
def test_without_enough_coverage_an_open_alert_stays_as_it_is(usual_month, palesa):
    usual_month("50")
    EnergyReading.objects.exclude(kwh=50).delete()
    EnergyDay.objects.filter(channel=Channel.PV).delete()
    alerts.evaluate()
    assert queries.open_alerts().count() == 1


@pytest.mark.usefixtures("now")
def test_an_alert_is_acknowledged_with_a_note_and_logged(usual_month, palesa, lineo):
    usual_month("50")
    alert = EnergyAlert.objects.get()
    with pytest.raises(InvalidInput):
        alerts.acknowledge(alert.pk, Actor.of(palesa), " ")
    with pytest.raises(NotAllowed):
        alerts.acknowledge(alert.pk, Actor.of(lineo), "Seen")
    alerts.acknowledge(alert.pk, Actor.of(palesa), "Snow on the panels")
    alert.refresh_from_db()
    assert (alert.note, alert.acknowledged_by, alert.closed_at) == ("Snow on the panels", "1002", None)
    assert Mutation.objects.get(event="energy.alert.acknowledged").new_values["note"] == "Snow on the panels"
