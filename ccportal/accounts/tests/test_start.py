"""What a production start refuses."""

import os
import subprocess
import sys

import pytest

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
