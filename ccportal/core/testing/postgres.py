"""A real PostgreSQL for tests, started from Debian's binaries on a free port and ended with the tests.

A pytest plugin: the fixture ``postgres`` is the server, ``postgres.create_database()`` a fresh database in it. Mark
tests that use it with ``@pytest.mark.postgres``.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ccportal.core.testing.processes import free_port

BINARIES = Path("/usr/lib/postgresql")
#: PostgreSQL refuses to run as root; its Debian package brings this account.
ACCOUNT = "postgres"
SECONDS = 60


def binaries() -> Path | None:
    """The directory of the newest installed server's programs; None when none is installed."""
    found = sorted(
        (path.parent for path in BINARIES.glob("*/bin/initdb")),
        key=lambda path: int(path.parent.name) if path.parent.name.isdecimal() else 0,
    )
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@dataclass
class PostgresServer:
    """A running server whose only account is ``postgres``, reachable from this machine only."""

    port: int
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def create_database(self, template: str = "template0") -> dict[str, Any]:
        """A fresh database as an entry of Django's DATABASES: empty, or a copy of one that nobody is connected to."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=ACCOUNT, dbname="postgres", autocommit=True
        ) as link:
            link.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": ACCOUNT,
            "PASSWORD": "",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
        }

    def url(self, database: dict[str, Any]) -> str:
        """The same as the address that DATABASE_URL and ACDB_URL take."""
        return f"postgresql://{ACCOUNT}@127.0.0.1:{self.port}/{database['NAME']}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgres() as server:
        yield server


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a server with an empty data directory; stop it and remove the directory at the end."""
    programs = binaries()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed; `apt-get install postgresql` brings it")
    folder = Path(tempfile.mkdtemp(prefix="test-postgres-"))
    try:
        _give_away(folder)
        data = folder / "data"
        _run(programs / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        port = free_port()
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections=40"
        start = (programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", SECONDS)
        _run(*start, "-o", options, "start")
        try:
            yield PostgresServer(port)
        finally:
            _run(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: Any) -> None:
    """Run a program of PostgreSQL as somebody who is not root."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", *words]
    # A server inherits these; a pipe would stay open for as long as it runs.
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(words[-1]).name}: {' '.join(words)} left with status {done.returncode}")


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
