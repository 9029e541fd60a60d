"""A real portal: granian in a process of its own, on the sample imported from Access, asked over HTTP."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

START_SECONDS = 90


@dataclass
class Portal:
    """The running portal and who may sign in there."""

    url: str
    people: dict[str, Any]
    tokens: dict[str, str]
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def headers(self, who: str | None) -> dict[str, str]:
        """What identifies a role, ``customer``, ``service`` (an API key) or nobody."""
        if who is None:
            return {}
        if who == "service":
            return {"X-API-Key": self.people["key"]}
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def ask(self, who: str | None, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {**self.headers(who), **arguments.pop("headers", {})}
        return self.client.request(method, self.url + path, headers=headers, **arguments)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("portal")
    environment = _environment(folder)
    _run(environment, "manage.py", "migrate", "-v0")
    _run(environment, "manage.py", "acdb_import", "demo/sample.accdb")
    people = json.loads(_run(environment, "-m", "ccportal.api.tests.contract.prepare").splitlines()[-1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "web.log").open("wb") as log:
        server = subprocess.Popen(_granian(port), env=environment, cwd=settings.BASE_DIR, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, server, folder / "web.log")
            yield Portal(url, people, _sign_everybody_in(url, people))
        finally:
            server.terminate()
            server.wait(20)


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
        "ACDB_URL": f"sqlite:///{folder}/acdb.sqlite3",
        "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
        "DJANGO_SETTINGS_MODULE": "ccportal.settings",
        "ENV_FILE": str(folder / "none"),
        "PYTHONPATH": str(settings.BASE_DIR),
        "DEMO": "1",
        "API_RATE": "1000000/min",
        "API_ANONYMOUS_RATE": "1000000/min",
        "API_SIGN_IN_RATE": "1000000/min",
        "LOGIN_FAILURES": "100000",
        "LOGIN_FAILURES_PER_NUMBER": "100000",
        "LOGIN_FAILURES_PER_ADDRESS": "100000",
        "LOG_LEVEL": "ERROR",
    }


def _run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _granian(port: int) -> list[str]:
    program = str(Path(sys.executable).parent / "granian")
    command = [program, "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return [*command, "--blocking-threads", "4", "--no-ws", "ccportal.wsgi:application"]


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if httpx.get(f"{url}/health", timeout=20).status_code == 200:
                return
        except httpx.TransportError:
            assert server.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.2)


def _sign_everybody_in(url: str, people: dict[str, Any]) -> dict[str, str]:
    """As om-portal and the React client do."""
    wanted = {role: ("employee", {"employee_id": number}) for role, number in people["employees"].items()}
    wanted["customer"] = ("customer", {"customer_id": people["account"]})
    tokens = {}
    for who, (kind, name) in wanted.items():
        body = {**name, "password": people["password"]}
        answer = httpx.post(f"{url}/api/auth/{kind}-login", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        tokens[who] = answer.json()["access_token"]
    return tokens
