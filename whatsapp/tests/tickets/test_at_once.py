"""Workers, technicians and staff at the same moment, on SQLite and on PostgreSQL: one wins, the others are told."""

import pytest

from ccportal.core.testing.processes import ENGINES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=ENGINES)
def found(request, make_workspace):
    """What came of the acts of at_once.py on a fresh installation; each has a site of its own."""
    workspace = make_workspace(request.param, UGRIDPLAN_URL="http://127.0.0.1:1", ONM_EMAILS="om@example.org")
    return workspace.script("whatsapp.tests.tickets.at_once")


def test_eight_first_reporters_of_an_outage_share_one_ticket(found):
    case = found["first_reporters"]
    assert case["answers"] == ["done"] * 8
    assert (case["tickets"], case["reporters"]) == (1, [8])


def test_eight_tickets_have_eight_numbers_without_a_gap(found):
    case = found["numbers"]
    assert case["answers"] == ["done"] * 8
    assert case["ends"] == [f"{number:04d}" for number in range(1, 9)]


def test_of_two_technicians_who_accept_one_has_the_job_and_the_other_is_told(found):
    case = found["two_accept"]
    assert case["answers"] == ["done"] * 3
    assert (case["technician"], case["acknowledged"]) == ("Pule", 1)
    assert case["offers"] == [["Tau", "expired"], ["Pule", "accepted"]]
    assert "taken by another" in case["tau"] or "gone to somebody else" in case["tau"]


def test_who_accepts_when_the_time_runs_out_has_the_job_or_the_next_is_asked(found):
    case = found["accept_and_expire"]
    assert set(case["answers"]) == {"done"}
    assert case["wrong"] == []


def test_of_two_people_who_close_a_ticket_one_is_told_that_it_changed(found):
    assert found["two_close"] == {"answers": ["Conflict", "done"], "closed": 1}


def test_news_that_come_by_webhook_and_by_asking_count_once(found):
    assert found["webhook_and_poll"] == {"answers": ["done"] * 4, "resolved": 1, "comments": 1, "asked": 1}


def test_clocks_that_several_workers_look_at_alert_once(found):
    case = found["clocks_of_two_workers"]
    assert case == {"answers": ["done"] * 3, "alerts": [1, 1, 1, 1, 1], "letters": 5}


def test_messages_that_are_delivered_eight_times_at_once_are_stored_and_counted_once(found):
    assert found["deliveries"] == {
        "answers": ["done"] * 8, "contacts": 5, "messages": [1, 1, 1, 1, 9], "unread": [1, 1, 1, 1, 9],
    }  # fmt: skip


def test_an_answer_and_a_step_of_staff_do_not_block_each_other(found):
    case = found["answer_and_close"]
    # Closed before the no came: it opens again. After it: there is nothing wrong with that either.
    assert set(case["answers"]) <= {"done", "Conflict"}
    assert set(case["states"]) <= {"reopened", "closed"}


def test_nobody_is_told_anything_twice(found):
    assert found["said_twice"] == []
