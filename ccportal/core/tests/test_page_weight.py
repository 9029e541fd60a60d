"""The page budget (gzip, over a real connection, static files collected and compressed as in production)."""

from dataclasses import dataclass, field

import pytest
from django.core.management import call_command

from ccportal.core.testing.browser import PortalServer, session_cookie

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.urls("ccportal.core.tests.styleguide"),
    pytest.mark.django_db(databases=["default", "acdb"]),
]
COLD, REQUESTS, WARM, PARTIAL = 60_000, 6, 15_000, 5_000
#: Collecting these takes long, and the portal's pages use none of them.
ELSEWHERE = ["admin", "rest_framework", "drf_spectacular_sidecar"]


@dataclass
class Weight:
    """What came over the line, headers included; what the browser had already does not count."""

    urls: list[str] = field(default_factory=list)
    octets: int = 0
    asked: dict[str, str] = field(default_factory=dict)

    def started(self, event):
        self.asked[event["requestId"]] = event["request"]["url"]

    def finished(self, event):
        if event["encodedDataLength"]:
            self.urls.append(self.asked[event["requestId"]])
            self.octets += int(event["encodedDataLength"])


@pytest.fixture(scope="module")
def collected(tmp_path_factory, django_db_blocker):
    """Static files as `collectstatic` leaves them in production."""
    from django.test import override_settings

    root = tmp_path_factory.mktemp("static")
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=root, STORAGES=storages, DEBUG=False):
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=ELSEWHERE)
        server = PortalServer(static_handler=lambda application: application)
        yield server
        server.stop()


@pytest.fixture
def weigh(collected, new_context, db):
    """``weigh(employee)`` gives a function that opens a path and says what it weighed."""

    def make(employee=None):
        context = new_context(base_url=collected.url, extra_http_headers={"Accept-Encoding": "gzip"})
        if employee:
            context.add_cookies([session_cookie(employee, collected.url)])
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")

        def open_path(path, press=None):
            weight = Weight()
            line.on("Network.requestWillBeSent", weight.started)
            line.on("Network.loadingFinished", weight.finished)
            if press:
                with page.expect_request_finished():
                    page.get_by_role("link", name=press).click()
            else:
                page.goto(path)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(100)  # the last event of the line may be under way
            line.remove_listener("Network.requestWillBeSent", weight.started)
            line.remove_listener("Network.loadingFinished", weight.finished)
            assert weight.octets, "nothing was loaded"
            return weight

        return open_path

    with collected.sharing():
        yield make


def test_a_cold_page_with_everything_on_it_keeps_the_budget(weigh, nthabiseng):
    weight = weigh(nthabiseng)("/styleguide/")
    assert weight.octets <= COLD
    assert len(weight.urls) <= REQUESTS, weight.urls


def test_the_sign_in_page_is_light_when_cold(weigh):
    weight = weigh()("/sign-in/")
    assert weight.octets <= 45_000
    assert len(weight.urls) <= REQUESTS, weight.urls


def test_a_warm_page_is_one_light_request(weigh, nthabiseng):
    open_path = weigh(nthabiseng)
    open_path("/styleguide/")
    weight = open_path("/styleguide/?page=2")
    assert weight.octets <= WARM
    assert len(weight.urls) == 1, weight.urls


def test_a_partial_is_lighter_still(weigh, nthabiseng):
    open_path = weigh(nthabiseng)
    open_path("/styleguide/")
    weight = open_path("", press="Next")
    assert len(weight.urls) == 1, weight.urls
    assert weight.octets <= PARTIAL


def test_static_files_are_kept_for_ever(collected, new_context):
    page = new_context(base_url=collected.url).new_page()
    page.goto("/sign-in/")
    sheet = page.locator("link[rel=stylesheet]").last.get_attribute("href")
    answer = page.request.get(sheet)
    assert "immutable" in answer.headers["cache-control"]
