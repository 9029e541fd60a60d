"""The pages of the portal, grouped by what people do (DESIGN: Care, Money, Reports, Data, Field, Admin).

An entry is shown when its address exists and the role has its permission; apps need not register anything.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

#: No permission needed beyond being signed in.
ANYBODY = ""


@dataclass(frozen=True)
class Entry:
    """One page in the navigation; ``view`` is the name of its address, ``icon`` a symbol of the sprite."""

    label: str
    view: str
    permission: str
    icon: str


@dataclass(frozen=True)
class Link:
    """An entry as one person sees it; ``waiting`` is how many things wait there, None where nothing is counted."""

    label: str
    url: str
    icon: str
    current: bool
    waiting: int | None = None


@dataclass(frozen=True)
class Group:
    name: str
    links: tuple[Link, ...]


ENTRIES: dict[str, tuple[Entry, ...]] = {
    "Care": (
        Entry("Customers", "customers:index", "view_customers", "people"),
        Entry("Inbox", "whatsapp:inbox", "view_care", "inbox"),
        Entry("Tickets", "whatsapp:tickets", "view_care", "ticket"),
        Entry("On call", "whatsapp:roster", "view_care", "people"),
        Entry("Simulator", "whatsapp:simulator", "handle_care", "phone"),
    ),
    "Money": (
        Entry("Customer data", "billing:index", "view_billing", "ledger"),
        Entry("Payments", "billing:payments", "view_billing", "coins"),
        Entry("Tariffs", "tariffs:index", "view_tariffs", "tag"),
    ),
    "Reports": (
        Entry("Dashboard", "dashboard", "view_reports", "gauge"),
        Entry("O&M report", "omreport:om_report", "view_reports", "report"),
        Entry("Financial", "omreport:financial", "view_reports", "chart"),
        Entry("Energy balance", "omreport:energy_balance", "view_reports", "bolt"),
    ),
    "Data": (
        Entry("Tables", "tables:index", "view_tables", "table"),
        Entry("Export", "exports:index", "export_tables", "download"),
        Entry("Import", "acdb:imports", "import_acdb", "upload"),
        Entry("Mutations", "audit:index", "view_mutations", "history"),
        Entry("Sync", "customers:sync", "run_sync", "sync"),
        Entry("Background work", "jobs:index", "view_jobs", "gear"),
    ),
    "Field": (
        Entry("New customer", "customers:new", "write_customers", "person-plus"),
        Entry("Assign meter", "customers:assign_meter", "write_customers", "meter"),
        Entry("Commission", "customers:commission", "commission_customers", "plug"),
    ),
    "Admin": (
        Entry("Roles", "roles:index", "manage_roles", "people"),
        Entry("Administration", "admin:index", "manage_roles", "key"),
        Entry("WhatsApp link", "whatsapp:channels", "link_whatsapp", "phone"),
        Entry("Sites", "admin:customers_site_changelist", "manage_sites", "pin"),
        Entry("API", "api_docs", "manage_api_keys", "plug"),
    ),
}


#: Name of an address -> permission and count. The floor knows no app: apps add theirs when they are ready.
_counted: dict[str, tuple[str, Callable[[], int]]] = {}


def count_waiting(view: str, permission: str, count: Callable[[], int]) -> None:
    """Show beside an entry how many things wait there, to those with ``permission``.

    ``count`` runs for every page that somebody opens: one query that an index answers.
    """
    _counted[view] = permission, count


def for_request(request: HttpRequest) -> list[Group]:
    """The groups with at least one page that the signed-in person may use."""
    groups = []
    for name, entries in ENTRIES.items():
        links = tuple(_links(entries, request))
        if links:
            groups.append(Group(name, links))
    return groups


def _links(entries: Iterable[Entry], request: HttpRequest) -> Iterable[Link]:
    for entry in entries:
        url = _address(entry.view)
        if url and _may(request.user, entry.permission):
            yield Link(entry.label, url, entry.icon, _is_current(request.path, url), _waiting(request, entry.view))


def _waiting(request: HttpRequest, view: str) -> int | None:
    permission, count = _counted.get(view, (ANYBODY, None))
    return count() if count and _may(request.user, permission) else None


def _address(view: str) -> str:
    """The path of a named page, empty when this installation has no such page."""
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""


def _may(user: Any, permission: str) -> bool:
    return permission == ANYBODY or user.has_perm(f"accounts.{permission}")


def _is_current(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
