"""What a production start refuses."""

import os
import subprocess
import sys

import pytest

from ccportal.accounts.checks import exchange_of_tickets

PRODUCTION = {"PRODUCTION": "1", "DEMO": "0", "SECRET_KEY": "k" * 50, "ENV_FILE": os.devnull}


def start(tmp_path, **variables):
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **PRODUCTION, **variables}
    command = [sys.executable, "-c", "import ccportal.wsgi"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return ended.returncode, (ended.stderr.strip().splitlines() or [""])[-1]


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [("SECRET_KEY", "SECRET_KEY is not set"), ("JWT_SIGNING_KEY", "JWT_SIGNING_KEY is not set")],
)
def test_the_server_does_not_start_without_its_secrets(tmp_path, missing, complaint):
    variables = {"JWT_SIGNING_KEY": "given"} | {missing: ""}
    status, said = start(tmp_path, **variables)
    assert status == 1
    assert complaint in said


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short; production needs 50 random characters"),
        ({"JWT_SIGNING_KEY": "no key"}, "JWT_SIGNING_KEY is not the PEM of an unencrypted private key"),
    ],
)
def test_the_server_does_not_start_with_secrets_that_are_none(tmp_path, variables, complaint):
    status, said = start(tmp_path, **{"JWT_SIGNING_KEY": "given"} | variables)
    assert status == 1
    assert complaint in said


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"UGRIDPLAN_WEBHOOK_SECRET": "too-short"}, ["accounts.E003"]),
        ({"UGRIDPLAN_URL": "https://ugp.example.org"}, ["accounts.E004"]),
        ({"UGRIDPLAN_URL": "https://ugp.example.org", "UGRIDPLAN_USER": "SVC1", "UGRIDPLAN_PASSWORD": "p"}, []),
        (
            {"PRODUCTION": True, "UGRIDPLAN_URL": "https://ugp.example.org", "UGRIDPLAN_USER": "S",
             "UGRIDPLAN_PASSWORD": "p", "ONM_EMAILS": ["om@example.org"]},
            ["accounts.W001", "accounts.W002"],
        ),
    ],
)  # fmt: skip
def test_the_exchange_of_tickets_is_checked_at_the_start(settings, given, found):
    for name, value in given.items():
        setattr(settings, name, value)
    assert [fault.id for fault in exchange_of_tickets(None)] == found
