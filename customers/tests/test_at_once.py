"""Several processes at once: no account number twice, no meter twice, no form twice; on SQLite and PostgreSQL."""

import pytest

from ccportal.core.testing.processes import ENGINES

pytestmark = pytest.mark.slow


@pytest.fixture(params=ENGINES)
def at_once(request, make_workspace):
    """``at_once("numbers", 8, 25)``: what came out when 8 processes did it 25 times each."""

    def run(act, workers, turns):
        return make_workspace(request.param).script("customers.tests.many_at_once", act, str(workers), str(turns))

    return run


def numbers(first, last):
    return [f"{number:04d}MAK" for number in range(first, last + 1)]


def test_two_hundred_numbers_drawn_by_eight_processes_are_distinct_and_without_gap(at_once):
    found = at_once("numbers", 8, 25)
    assert (found["workers"], found["refused"]) == (8, [])
    assert found["accounts"] == numbers(42, 241)


def test_assignments_at_once_give_each_account_one_meter_and_a_refusal_costs_no_number(at_once):
    found = at_once("assignments", 8, 5)
    assert found["workers"] == 8
    assert len(found["refused"]) == 13
    assert found["accounts"] == numbers(42, 68)
    assert found["registered"] == found["listed"] == found["accounts"]
    assert found["states"] == ["done"] * 27


def test_a_meter_wanted_eight_times_and_a_form_sent_eight_times_lead_to_one_assignment_each(at_once):
    found = at_once("same", 8, 2)
    assert found["registered"] == found["listed"] == sorted(set(found["accounts"]))
    assert [state for state in found["states"] if state != "failed"] == ["done", "done"]
    assert len(found["accounts"]) + len(found["refused"]) == 16
    assert len(found["refused"]) >= 7
