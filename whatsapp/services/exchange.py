"""Sends tickets, comments and changes to uGridPlan; called by the outbox, outside any transaction."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ccportal.integrations.ugridplan import client
from ccportal.integrations.ugridplan.schemas import RemoteTicket
from ccportal.jobs.models import OutboxMessage
from ccportal.jobs.outbox import NotYet, PermanentError, TransientError
from whatsapp.models import Link, Ticket, TicketEvent
from whatsapp.services import lifecycle

LINK = "ugridplan"
#: Sent for want of a site, as uGridPlan's documents say (D-106); the ticket here stays without one.
DEFAULT_SITE = "LSB"
#: After so many attempts uGridPlan is asked at this pace for as long as it takes: a ticket is never given up.
PATIENT_AFTER = 8
PATIENCE_SECONDS = 600
_ACTOR = "uGridPlan"


# ---------------------------------------------------------------- whether it works
def works() -> bool:
    """Whether the last call was answered; true before the first one, and where there is no uGridPlan to wait for."""
    if not settings.UGRIDPLAN_URL:
        return True
    link = Link.objects.filter(name=LINK).first()
    return link is None or link.state != "down"


def note(state: str, error: str = "") -> None:
    """Remember how the last call ended, and since when it has been so."""
    link, _ = Link.objects.get_or_create(name=LINK)
    if link.state != state:
        link.details = {**link.details, "since": timezone.now().isoformat()}
    link.state, link.details = state, {**link.details, "error": error[:200]}
    link.save()


def _called(work: Any, *, attempt: int) -> Any:
    """The result of a call, its faults as the outbox sorts them."""
    connection = client.connect()
    if connection is None:
        raise TransientError("uGridPlan is not configured.")
    try:
        with connection:
            result = work(connection)
    except client.Unavailable as error:
        note("down", str(error))
        if attempt >= PATIENT_AFTER:
            raise NotYet(str(error), retry_after=max(error.retry_after or 0, PATIENCE_SECONDS)) from error
        raise TransientError(str(error), retry_after=error.retry_after) from error
    except client.Refused as error:
        note("up", str(error))
        raise PermanentError(str(error)) from error
    note("up")
    return result


# ---------------------------------------------------------------- what leaves
def send_ticket(message: OutboxMessage) -> str:
    """Open a ticket there, unless it is found under its reference.

    It is always looked for: how often it was tried does not tell, because staff who press "send now" begin anew.
    """
    pk = message.payload["ticket"]
    ticket = Ticket.objects.get(pk=pk)
    if ticket.external_id:
        return ticket.external_id

    def work(connection: client.UGridPlan) -> RemoteTicket:
        return connection.find(ticket.reference) or connection.create_ticket(_body(ticket))

    remote: RemoteTicket = _called(work, attempt=message.attempts)
    with transaction.atomic():
        if Ticket.objects.filter(pk=pk, external_id="").update(
            external_id=remote.ticket_id, external_state="open", external_at=remote.updated_at
        ):
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


def send_comment(message: OutboxMessage) -> str:
    """Add a line of the history there, once."""
    event = TicketEvent.objects.select_related("ticket", "media").get(pk=message.payload["event"])
    number = _external(event.ticket)

    def work(connection: client.UGridPlan) -> None:
        if all(comment.reference != message.key for comment in connection.ticket(number).comments):
            connection.add_comment(number, user=event.actor, text=_text(event), reference=message.key)

    _called(work, attempt=message.attempts)
    return number


def _text(event: TicketEvent) -> str:
    if event.media is not None:
        return f"{event.media.message.get_kind_display()} received; it is in the portal."
    return f"Also reported: {event.text}" if event.kind == "report.added" else event.text


def send_change(message: OutboxMessage) -> str:
    """Tell of a new state or of corrected fields; doing it twice changes nothing.

    A state that waited while uGridPlan told us of a later one is not sent: it would undo that one there.
    """
    event = TicketEvent.objects.select_related("ticket").get(pk=message.payload["event"])
    number = _external(event.ticket)
    if event.kind == "state.changed" and _overtaken(event):
        return number
    changes: dict[str, Any] = {"updated_by": event.actor}
    if event.kind == "state.changed":
        changes |= {"status": event.details["to"], "note": event.text}
    else:
        names = {"site_code": "site_id"}
        changes |= {names.get(name, name): new for name, (_, new) in event.details.items()}
    at = _called(lambda connection: connection.change(number, changes), attempt=message.attempts)
    if "status" in changes:
        # From now on whatever uGridPlan wrote before is old.
        Ticket.objects.filter(pk=event.ticket_id).update(
            external_state=changes["status"], external_at=at or timezone.now()
        )
    return number


def _overtaken(event: TicketEvent) -> bool:
    later = TicketEvent.objects.filter(ticket=event.ticket_id, kind="state.changed", pk__gt=event.pk)
    return later.filter(details__by=lifecycle.BY_UGRIDPLAN).exists()


def _external(ticket: Ticket) -> str:
    if not ticket.external_id:
        raise PermanentError("uGridPlan never took the ticket itself.")
    return ticket.external_id
