"""Children are restarted while wanted, and gone when not: real processes, real signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo import supervisor

ROOT = Path(__file__).resolve().parents[2]

#: A supervisor of two children; the first one starts a process of its own, and each writes down its number.
PROGRAM = """
import sys
from pathlib import Path
from demo.supervisor import Child, Supervisor

folder = Path(sys.argv[1])
supervisor = Supervisor(lambda text: print(text, flush=True))
supervisor.listen()
parent = 'echo $$ >> {0}/pids; sleep 1000 & echo $! >> {0}/pids; wait'
deaf = 'trap "" TERM; echo $$ >> {0}/pids; while :; do sleep 0.1; done'
try:
    for name, script in (("parent", parent), (sys.argv[2], {"deaf": deaf, "crash": "echo boom; exit 3"}[sys.argv[2]])):
        supervisor.add(Child(name, ["sh", "-c", script.format(folder)], {}, folder / (name + ".log")))
    print("started", flush=True)
    supervisor.watch()
finally:
    supervisor.stop(patience=1.0)
print("stopped", flush=True)
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def supervised(tmp_path):
    """Starts the program above; gives it, and what tells the numbers of all its processes."""
    started = []

    def start(second="deaf"):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), second],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "started\n"
        return process

    def pids():
        file = tmp_path / "pids"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    yield start, pids
    for process in started:
        process.kill()
        process.wait()
    for pid in pids():
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_request_to_stop_ends_children_and_what_they_started(supervised, number):
    start, pids = supervised
    process = start()
    eventually(lambda: len(pids()) == 3)
    process.send_signal(number)
    assert process.wait(timeout=60) == 0
    assert not any(alive(pid) for pid in pids())


def test_no_child_outlives_a_supervisor_that_was_killed(supervised):
    start, pids = supervised
    process = start("deaf")
    eventually(lambda: len(pids()) == 3)
    process.kill()
    eventually(lambda: not any(alive(pid) for pid in pids()))


def test_a_child_that_ends_is_started_again_later_and_later(supervised):
    start, _ = supervised
    process = start("crash")
    said = [process.stdout.readline() for _ in range(4)]
    assert said[0] == "crash ended (status 3); starting it again in 1 s. Its last lines:\n"
    assert said[1] == "    boom\n"
    assert said[2] == "crash ended (status 3); starting it again in 2 s. Its last lines:\n"


def test_the_log_of_a_child_that_keeps_talking_stays_small(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "LOG_LIMIT_BYTES", 1000)
    log = tmp_path / "talker.log"
    child = supervisor.Child("talker", ["sh", "-c", "while :; do echo talk; sleep 0.001; done"], dict(os.environ), log)
    child.start()
    try:
        eventually(lambda: log.stat().st_size > 1000)
        child.limit_log()
        assert (tmp_path / "talker.old.log").stat().st_size > 1000
        emptied = log.stat().st_size
        assert emptied < 1000
        eventually(lambda: log.stat().st_size > emptied)
        assert log.read_bytes().startswith(b"talk")
    finally:
        child.tell(signal.SIGKILL)
        child.process.wait()
