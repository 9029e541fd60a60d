"""A browser's and a program's calls over one kept-alive connection, timed."""

import http.client
import statistics
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode

from demo.bench.data import Samples
from demo.bench.pages import Page
from demo.environment import Stop


@dataclass(frozen=True)
class Timing:
    """Milliseconds and bytes of one page."""

    name: str
    median: float
    p95: float
    size: int


class _FirstForm(HTMLParser):
    """The hidden fields of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        if tag == "input" and field.get("type") == "hidden" and field.get("name"):
            self.hidden[str(field["name"])] = field.get("value") or ""


class Client:
    """Keeps the connection and the cookies."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = http.client.HTTPConnection(host, port, timeout=120)
        self.cookies: dict[str, str] = {}

    def call(
        self, method: str, address: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        sent = {"Accept-Encoding": "gzip", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, body or None, {**sent, **(headers or {})})
        response = self.connection.getresponse()
        content = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, content

    def sign_in(self, employee_no: str, password: str, path: str) -> float:
        """Sign in as people do; the milliseconds that the answer to the form took."""
        self.cookies.clear()
        _, page = self.call("GET", path, headers={"Accept-Encoding": "identity"})
        form = _FirstForm()
        form.feed(page.decode())
        fields = {**form.hidden, "employee_no": employee_no, "password": password}
        started = time.perf_counter()
        status, _ = self.call("POST", path, urlencode(fields))
        took = (time.perf_counter() - started) * 1000
        if status != 302 or "sessionid" not in self.cookies:
            raise Stop(f"Signing in answered {status}.")
        return took

    def time_page(self, page: Page, samples: Samples, repeat: int, warm_up: int = 5) -> Timing:
        took: list[float] = []
        sizes: list[int] = []
        for n in range(warm_up + repeat):
            address = page.address(samples, n)
            started = time.perf_counter()
            status, content = self.call("GET", address, headers=page.headers)
            if status != 200:
                raise Stop(f"{page.name}: {address} answered {status}.")
            if n >= warm_up:
                took.append((time.perf_counter() - started) * 1000)
                sizes.append(len(content))
        return Timing(page.name, statistics.median(took), percentile(took, 95), round(statistics.median(sizes)))


def percentile(values: list[float], share: float) -> float:
    """The smallest value that ``share`` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(share) // 100) - 1)]
