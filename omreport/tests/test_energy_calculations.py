"""Counters, several sources, days, and the balance: literal values, and properties that hold for any."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omreport.energy.balance import Balance, Floors, Measured, Sales
from omreport.energy.calculations import Interval, by_day, counted, differences, merged

#: On a busy machine examples take long to make, which says nothing about the code.
patient = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MASERU = ZoneInfo("Africa/Maseru")
START = datetime(2026, 3, 1, tzinfo=UTC)
FLOORS = Floors(hours=90, sales=50)


def hour(number):
    return START + timedelta(hours=number)


def interval(start, end, kwh):
    return Interval(hour(start), hour(end), Decimal(kwh))


# ---------------------------------------------------------------- counters


@pytest.mark.parametrize(
    ("before", "after", "kwh", "restarted"),
    [
        ("1200", "1250.5", "50.5", False),
        ("1200", "1200", "0", False),
        ("1200", "30", "30", True),
        ("99990", "15", "25", False),
        ("99990.5", "15", "24.5", False),
        ("990", "5", "5", True),  # a register of three digits is too small to be believed
        ("51234", "15", "15", True),
    ],
)
def test_energy_is_the_difference_and_a_counter_that_falls_restarts_or_rolls_over(before, after, kwh, restarted):
    assert counted(Decimal(before), Decimal(after)) == (Decimal(kwh), restarted)


def test_a_stated_register_size_decides_where_it_rolls_over():
    assert counted(Decimal(65530), Decimal(6), stated=Decimal(65536)) == (Decimal(12), False)


def test_a_gap_of_more_than_31_days_stays_a_gap():
    values = [(hour(0), Decimal(10)), (hour(24 * 32), Decimal(500)), (hour(24 * 33), Decimal(520))]
    assert differences(values) == [Interval(hour(24 * 32), hour(24 * 33), Decimal(20))]


@patient
@given(st.lists(st.decimals(0, 1000, places=2), min_size=1, max_size=30))
def test_a_counter_that_never_falls_adds_up_to_its_last_less_its_first_value(steps):
    shown = [sum(steps[: n + 1], Decimal(0)) for n in range(len(steps))]
    found = differences((hour(n), value) for n, value in enumerate(shown))
    assert sum((piece.kwh for piece in found), Decimal(0)) == shown[-1] - shown[0]
    assert not any(piece.restarted for piece in found)


@patient
@given(st.lists(st.decimals(0, 10**7, places=1), max_size=30))
def test_whatever_a_counter_shows_no_energy_is_negative(values):
    assert all(piece.kwh >= 0 for piece in differences((hour(n), value) for n, value in enumerate(values)))


# ---------------------------------------------------------------- several sources


def test_the_second_source_fills_only_what_the_first_leaves_open():
    logger = [interval(0, 10, "100"), interval(12, 24, "120")]
    upload = [interval(0, 24, "240")]
    pieces = [((p.start, p.end), p.kwh) for p in merged([logger, upload])]
    assert pieces == [
        ((hour(0), hour(10)), Decimal(100)),
        ((hour(10), hour(12)), Decimal(20)),
        ((hour(12), hour(24)), Decimal(120)),
    ]


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10)), max_size=8)


def disjoint(pairs, kwh):
    """Intervals one after the other: gap, length."""
    at, found = 0, []
    for gap, length in pairs:
        found.append(interval(at + gap, at + gap + length, kwh * length))
        at += gap + length
    return found


@patient
@given(st.lists(spans, max_size=3))
def test_pieces_of_several_sources_never_overlap_and_cover_all_that_any_covers(sources):
    # Every source says 1 kWh an hour, so energy and covered hours must agree.
    pieces = merged([disjoint(source, 1) for source in sources])
    assert all(one.end <= other.start for one, other in pairwise(pieces))
    hours = {at for source in sources for i in disjoint(source, 1) for at in range(_n(i.start), _n(i.end))}
    assert sum((p.kwh for p in pieces), Decimal(0)) == pytest.approx(Decimal(len(hours)))


def _n(moment):
    return int((moment - START).total_seconds() // 3600)


# ---------------------------------------------------------------- days


def test_an_interval_over_midnight_is_shared_out_by_time():
    # 22:00 to 02:00 in UTC is midnight to 04:00 in Maseru.
    days = by_day(merged([[interval(18, 26, "80")]]), MASERU)
    assert {day: (total.kwh, total.seconds) for day, total in days.items()} == {
        date(2026, 3, 1): (Decimal(40), 4 * 3600),
        date(2026, 3, 2): (Decimal(40), 4 * 3600),
    }


def test_a_reading_of_a_week_says_nothing_about_a_day():
    days = by_day(merged([[interval(22, 22 + 7 * 24, "700")]]), MASERU)
    assert sum(total.kwh for total in days.values()) == Decimal(700)
    assert [total.fine_seconds for total in days.values()] == [0] * 7


@patient
@given(spans)
def test_days_add_up_to_the_intervals(pairs):
    intervals = disjoint(pairs, 3)
    days = by_day(merged([intervals]), MASERU)
    assert sum(total.seconds for total in days.values()) == sum(i.seconds for i in intervals)
    assert sum((total.kwh for total in days.values()), Decimal(0)) == pytest.approx(
        sum((i.kwh for i in intervals), Decimal(0))
    )


# ---------------------------------------------------------------- the balance


SOLD = Sales(Decimal(700), 10)


def balance(channels, sales=SOLD, known=None):
    """Ten days; ``channels`` has kWh and covered hours."""
    measured = {name: Measured(Decimal(kwh), hours * 3600) for name, (kwh, hours) in channels.items()}
    return Balance("MAK", "Mar 2026", 240 * 3600, 10, known or set(channels), FLOORS, measured, sales)


def test_the_worked_example():
    line = balance({"pv": ("900", 240), "genset": ("100", 240), "delivered": ("800", 230)})
    assert line.generated.value == 1000
    assert line.genset_share.value == 10
    assert line.unaccounted.value == 100
    assert line.unaccounted_percent.value == Decimal("12.5")
    assert round(line.coverage("delivered"), 1) == Decimal("95.8")


def test_below_the_floor_there_is_a_reason_and_no_number():
    line = balance({"pv": ("900", 240), "delivered": ("800", 120)})
    assert line.delivered.value is None
    assert line.unaccounted.value is None
    assert line.unaccounted_percent.reason == "Delivered covers 50 % of the hours, 90 % are needed"
    assert line.generated.value == 900


def test_a_channel_that_fell_silent_makes_the_sum_not_computable():
    line = balance({"pv": ("900", 240)}, known={"pv", "genset"})
    assert line.generated.value is None
    assert line.generated.reason == "Genset covers 0 % of the hours, 90 % are needed"


def test_too_few_days_with_sales_make_the_loss_not_computable():
    line = balance({"delivered": ("800", 240)}, sales=Sales(Decimal(100), 4))
    assert line.sold.reason == "sales on 4 of 10 days, 50 % are needed"
    assert line.unaccounted.value is None


def test_a_site_without_genset_has_no_genset_share():
    assert balance({"pv": ("900", 240)}).genset_share.reason == "the site has never reported Genset"


def test_nothing_delivered_is_no_division_by_zero():
    line = balance({"delivered": ("0", 240)})
    assert (line.unaccounted.value, line.unaccounted_percent.reason) == (-700, "nothing was delivered")
