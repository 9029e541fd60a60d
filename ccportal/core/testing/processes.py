"""The portal in processes of its own, on data that no other test sees.

A pytest plugin: ``make_workspace()`` is a folder with settings and migrated databases of its own, in which commands,
scripts and a web server run; ``make_workspace("postgres")`` keeps its data in two PostgreSQL databases instead of
SQLite files.
"""

import json
import os
import shutil
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
SETTINGS = ("DATABASE_URL", "ACDB_URL")
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

    def make_databases(self, sample: bool) -> None:
        """Migrate our database; import the sample into the ACDB, or make its tables, which stay empty."""
        filling = "call_command('acdb_import', 'demo/sample.accdb')" if sample else "create_tables(connections['acdb'])"
        self.python(
            "from django.core.management import call_command\n"
            "from django.db import connections\n"
            "from ccportal.acdb.testing import create_tables\n"
            "call_command('migrate', verbosity=0)\n" + filling
        )

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


class Originals:
    """Migrated databases, each pair made once in a session: on an engine, with the sample or empty."""

    def __init__(self, request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> None:
        self._request, self._folders = request, folders
        self._made: dict[tuple[str, bool], Workspace] = {}

    def copy(self, engine: str, folder: Path, *, sample: bool = False) -> dict[str, str]:
        """Copies for a test to write into, in the folder or in the server; the settings that say where they are."""
        original = self._made.get((engine, sample)) or self._make(engine, sample)
        if engine == "postgres":
            return self._in_server({name: url.rpartition("/")[2] for name, url in original.extra.items()})
        for file in original.folder.glob("*.sqlite3*"):
            shutil.copy(file, folder)
        return {}

    def _make(self, engine: str, sample: bool) -> Workspace:
        extra = self._in_server(dict.fromkeys(SETTINGS, "template0")) if engine == "postgres" else {}
        original = self._made[engine, sample] = Workspace(self._folders.mktemp("original"), extra)
        original.make_databases(sample)
        return original

    def _in_server(self, templates: dict[str, str]) -> dict[str, str]:
        server = self._request.getfixturevalue("postgres")
        return {name: server.url(server.create_database(template)) for name, template in templates.items()}


@pytest.fixture(scope="session")
def originals(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Originals:
    return Originals(request, tmp_path_factory)


@pytest.fixture(scope="session")
def make_workspace(originals: Originals, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Workspace]:
    """``make_workspace("postgres", ONM_EMAILS="om@example.org")``: its ACDB is empty, or has the ``sample=True``."""

    def make(engine: str = "sqlite", *, sample: bool = False, **extra: str) -> Workspace:
        folder = tmp_path_factory.mktemp("workspace")
        return Workspace(folder, originals.copy(engine, folder, sample=sample) | extra)

    return make
