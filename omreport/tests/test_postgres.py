"""The rollups with both databases on PostgreSQL, as in production."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(postgres, tmp_path_factory):
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

    def call(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    call("manage.py", "migrate", "-v0")
    call("manage.py", "acdb_import", "demo/sample.accdb")
    return call


@pytest.mark.parametrize("seed", ["1", "2"])
def test_after_random_edits_the_rollups_equal_a_direct_computation(run, seed):
    assert json.loads(run("-m", "omreport.tests.follow", seed).splitlines()[-1]) == {
        "differences": [],
        "followed": True,
        "refreshes": True,
    }


def test_the_command_finds_every_figure_equal(run):
    assert "Every figure equals the customer database." in run("manage.py", "rollups", "check")
