"""Three codes an hour, also when they are asked for at the same moment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def given(tmp_path, **variables):
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
        "DJANGO_SETTINGS_MODULE": "ccportal.settings",
        "DEMO": "1",
        "PYTHONPATH": str(ROOT),
        **variables,
    }
    command = [sys.executable, "-m", "ccportal.accounts.tests.codes_at_once"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


@pytest.mark.slow
def test_eight_requests_at_once_get_three_codes(tmp_path):
    assert given(tmp_path) == 3


@pytest.mark.slow
@pytest.mark.postgres
def test_eight_requests_at_once_get_three_codes_on_postgresql(tmp_path, postgres):
    assert given(tmp_path, DATABASE_URL=postgres.url(postgres.create_database())) == 3
