"""Two people or workers at the same moment, on SQLite and on PostgreSQL: one wins, the others are told."""

import pytest

from ccportal.core.testing.processes import ENGINES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=ENGINES)
def found(request, make_workspace):
    """What came of the acts of at_once.py on a fresh installation; each has an account of its own."""
    return make_workspace(request.param).script("billing.tests.at_once")


def test_a_payment_recorded_by_four_people_is_one_payment_and_one_row(found):
    case = found["one_payment"]
    assert case["answers"] == ["AlreadyRecorded"] * 3 + ["done"]
    assert (case["payments"], case["amounts"]) == (["posted"], [50.0, 50.0])


def test_payments_for_one_account_all_count_in_its_balance(found):
    case = found["many_payments"]
    assert case["payments"] == ["posted"] * 4
    assert case["amounts"] == [10.0, 20.0, 30.0, 40.0, 50.0]
    # 10 kWh before, and M 100 at M 5 for a kWh.
    assert max(case["balances"]) == case["balances"][-1] == 30.0
    assert len(set(case["balances"])) == 5


def test_of_four_reversals_one_is_made(found):
    case = found["one_reversal"]
    assert case["answers"] == ["Conflict"] * 3 + ["done"]
    assert case["payments"] == ["posted", "reversed", "unmatched"]
    assert case["amounts"] == [-50.0, 50.0, 50.0]


def test_of_four_matches_one_is_made(found):
    case = found["one_match"]
    assert case["answers"] == ["Conflict"] * 3 + ["done"]
    assert (case["payments"], case["amounts"]) == (["posted"], [50.0, 50.0])


def test_of_three_changes_and_a_deletion_one_is_made(found):
    case = found["one_edit"]
    assert case["answers"].count("done") == 1
    assert case["amounts"] in ([], [70.0])


def test_a_form_sent_four_times_at_once_writes_one_row(found):
    case = found["one_form"]
    assert case["answers"].count("done") == 1
    assert case["amounts"] == [50.0, 50.0]


def test_four_workers_post_a_notification_once(found):
    case = found["one_notification"]
    assert (case["payments"], case["amounts"]) == (["posted"], [50.0, 50.0])


def test_nothing_is_left_open(found):
    assert found["pending"] == 0
