"""The registry with both databases on PostgreSQL, as in production."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def answers(postgres, tmp_path_factory):
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path_factory.mktemp("var")),
        "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
        "DATABASE_URL": postgres.url(postgres.create_database()),
        "ACDB_URL": postgres.url(postgres.create_database()),
        "DJANGO_SETTINGS_MODULE": "ccportal.settings",
        "DEBUG": "1",
        "ALLOWED_HOSTS": "testserver",
        "PYTHONPATH": str(ROOT),
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    run("manage.py", "migrate", "-v0")
    run("manage.py", "acdb_import", "demo/sample.accdb")
    return json.loads(run("-m", "customers.tests.visit").splitlines()[-1])


def test_search_finds_carons_plots_and_short_words(answers):
    assert answers["letsela"][0] == 40
    assert answers["plot"] == [1, "'Mantšali Tšosane"]
    assert answers["two letters"][0] == 107
    assert answers["search"] == 12


def test_lookups_find_the_customer(answers):
    assert (answers["phone"], answers["account"], answers["sites"]) == ("1", "1", 14)


def test_totals_are_those_of_the_file(answers):
    assert answers["summary"] == {"mwh": 162.32, "lsl_thousands": 814.1}


def test_every_page_opens(answers):
    assert answers["pages"] == [200, 200, 200]


def test_the_balance_is_the_newest_of_the_account(answers):
    assert answers["balance"] == 11.2


def test_a_customer_is_registered_and_meters_are_assigned_replaced_and_removed(answers):
    assert answers["onboarded"] == {
        "asked": True,
        "accounts": ["0861TLH", "0861TLH"],
        "statuses": ["replaced", "removed"],
        "found": [1, "Thato Molefe"],
    }
