"""What is measured: every page and lookup, as functions from sample values to addresses."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from demo.bench.data import Samples

#: Headers that htmx sends when it swaps a part.
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Page:
    """A name for the table, and the address for the n-th sample."""

    name: str
    address: Callable[[Samples, int], str]
    headers: dict[str, str] | None = None


def _pick(values: list[str], n: int) -> str:
    return quote(values[n % len(values)], safe="")


PAGES = [
    Page("Dashboard", lambda s, n: "/"),
    Page("Customers, first page", lambda s, n: "/customers/"),
    Page("Customers, page 20", lambda s, n: "/customers/?page=20"),
    Page("Customers, by name", lambda s, n: f"/customers/?q={_pick(s.names, n)}"),
    Page("Search as you type", lambda s, n: f"/customers/suggest/?q={_pick(s.names, n)[:4]}", HTMX),
    Page("Search as you type, phone", lambda s, n: f"/customers/suggest/?q={_pick(s.phones, n)}", HTMX),
    Page("Customer", lambda s, n: f"/customers/{_pick(s.customers, n)}/"),
    Page("Customer data", lambda s, n: f"/customer-data/{_pick(s.accounts, n)}/"),
    Page("/health", lambda s, n: "/health"),
    Page("/sites", lambda s, n: "/sites"),
    Page("/customers/by-phone", lambda s, n: f"/customers/by-phone/{_pick(s.phones, n)}"),
    Page("/customers/by-id", lambda s, n: f"/customers/by-id/{_pick(s.customers, n)}"),
    Page("/customers/by-account", lambda s, n: f"/customers/by-account/{_pick(s.accounts, n)}"),
    Page("/customers/search", lambda s, n: f"/customers/search?q={_pick(s.names, n)}"),
]
SEARCH = [page for page in PAGES if "earch" in page.name or "by " in page.name or "by-" in page.name]
