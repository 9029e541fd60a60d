"""The figures of an account (semantics 7), with literal values."""

from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.calculations import (
    Basis,
    Energy,
    HourOfReadings,
    Kind,
    Window,
    average_per_day,
    balance,
    choose_basis,
    daily_series,
    days_left,
    elapsed_days,
    energy_per_day,
    kind_of,
    monthly_series,
    recharge_seconds,
)

TODAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 21, 12, 0)
WINDOW = Window.ending(TODAY, 30)


def energy(read=None, hours=(), consumed=None, vended=None):
    return Energy(read or {}, frozenset(hours), consumed or {}, vended or {})


def hours_before_noon(count):
    return [NOON - timedelta(hours=back) for back in range(count)]


@pytest.mark.parametrize(
    ("is_payment", "amount", "kwh", "kind"),
    [
        (True, D("50"), 10.0, Kind.PAYMENT),
        (True, None, None, Kind.PAYMENT),
        (False, D("3.2"), None, Kind.CONSUMPTION),
        (False, D("3.2"), 0.0, Kind.CONSUMPTION),
        (None, D("3.2"), None, Kind.CONSUMPTION),
        (False, D("-110"), -22.0, Kind.REVERSAL),
        (False, D("-10"), None, Kind.REVERSAL),
        (False, D("0"), 0.0, Kind.OTHER),
        (False, D("20"), 4.0, Kind.OTHER),
    ],
)
def test_a_row_is_what_its_flag_amount_and_energy_say(is_payment, amount, kwh, kind):
    assert kind_of(is_payment, amount, kwh) == kind


# ---------------------------------------------------------------- balance


def test_the_recorded_balance_counts():
    assert balance(14.091493, bought=99, used=1, newest_kwh=7) == D("14.091493")


def test_a_recorded_balance_of_zero_is_a_balance():
    assert balance(0, bought=99, used=1, newest_kwh=7) == 0


def test_a_recorded_balance_below_zero_is_zero():
    assert balance(-3.5) == 0


def test_without_a_recorded_balance_it_is_what_was_bought_less_what_was_used():
    assert balance(None, bought=30, used=12.5, newest_kwh=4) == D("17.5")


def test_using_more_than_was_bought_leaves_nothing():
    assert balance(None, bought=3, used=12.5) == 0


def test_use_recorded_as_negative_is_still_use():
    assert balance(None, bought=30, used=-12.5) == D("17.5")


def test_without_any_use_it_is_the_energy_of_the_newest_row():
    assert balance(None, bought=30, used=0, newest_kwh=4) == 4


def test_an_account_without_rows_has_nothing():
    assert balance(None) == 0


@given(*[st.none() | st.floats(-1e6, 1e6)] * 4)
def test_a_balance_is_never_negative(stored, bought, used, newest):
    assert balance(stored, bought=bought, used=used, newest_kwh=newest) >= 0


# ---------------------------------------------------------------- readings


def test_energy_is_mean_power_per_hour_summed_over_hours_and_meters():
    hours = [
        HourOfReadings(datetime(2026, 11, 20, 18), 0.4),
        HourOfReadings(datetime(2026, 11, 20, 19), 0.25),
        HourOfReadings(datetime(2026, 11, 20, 19), 0.1),
        HourOfReadings(datetime(2026, 11, 21, 0), 0.5),
    ]
    assert energy_per_day(hours) == {date(2026, 11, 20): D("0.75"), date(2026, 11, 21): D("0.5")}


def test_an_hour_without_positive_power_adds_nothing():
    hours = [HourOfReadings(datetime(2026, 11, 20, 18), None), HourOfReadings(datetime(2026, 11, 20, 19), -4.0)]
    assert energy_per_day(hours) == {date(2026, 11, 20): D(0)}


# ---------------------------------------------------------------- basis


def test_readings_that_cover_the_window_are_the_basis():
    # From 23 Oct 00:00 to 21 Nov 12:00 are 708 hours; four fifths of them are 566.4.
    known = energy(hours=hours_before_noon(567), consumed={TODAY: D(3)}, vended={TODAY: D(5)})
    assert choose_basis(known, WINDOW, NOON) == Basis.READINGS


def test_readings_with_larger_gaps_are_not_the_basis():
    known = energy(hours=hours_before_noon(566), consumed={TODAY: D(3)}, vended={TODAY: D(5)})
    assert choose_basis(known, WINDOW, NOON) == Basis.CONSUMPTION


def test_readings_before_the_window_do_not_cover_it():
    known = energy(hours=[hour - timedelta(days=30) for hour in hours_before_noon(700)], vended={TODAY: D(5)})
    assert choose_basis(known, WINDOW, NOON) == Basis.VENDED


def test_consumption_rows_of_other_times_are_not_the_basis():
    known = energy(consumed={TODAY - timedelta(days=30): D(3)}, vended={TODAY: D(5)})
    assert choose_basis(known, WINDOW, NOON) == Basis.VENDED


def test_an_unknown_account_is_said_to_rest_on_what_was_bought():
    assert choose_basis(energy(), WINDOW, NOON) == Basis.VENDED


def test_readings_of_a_young_account_need_to_cover_only_its_life():
    known = energy(hours=hours_before_noon(12), vended={TODAY: D(5)})
    assert choose_basis(known, WINDOW.since(TODAY), NOON) == Basis.READINGS


@pytest.mark.parametrize(
    ("first", "kept"),
    [(None, date(2026, 10, 23)), (date(2020, 1, 1), date(2026, 10, 23)), (date(2026, 12, 24), TODAY)],
)
def test_the_window_begins_with_the_account_but_never_after_today(first, kept):
    assert WINDOW.since(first) == Window(kept, TODAY)


# ---------------------------------------------------------------- average and days left


@pytest.mark.parametrize(
    ("first_day", "days"),
    [
        (date(2021, 2, 20), 30),
        (date(2026, 10, 22), 30),
        (date(2026, 10, 23), 29),
        (date(2026, 11, 11), 10),
        (date(2026, 11, 20), 1),
        (TODAY, 1),
        (date(2027, 1, 1), 1),
        (None, 30),
    ],
)
def test_use_is_divided_by_elapsed_days(first_day, days):
    assert elapsed_days(first_day, TODAY) == days


def test_days_without_use_count_in_the_average():
    per_day = {date(2026, 11, 1): D(10), date(2026, 11, 15): D(20)}
    assert average_per_day(per_day, WINDOW, 30) == 1


def test_use_before_the_window_does_not_count():
    per_day = {date(2026, 10, 22): D(300), date(2026, 10, 23): D(30)}
    assert average_per_day(per_day, WINDOW, 30) == 1


def test_days_left_is_balance_over_average():
    assert days_left(D("10"), D("4")) == D("2.5")
    assert recharge_seconds(D("10"), D("4")) == 216_000


def test_nobody_can_tell_the_days_left_when_nothing_is_used():
    assert days_left(D("10"), D(0)) is None
    assert recharge_seconds(D("10"), D(0)) == 0


def test_nothing_left_is_no_days_left():
    assert days_left(D(0), D(4)) == 0
    assert recharge_seconds(D(0), D(4)) == 0


def test_seconds_are_whole_and_cut_off():
    assert recharge_seconds(D("1"), D("3")) == 28_800
    assert recharge_seconds(D("2"), D("7")) == 24_685


# ---------------------------------------------------------------- series


def test_a_week_has_seven_days_oldest_first_today_included():
    week = daily_series({TODAY: D("1.005"), date(2026, 11, 16): D(2), date(2026, 11, 14): D(9)}, TODAY, 7)
    assert [(str(value.day), value.kwh) for value in week] == [
        ("2026-11-15", D("0.00")),
        ("2026-11-16", D("2.00")),
        ("2026-11-17", D("0.00")),
        ("2026-11-18", D("0.00")),
        ("2026-11-19", D("0.00")),
        ("2026-11-20", D("0.00")),
        ("2026-11-21", D("1.01")),
    ]


def test_a_year_has_twelve_calendar_months_none_repeated_or_skipped():
    # In steps of 30 days, 31 January would name March twice and skip February (D-28).
    year = monthly_series(
        {date(2026, 1, 31): D("1.25"), date(2025, 3, 1): D("2.04"), date(2025, 1, 31): D(7)}, date(2026, 1, 31)
    )
    assert [str(value.month) for value in year] == [
        "2025-02",
        "2025-03",
        "2025-04",
        "2025-05",
        "2025-06",
        "2025-07",
        "2025-08",
        "2025-09",
        "2025-10",
        "2025-11",
        "2025-12",
        "2026-01",
    ]
    assert [value.kwh for value in year] == [0, D("2.0"), *[0] * 9, D("1.3")]


days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
use = st.dictionaries(days, st.decimals(0, 1000, places=2), max_size=60)


@given(use, days, st.sampled_from([7, 30]))
def test_a_series_holds_every_day_once_and_nothing_is_lost_or_invented(per_day, today, length):
    series = daily_series(per_day, today, length)
    window = Window.ending(today, length)
    assert [value.day for value in series] == [today - timedelta(days=back) for back in reversed(range(length))]
    assert sum(value.kwh for value in series) == sum(kwh for day, kwh in per_day.items() if day in window)


@given(use, days)
def test_the_months_are_twelve_in_order_and_end_with_todays(per_day, today):
    months = [value.month for value in monthly_series(per_day, today)]
    assert len(months) == 12
    assert all(months[i] + 1 == months[i + 1] for i in range(11))
    assert (months[-1].year, months[-1].month) == (today.year, today.month)
    total = sum(kwh for day, kwh in per_day.items() if months[0].first_day <= day < (months[-1] + 1).first_day)
    assert abs(sum(value.kwh for value in monthly_series(per_day, today)) - total) <= D("0.6")


@given(use, days)
def test_the_average_of_an_old_account_is_the_mean_of_its_thirty_day_series(per_day, today):
    series = daily_series(per_day, today, 30)
    assert average_per_day(per_day, Window.ending(today, 30), 30) == sum(value.kwh for value in series) / 30
