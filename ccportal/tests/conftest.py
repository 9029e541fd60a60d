"""The whole portal as `make run` serves it: the sample imported, static files compressed, a real web server."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ccportal.core.testing.broker import ROOT, free_port, wait_for

PASSWORD = "Katse-e-ntsho-7"


@dataclass(frozen=True)
class Portal:
    """Where it answers, and what an employee signs in with."""

    url: str
    password: str = PASSWORD


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    """A portal over the sample database with an employee of each role; nobody writes to it."""
    folder = tmp_path_factory.mktemp("portal")
    port = free_port()
    environment = {
        **os.environ,
        "VAR_DIR": str(folder),
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this-test",
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "DEMO": "1",
    }

    def manage(*arguments):
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
        )

    manage("migrate", "-v0")
    manage("acdb_import", "demo/sample.accdb")
    manage("demo_employees", "--password", PASSWORD, "--json")
    manage("collectstatic", "-v0", "--noinput", "-i", "admin", "-i", "rest_framework")
    with Serving(port, environment, folder):
        yield Portal(f"http://127.0.0.1:{port}")


class Serving:
    """A web server in a process of its own, for as long as the context lasts."""

    def __init__(self, port: int, environment: dict[str, str], folder: Path) -> None:
        self.port, self.environment, self.log = port, environment, folder / "web.log"

    def __enter__(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--blocking-threads", "4", "ccportal.wsgi:application"]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=out, stderr=out)
        wait_for(self.answers, "the portal answers")

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=2).json()["status"] == "ok"
        except httpx.HTTPError:
            return False

    def __exit__(self, *fault: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture
def enter(portal, new_context, page_faults):
    """``enter("1004", viewport=PHONE)``: a page of an employee who signed in by the form."""

    def sign_in(employee, **options):
        context = new_context(base_url=portal.url, **options)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page_faults.watch(page)
        page.goto("/sign-in/")
        page.get_by_label("Employee number").fill(employee)
        page.get_by_label("Password").fill(portal.password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", level=1, name="Dashboard").wait_for()
        return page

    return sign_in
