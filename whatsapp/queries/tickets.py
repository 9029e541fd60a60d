"""Tickets as pages show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from ccportal.core.errors import NotFound
from ccportal.core.phones import digits_of
from whatsapp.models import UNFINISHED, Offer, Report, Ticket, TicketEvent, TicketState

STATES = (("unfinished", "Not finished"), ("late", "Late"), ("unassigned", "Without technician"), ("all", "All"))


@dataclass(frozen=True)
class TicketFilter:
    """What of the board is wanted; ``state`` is one of ``STATES`` or a state of a ticket."""

    state: str = "unfinished"
    site: str = ""
    priority: str = ""
    category: str = ""
    q: str = ""


def board(wanted: TicketFilter) -> QuerySet[Ticket]:
    """Tickets in the order in which they have to be seen to: danger, then priority and deadline."""
    rows = _of_state(Ticket.objects.all(), wanted.state)
    exact = {"site_code": wanted.site, "priority": wanted.priority, "category": wanted.category}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.q:
        rows = rows.filter(_matches(wanted.q))
    if wanted.state in TicketState.values or wanted.state == "all":
        return rows.annotate(reporters=Count("reports")).select_related("technician").order_by("-created_at", "-pk")
    return (
        rows.annotate(reporters=Count("reports"))
        .select_related("technician")
        .order_by("-safety", "priority", F("resolve_by").asc(nulls_last=True), "pk")
    )


def _matches(text: str) -> Q:
    """A number, a name, words of the fault or of the customer; or somebody who reported it, by account or phone."""
    reporters = Q(customer_number=text) | Q(account_number=text.upper())
    digits = digits_of(text)
    if len(digits) >= 4:
        reporters |= Q(contact__phone__endswith=digits)
    return (
        Q(number__icontains=text) | Q(external_id__icontains=text) | Q(reported_by__icontains=text)
        | Q(fault_description__icontains=text) | Q(original_text__icontains=text)
        | Q(account_number=text.upper()) | Q(customer_number=text)
        | Q(pk__in=Report.objects.filter(reporters).values("ticket_id"))
    )  # fmt: skip


def _of_state(rows: QuerySet[Ticket], state: str) -> QuerySet[Ticket]:
    if state == "all":
        return rows
    if state in TicketState.values:
        return rows.filter(state=state)
    rows = rows.filter(state__in=UNFINISHED)
    if state == "late":
        return rows.filter(late(timezone.now()))
    if state == "unassigned":
        return rows.filter(technician=None)
    return rows


def late(now: datetime) -> Q:
    """Tickets of which a clock has run out."""
    unseen = Q(state__in=(TicketState.OPEN, TicketState.REOPENED), respond_by__lt=now)
    return unseen | Q(state__in=UNFINISHED, resolve_by__lt=now)


def counts() -> dict[str, int]:
    """Numbers for the head of the board."""
    rows = Ticket.objects.filter(state__in=UNFINISHED)
    return rows.aggregate(
        unfinished=Count("pk"),
        late=Count("pk", filter=late(timezone.now())),
        p1=Count("pk", filter=Q(priority="P1")),
        unassigned=Count("pk", filter=Q(technician=None)),
    )


def ticket(number: str) -> Ticket:
    """A ticket by our number or uGridPlan's."""
    rows = Ticket.objects.select_related("incident", "technician")
    found = rows.filter(number=number).first() or rows.filter(external_id=number).first()
    if found is None:
        raise NotFound("There is no ticket with this number.")
    return found


def history(of: Ticket) -> list[TicketEvent]:
    return list(of.events.select_related("media", "message").order_by("-pk"))


def offers(of: Ticket) -> list[Offer]:
    return list(of.offers.select_related("technician").order_by("-pk"))


HEAD = (
    "Number", "uGridPlan", "State", "Priority", "Category", "Site", "Description", "Reported by", "Customer", "Account",
    "Reporters", "Technician", "Created", "Acknowledged", "Resolved", "Closed", "Respond by", "Resolve by", "Note",
)  # fmt: skip


def csv_rows(rows: QuerySet[Ticket]) -> Iterator[tuple[object, ...]]:
    """The board as it is filtered, a line for each ticket; times in the site's zone."""
    for row in rows.iterator(chunk_size=1000):
        yield (
            row.number, row.external_id, row.get_state_display(), row.priority, row.get_category_display(),
            row.site_code, row.fault_description, row.reported_by, row.customer_number, row.account_number,
            getattr(row, "reporters", 0), row.technician.name if row.technician else "", _time(row.created_at),
            _time(row.acknowledged_at), _time(row.resolved_at), _time(row.closed_at), _time(row.respond_by),
            _time(row.resolve_by), row.resolution_note,
        )  # fmt: skip


def _time(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""
