"""Customers write while processes are killed and vendors fail: nothing is lost, nothing doubled."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.broker
def test_forty_messages_survive_killed_processes_and_failing_vendors():
    command = [sys.executable, "-m", "demo.bench.chaos", "--messages", "40", "--seed", "3", "--patience", "150"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=400)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert "messages stored: 40" in ended.stdout
    assert "nothing lost, nothing doubled" in ended.stdout
