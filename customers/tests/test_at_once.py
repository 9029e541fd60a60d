"""Several processes at once: no account number twice, no meter twice, no form twice; on SQLite and PostgreSQL."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=ENGINES)
def at_once(request, tmp_path):
    """``at_once("numbers", 8, 25)``: what came out when 8 processes did it 25 times each."""

    def run(act, workers, turns):
        environment = {
            **os.environ,
            "VAR_DIR": str(tmp_path),
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
            "DJANGO_SETTINGS_MODULE": "ccportal.settings",
            "DEMO": "1",
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
        }
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres")
            environment["DATABASE_URL"] = server.url(server.create_database())
            environment["ACDB_URL"] = server.url(server.create_database())
        command = [sys.executable, "-m", "customers.tests.many_at_once", act, str(workers), str(turns)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

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
