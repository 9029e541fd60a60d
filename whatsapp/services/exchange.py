"""Sends tickets, comments and changes to uGridPlan; called by the outbox, outside any transaction."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ccportal.integrations.ugridplan import client
from ccportal.integrations.ugridplan.schemas import RemoteTicket
from ccportal.jobs.outbox import PermanentError, TransientError
from whatsapp.models import Link, Ticket, TicketEvent
from whatsapp.services import lifecycle

LINK = "ugridplan"
#: Sent for want of a site, as uGridPlan's documents say (D-106); the ticket here stays without one.
DEFAULT_SITE = "LSB"
_ACTOR = "uGridPlan"


# ---------------------------------------------------------------- whether it works
def works() -> bool:
    """Whether the last call was answered; true before the first one, false without an address."""
    if not settings.UGRIDPLAN_URL:
        return False
    link = Link.objects.filter(name=LINK).first()
    return link is None or link.state != "down"


def note(state: str, error: str = "") -> None:
    """Remember how the last call ended, and since when it has been so."""
    link, _ = Link.objects.get_or_create(name=LINK)
    if link.state != state:
        link.details = {**link.details, "since": timezone.now().isoformat()}
    link.state, link.details = state, {**link.details, "error": error[:200]}
    link.save()


def _called(work: Any) -> Any:
    """The result of a call, its faults as the outbox sorts them."""
    connection = client.connect()
    if connection is None:
        raise TransientError("uGridPlan is not configured.")
    try:
        with connection:
            result = work(connection)
    except client.Unavailable as error:
        note("down", str(error))
        raise TransientError(str(error), retry_after=error.retry_after) from error
    except client.Refused as error:
        note("up", str(error))
        raise PermanentError(str(error)) from error
    note("up")
    return result


# ---------------------------------------------------------------- what leaves
def send_ticket(pk: int, *, repeated: bool) -> str:
    """Open a ticket there; when it may have been opened before, look for it first."""
    ticket = Ticket.objects.get(pk=pk)
    if ticket.external_id:
        return ticket.external_id

    def work(connection: client.UGridPlan) -> RemoteTicket:
        found = connection.find(ticket.reference) if repeated else None
        return found or connection.create_ticket(_body(ticket))

    remote = _called(work)
    with transaction.atomic():
        if Ticket.objects.filter(pk=pk, external_id="").update(external_id=remote.ticket_id, external_state="open"):
            lifecycle.add_event(ticket, "exchange.sent", actor=_ACTOR, text=remote.ticket_id)
            lifecycle.write(lifecycle.locked(ticket))
    return str(remote.ticket_id)


def _body(ticket: Ticket) -> dict[str, Any]:
    """The ticket as uGridPlan takes it (semantics 24), with the customer's own words (D-115)."""
    words = f"\n\nIn the customer's words: {ticket.original_text}" if ticket.original_text else ""
    body = {
        "site_id": ticket.site_code or DEFAULT_SITE,
        "fault_description": f"[{ticket.number}] {ticket.fault_description}{words}"[:4000],
        "reported_by": ticket.reported_by,
        "equipment_category": ticket.equipment_category,
        "ticket_type": ticket.ticket_type,
        "priority": ticket.priority,
        "external_reference": ticket.reference,
    }
    if not ticket.site_code:
        body["fault_description"] += f"\n\nThe site is not known; {DEFAULT_SITE} stands for it."
    if ticket.customer_number:
        body["customer_id"] = ticket.customer_number
    return body


def send_comment(pk: int, *, key: str, repeated: bool) -> str:
    """Add a line of the history there, once."""
    event = TicketEvent.objects.select_related("ticket", "media").get(pk=pk)
    number = _external(event.ticket)

    def work(connection: client.UGridPlan) -> None:
        if repeated and any(comment.reference == key for comment in connection.ticket(number).comments):
            return
        connection.add_comment(number, user=event.actor, text=_text(event), reference=key)

    _called(work)
    return number


def _text(event: TicketEvent) -> str:
    if event.media is not None:
        return f"{event.media.message.get_kind_display()} received; it is in the portal."
    return f"Also reported: {event.text}" if event.kind == "report.added" else event.text


def send_change(pk: int) -> str:
    """Tell of a new state or of corrected fields; doing it twice changes nothing."""
    event = TicketEvent.objects.select_related("ticket").get(pk=pk)
    number = _external(event.ticket)
    changes: dict[str, Any] = {"updated_by": event.actor}
    if event.kind == "state.changed":
        changes |= {"status": event.details["to"], "note": event.text}
    else:
        names = {"site_code": "site_id"}
        changes |= {names.get(name, name): new for name, (_, new) in event.details.items()}
    _called(lambda connection: connection.change(number, changes))
    if "status" in changes:
        Ticket.objects.filter(pk=event.ticket_id).update(external_state=changes["status"])
    return number


def _external(ticket: Ticket) -> str:
    if not ticket.external_id:
        raise PermanentError("uGridPlan never took the ticket itself.")
    return ticket.external_id
