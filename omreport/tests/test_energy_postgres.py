"""Readings on PostgreSQL: what the database itself refuses, and two loggers that send the same at once."""

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
ADDED = "Outcome(added=1, already=0, corrected=0)"
ALREADY = "Outcome(added=0, already=1, corrected=0)"


@pytest.fixture(scope="module")
def answer(make_workspace):
    return make_workspace("postgres").script("omreport.tests.energy_at_once")


def test_two_loggers_that_send_the_same_at_once_store_it_once_and_both_are_content(answer):
    assert answer["same"] == [[ALREADY, ADDED]] * 5


def test_of_two_values_for_the_same_time_one_is_stored_and_the_other_is_a_conflict(answer):
    assert answer["different"] == [[ADDED, "refused 409"]] * 5


def test_of_two_overlapping_intervals_one_is_refused(answer):
    assert answer["overlapping"] == [[ADDED, "refused 409"]] * 2


def test_sums_of_a_day_miss_nothing_that_is_written_at_once(answer):
    assert answer["neighbours"] == [ADDED, ADDED]
    assert answer["day equals readings"] is True


def test_the_database_refuses_negative_double_and_backward_readings(answer):
    assert (answer["negative"], answer["twice"], answer["backward"]) == (True, True, True)
