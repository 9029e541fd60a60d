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
