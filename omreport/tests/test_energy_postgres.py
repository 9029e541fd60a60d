"""Readings on PostgreSQL: what the database itself refuses, and two loggers that send the same at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
ADDED = "Outcome(added=1, already=0, corrected=0)"
ALREADY = "Outcome(added=0, already=1, corrected=0)"


@pytest.fixture(scope="module")
def answer(postgres, tmp_path_factory):
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path_factory.mktemp("var")),
        "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
        "DATABASE_URL": postgres.url(postgres.create_database()),
        "ACDB_URL": postgres.url(postgres.create_database()),
        "DJANGO_SETTINGS_MODULE": "ccportal.settings",
        "DEBUG": "1",
        "PYTHONPATH": str(ROOT),
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    run("manage.py", "migrate", "-v0")
    return json.loads(run("-m", "omreport.tests.energy_at_once").splitlines()[-1])


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
