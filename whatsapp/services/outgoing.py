"""What uGridPlan is told of a ticket: outbox rows, written with the change they tell of.

Those of one ticket share a lane, so that a comment never leaves before its ticket, nor a status before the one it
follows.
"""

from django.conf import settings

from ccportal.jobs import outbox
from whatsapp.models import Ticket, TicketEvent

CREATE, COMMENT, CHANGE = "ugridplan.create", "ugridplan.comment", "ugridplan.change"


def create(ticket: Ticket) -> None:
    """Have the ticket opened there; its reference is the same however often that is tried."""
    _enqueue(CREATE, f"ugp-{ticket.reference}", {"ticket": ticket.pk}, ticket)


def comment(event: TicketEvent) -> None:
    _enqueue(COMMENT, f"ugp-event-{event.pk}", {"event": event.pk}, event.ticket)


def change(event: TicketEvent) -> None:
    """Tell of the new state, priority, category or site that the event holds."""
    _enqueue(CHANGE, f"ugp-event-{event.pk}", {"event": event.pk}, event.ticket)


def _enqueue(kind: str, key: str, payload: dict[str, int], ticket: Ticket) -> None:
    if settings.UGRIDPLAN_URL:
        outbox.enqueue(kind, key, payload, lane=f"ticket-{ticket.pk}")
