"""Fixtures for tests in real Chromium: a server that shares the test's database, signed-in pages, axe-core.

Registered by the root ``conftest.py``. A browser test reads::

    @pytest.mark.browser
    def test_an_agent_finds_a_customer(signed_in_page, thabo):
        page = signed_in_page(thabo)
        page.goto("/customers/")
        assert_accessible(page)
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test import Client
from django.test.testcases import LiveServerThread
from playwright.sync_api import ViewportSize

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")

#: How Chromium and htmx report an answer with an error status.
EXPECTED = ("Failed to load resource", "Response Status Error Code")

OpenPage = Callable[..., Any]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's own Chromium: nothing is downloaded."""
    return {**browser_type_launch_args, "executable_path": chromium(), "args": CHROMIUM_ARGS}


#: A container has no sandbox, little shared memory and no graphics card.
CHROMIUM_ARGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def chromium() -> str:
    """The path of the browser, ``CHROMIUM`` in the environment or one of ``PROGRAMS``."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not found:
        raise RuntimeError("No Chromium found: apt-get install chromium-headless-shell, or name one in CHROMIUM.")
    return found


class PortalServer:
    """The portal on a free port, in a thread that shares the test's database connections.

    The page sees what the test wrote, without a commit, and everything is rolled back after the test.
    """

    def __init__(self, static_handler: Any = StaticFilesHandler) -> None:
        self._thread = LiveServerThread("127.0.0.1", static_handler, connections_override={})
        self._thread.daemon = True
        self._thread.start()
        self._thread.is_ready.wait()
        if self._thread.error:
            raise self._thread.error

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._thread.port}"

    @contextmanager
    def sharing(self) -> Iterator["PortalServer"]:
        """Serve requests with the connections of this test.

        Not once per session: as soon as Playwright's event loop runs, Django hands this thread other connections.
        """
        shared = {connection.alias: connection for connection in connections.all()}
        for connection in shared.values():
            connection.inc_thread_sharing()
        self._thread.httpd.connections_override = shared
        yield self
        # Sharing stays on: the threads of kept-alive browser connections end later.
        self._thread.httpd.connections_override = {}

    def stop(self) -> None:
        self._thread.terminate()


@pytest.fixture(scope="session")
def session_server() -> Iterator[PortalServer]:
    server = PortalServer()
    yield server
    server.stop()


@pytest.fixture
def portal_server(session_server: PortalServer, db: None) -> Iterator[PortalServer]:
    with session_server.sharing() as server:
        yield server


class Faults(list[str]):
    """What went wrong in a page: script errors, CSP violations, console errors."""

    def watch(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.append(f"script error: {error}"))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:
        # Answers with an error status are the business of the test that asked for them.
        if message.type == "error" and not message.text.startswith(EXPECTED):
            self.append(f"console: {message.text}")


@pytest.fixture
def page_faults() -> Iterator[Faults]:
    """Collects faults of every page of a test and fails the test when there are any at its end."""
    faults = Faults()
    yield faults
    assert not faults, "\n".join(faults)


@pytest.fixture
def open_page(portal_server: PortalServer, new_context: Any, page_faults: Faults) -> OpenPage:
    """``open_page(viewport=PHONE, color_scheme="dark", java_script_enabled=False)``: a page of a visitor."""

    def make(**options: Any) -> Any:
        context = new_context(**{"base_url": portal_server.url, "viewport": DESKTOP, **options})
        context.set_default_timeout(30_000)
        page = context.new_page()
        page_faults.watch(page)
        return page

    return make


@pytest.fixture
def signed_in_page(open_page: OpenPage, portal_server: PortalServer) -> OpenPage:
    """``signed_in_page(thabo, viewport=PHONE)``: a page of an employee who has signed in."""

    def make(employee: Any, **options: Any) -> Any:
        page = open_page(**options)
        page.context.add_cookies([session_cookie(employee, portal_server.url)])
        return page

    return make


def session_cookie(employee: Any, url: str) -> dict[str, Any]:
    """A new session of the employee, as a cookie for the browser."""
    assert isinstance(employee, get_user_model())
    client = Client()
    client.force_login(employee, backend="django.contrib.auth.backends.ModelBackend")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}


def assert_accessible(page: Any) -> None:
    """Fail when axe-core finds a serious or critical barrier in the page as it is now."""
    page.evaluate(AXE)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    barriers = [
        f"{violation['id']}: {violation['help']}\n  {node['html'][:200]}\n  {node['failureSummary']}"
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert not barriers, f"{page.url}\n" + "\n".join(barriers)
