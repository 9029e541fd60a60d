"""The portal in processes of its own, on data that no other test sees.

A pytest plugin: ``make_workspace()`` is a folder with settings of its own, in which commands, scripts and a web server
run; ``make_workspace("postgres")`` keeps its data in two fresh PostgreSQL databases instead of SQLite files.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 90
#: For ``parametrize`` and fixtures: what ``make_workspace`` takes.
ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
_SETUP = "import django; django.setup()\n"
_SCRIPT = "import runpy, sys; runpy.run_module(sys.argv.pop(1), run_name='__main__')"


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
class Workspace:
    """A folder for the portal's data, and the means to run programs on it; ``extra`` is added to their environment.

    A program that fails fails the test with the end of its error output.
    """

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "VAR_DIR": str(self.folder),
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
            "DJANGO_SETTINGS_MODULE": "ccportal.settings",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "DEMO": "1",
            "LOG_LEVEL": "ERROR",
            **self.extra,
        }

    def run(self, *command: str) -> str:
        """What ``python <command>`` prints."""
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
        return self.run("-c", _SETUP + code)

    def script(self, module: str, *arguments: str) -> Any:
        """The JSON that a module prints last, run as a program with Django set up."""
        return json.loads(self.run("-c", _SETUP + _SCRIPT, module, *arguments).splitlines()[-1])

    def make_databases(self) -> None:
        """Migrate our database and make the ACDB's tables, which stay empty."""
        self.manage("migrate", "-v0")
        self.python(
            "from django.db import connections; from ccportal.acdb.testing import create_tables\n"
            "create_tables(connections['acdb'])"
        )

    def import_sample(self) -> None:
        """Migrate our database and import the sample into the ACDB."""
        self.manage("migrate", "-v0")
        self.manage("acdb_import", "demo/sample.accdb")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address of a web server that runs as in production, for as long as the context lasts."""
        url = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--blocking-threads", "4", "--no-ws", "ccportal.wsgi:application"]
        log = self.folder / "web.log"
        with log.open("wb") as out:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=out, stderr=out)

        def answers() -> bool:
            assert process.poll() is None, log.read_text()[-3000:]
            try:
                return bool(httpx.get(f"{url}/health", timeout=20).json()["status"] == "ok")
            except httpx.TransportError:
                return False

        try:
            wait_for(answers, "the portal answers")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="session")
def make_workspace(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Workspace]:
    """``make_workspace("postgres", ONM_EMAILS="om@example.org")``: a workspace whose databases are empty."""

    def make(engine: str = "sqlite", **extra: str) -> Workspace:
        if engine == "postgres":
            server = request.getfixturevalue("postgres")
            extra = {name: server.url(server.create_database()) for name in ("DATABASE_URL", "ACDB_URL")} | extra
        return Workspace(tmp_path_factory.mktemp("workspace"), extra)

    return make
