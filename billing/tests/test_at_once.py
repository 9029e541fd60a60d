"""Two people or workers at the same moment, on SQLite and on PostgreSQL: one wins, the others are told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def found(request, tmp_path_factory):
    """What came of the acts of at_once.py on a fresh installation; each has an account of its own."""
    urls = {}
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        urls = {name: server.url(server.create_database()) for name in ("DATABASE_URL", "ACDB_URL")}
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path_factory.mktemp("at-once")),
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
        "DJANGO_SETTINGS_MODULE": "ccportal.settings",
        "DEMO": "1",
        "PYTHONPATH": str(ROOT),
        **urls,
    }
    command = [sys.executable, "-m", "billing.tests.at_once"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


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
