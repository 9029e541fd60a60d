"""Every page of the portal on the sample data: light, accessible, without script or policy errors."""

from functools import partial

import pytest

from ccportal.core.testing.browser import DESKTOP, PHONE, assert_accessible
from ccportal.core.tests.test_page_weight import COLD, PARTIAL, REQUESTS, WARM, Weight
from ccportal.tests.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BUSIEST = [
    "/",
    "/customers/",
    "/customers/?q=letsela",
    "/customers/23/",
    "/customer-data/",
    "/customer-data/0001TLH/",
    "/tariffs/",
    "/tariffs/simulator/?everybody=7",
    "/tariffs/explain/?q=0001TLH",
    "/payments/",
    "/payments/queue/",
    "/care/inbox/",
    "/care/tickets/",
    "/care/on-call/",
    "/care/replies/",
    "/mutations/",
    "/jobs/",
    "/import/",
    "/profile/",
    "/tables/",
    "/tables/tblcustomer/",
    "/reports/om/",
    "/reports/financial/",
]
PARTIALS = [
    "/customers/suggest/?q=letsela",
    "/customers/?site=TLH&page=2",
    "/customer-data/0001TLH/summary/",
    "/reports/om/figures/customers/",
    "/reports/om/figures/tenure/drawing/",
    "/reports/om/figures/tenure-sample/drawing/",
]


@pytest.fixture(scope="module")
def signed_in(browser, portal):
    """The cookies of a super admin who signed in once; nobody signs out here."""
    context = browser.new_context(base_url=portal.url)
    sign_in(context.new_page(), "1001", portal.password)
    yield context.storage_state()
    context.close()


@pytest.fixture
def visit(open_page, signed_in):
    """``visit(viewport=PHONE)``: a page of the super admin."""
    return partial(open_page, storage_state=signed_in)


@pytest.mark.parametrize("path", BUSIEST)
@pytest.mark.parametrize(
    "look",
    [{"viewport": DESKTOP, "color_scheme": "light"}, {"viewport": PHONE, "color_scheme": "dark"}],
    ids=["desktop-light", "phone-dark"],
)
def test_a_page_has_no_barrier_and_does_not_scroll_sideways(visit, path, look):
    page = visit(**look)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_busiest_pages_keep_the_budget(visit):
    page = visit(viewport=PHONE)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    too_heavy = {}
    for path in BUSIEST:
        weight = Weight()
        line.on("Network.requestWillBeSent", weight.started)
        line.on("Network.loadingFinished", weight.finished)
        line.send("Network.clearBrowserCache")
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(100)
        line.remove_listener("Network.requestWillBeSent", weight.started)
        line.remove_listener("Network.loadingFinished", weight.finished)
        first = [url for url in weight.urls if "/summary/" not in url]
        if weight.octets > COLD or len(first) > REQUESTS:
            too_heavy[path] = (weight.octets, weight.urls)
    assert not too_heavy


def test_a_warm_page_and_a_partial_are_lighter_still(visit):
    page = visit(viewport=PHONE)
    headers = {"Accept-Encoding": "gzip"}
    for path in BUSIEST:
        answer = page.request.get(path, headers=headers)
        assert 0 < int(answer.headers["content-length"]) <= WARM, path
    for path in PARTIALS:
        answer = page.request.get(path, headers={**headers, "HX-Request": "true"})
        assert 0 < int(answer.headers["content-length"]) <= PARTIAL, path
