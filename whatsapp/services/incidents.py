"""Outages that several customers report: one ticket, one dispatch, one notice to each (docs/algorithms/tickets.md).

A complaint about no power joins a ticket of the same site that is not finished and whose newest report is not older
than ``OUTAGE_WINDOW_MINUTES``. Danger never joins: it is a ticket of its own. Nor does a fault that the customer says
is in their house alone. The ACDB knows no feeders; staff name the feeder of an outage, and split what does not belong
together. From then on the reporters are known to be on that feeder: an outage of another one is not theirs.
"""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from ccportal.core.errors import Conflict, InvalidInput
from ccportal.core.text import fold
from customers.models import Site
from whatsapp.models import UNFINISHED, Category, Conversation, Incident, IncidentState, Report, Ticket
from whatsapp.services import dispatch, lifecycle, outgoing

#: Words that say that the neighbours have power, folded.
_ONLY_HERE = re.compile(
    r"\b(only (?:my|our|mine|at my|in my|me|us)|just (?:my|our) (?:house|home|place)|"
    r"neighbou?rs? (?:have|has|still have|got)|others have|everyone else has|"
    r"baahisane ba (?:na le|nale)|ba bang ba na le|lapeng la ka feela|ha ka feela|"
    r"les voisins (?:ont|en ont)|seulement (?:chez moi|ma maison))\b"
)


def only_here(text: str) -> bool:
    """Whether a message says that the fault is in one house alone.

    >>> only_here("No power, but my neighbours have lights")
    True
    """
    return bool(_ONLY_HERE.search(fold(text)))


def hold_site(site_code: str) -> None:
    """Make two first reports of an outage wait for each other; inside a transaction."""
    list(Site.objects.select_for_update().filter(code=site_code).values_list("pk", flat=True))


def known_outage(site_code: str, category: str, text: str, customer_number: str = "") -> Ticket | None:
    """The ticket that a report of this place and kind belongs to; that of the customer's feeder where it is known."""
    if not site_code or category != Category.NO_POWER or only_here(text):
        return None
    since = timezone.now() - timedelta(minutes=settings.OUTAGE_WINDOW_MINUTES)
    open_here = Ticket.objects.filter(
        site_code=site_code, category=Category.NO_POWER, safety=False, state__in=UNFINISHED
    )
    recent = open_here.annotate(newest=Max("reports__at")).filter(newest__gte=since).select_related("incident")
    found = [ticket for ticket in recent.order_by("created_at", "pk") if not only_here(ticket.original_text)]
    if not any(map(_feeder, found)):
        return found[0] if found else None
    own = feeder_of(customer_number, site_code)
    found = [ticket for ticket in found if not own or _feeder(ticket) in ("", own)]
    return next((ticket for ticket in found if own and _feeder(ticket) == own), found[0] if found else None)


def _feeder(ticket: Ticket) -> str:
    return fold(ticket.incident.feeder) if ticket.incident else ""


def feeder_of(customer_number: str, site_code: str) -> str:
    """Where staff last placed an outage that this customer reported, folded; empty when that is not known."""
    if not customer_number:
        return ""
    placed = Report.objects.filter(customer_number=customer_number, ticket__incident__site_code=site_code)
    named = placed.exclude(ticket__incident__feeder="").order_by("-pk")
    return fold(named.values_list("ticket__incident__feeder", flat=True).first() or "")


def customers_of(ticket: Ticket) -> int:
    """How many customers reported the fault; several phones of one customer count once."""
    rows = ticket.reports.values_list("customer_number", "contact", "pk")
    return len({number or contact or f"report-{pk}" for number, contact, pk in rows})


def count_reporter(ticket: Ticket) -> Incident | None:
    """Make the ticket's fault an outage of many, or count one more; inside the transaction of the report."""
    reporters = customers_of(ticket)
    if ticket.incident_id is None:
        return declare(ticket, customers_affected=reporters) if reporters > 1 else None
    incident = Incident.objects.select_for_update().get(pk=ticket.incident_id)
    incident.customers_affected = max(incident.customers_affected, reporters)
    incident.save(update_fields=["customers_affected"])
    return incident


@transaction.atomic
def declare(ticket: Ticket, *, customers_affected: int, feeder: str = "") -> Incident:
    """Make a fault an outage, as staff do when one person reports what the whole site has, or change its numbers."""
    ticket = lifecycle.locked(ticket)
    if ticket.incident is not None:
        return describe(ticket.incident, customers_affected=customers_affected, feeder=feeder)
    incident = Incident.objects.create(
        site_code=ticket.site_code, started_at=_began(ticket), customers_affected=customers_affected
    )
    lifecycle.write(ticket, incident=incident)
    return describe(incident, customers_affected=customers_affected, feeder=feeder)


def _began(ticket: Ticket) -> datetime:
    """When the first of the reports was written; it may have waited before it was read."""
    first = ticket.reports.aggregate(at=Min("message__sent_at"))["at"]
    return min(first or ticket.created_at, ticket.created_at)


@transaction.atomic
def describe(incident: Incident, *, customers_affected: int, feeder: str = "") -> Incident:
    """State how many customers are without power, as the reliability indices count them, and on which feeder."""
    if not 0 < customers_affected <= 100_000:
        raise InvalidInput("State how many customers are affected, from 1 to 100,000.", field="customers_affected")
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    incident.customers_affected, incident.feeder = customers_affected, feeder.strip()[:40]
    incident.save(update_fields=["customers_affected", "feeder"])
    return incident


def move(incident: Incident, site_code: str) -> None:
    """Correct where an outage is."""
    Incident.objects.filter(pk=incident.pk).update(site_code=site_code)


@transaction.atomic
def merge(ticket: Ticket, into: Ticket, *, actor: str, actor_id: str = "") -> Ticket:
    """Make the reporters of a ticket reporters of another; the first is closed and says where they went."""
    if ticket.pk == into.pk:
        raise InvalidInput("A ticket cannot be merged into itself.", field="into")
    first, second = sorted((ticket.pk, into.pk))
    list(Ticket.objects.select_for_update().filter(pk__in=(first, second)).order_by("pk"))
    ticket.refresh_from_db()
    into.refresh_from_db()
    if not (ticket.state in UNFINISHED and into.state in UNFINISHED):
        raise Conflict("Only tickets that are not finished can be merged.")
    if ticket.safety and not into.safety:
        raise Conflict(f"Ticket {ticket.number} speaks of danger; it stays a ticket of its own.")
    there = set(into.reports.exclude(contact=None).values_list("contact_id", flat=True))
    for report in ticket.reports.all():
        if report.contact_id in there:
            continue
        Report.objects.filter(pk=report.pk).update(ticket=into)
    Conversation.objects.filter(ticket=ticket).update(ticket=into)
    _fold(ticket, into)
    lifecycle.add_event(
        into, "ticket.merged", actor=actor, actor_id=actor_id, text=f"The reporters of {ticket.number} were added."
    )
    outgoing.comment(
        lifecycle.add_event(into, "comment.added", actor=actor, actor_id=actor_id, text=f"Also: {ticket.original_text}")
    )
    if into.site_code and into.category == Category.NO_POWER:
        count_reporter(into)
    note = f"Merged into {into.number}"
    closed = lifecycle.move(ticket, "closed", actor=actor, actor_id=actor_id, note=note, tell_reporters=False)
    dispatch.withdraw(closed)
    return into


def _fold(ticket: Ticket, into: Ticket) -> None:
    """Two outages become one that began with the earlier report, so that nobody is counted twice."""
    old, kept = ticket.incident, into.incident
    if old is None or old == kept:
        return
    if kept is None:
        lifecycle.write(into, incident=old)
        return
    kept.started_at = min(old.started_at, kept.started_at)
    kept.save(update_fields=["started_at"])
    lifecycle.write(ticket, incident=kept)
    if not old.tickets.exists():
        old.delete()


@transaction.atomic
def take_apart(report: Report, ticket: Ticket) -> None:
    """Move one report to a ticket of its own, which the caller has opened."""
    old = report.ticket
    before = customers_of(old)
    Report.objects.filter(pk=report.pk).update(ticket=ticket)
    if old.incident_id is not None:
        incident = Incident.objects.select_for_update().get(pk=old.incident_id)
        # A higher number than that of the reporters is one that somebody stated.
        if incident.state == IncidentState.OPEN and incident.customers_affected <= before:
            incident.customers_affected = max(customers_of(old), 1)
            incident.save(update_fields=["customers_affected"])
