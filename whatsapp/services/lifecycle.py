"""The states of a ticket and the one way from each to the next; every step is a line of its history.

Functions here run inside one transaction, their own or the caller's. Raise ``Conflict`` for a step that the state does
not allow, or when the page somebody decided on was older than the ticket.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ccportal.core.errors import Conflict
from whatsapp.models import UNFINISHED, Incident, IncidentState, Media, Message, Ticket, TicketEvent, TicketState
from whatsapp.services import outgoing, sla, telling

S = TicketState
#: From each state the states that may follow.
STEPS: dict[str, frozenset[str]] = {
    S.OPEN: frozenset({S.ACKNOWLEDGED, S.IN_PROGRESS, S.RESOLVED, S.CLOSED}),
    S.ACKNOWLEDGED: frozenset({S.OPEN, S.IN_PROGRESS, S.RESOLVED, S.CLOSED}),
    S.IN_PROGRESS: frozenset({S.OPEN, S.RESOLVED, S.CLOSED}),
    S.RESOLVED: frozenset({S.CLOSED, S.REOPENED}),
    S.CLOSED: frozenset({S.REOPENED}),
    S.REOPENED: frozenset({S.ACKNOWLEDGED, S.IN_PROGRESS, S.RESOLVED, S.CLOSED}),
}
#: In the details of a change that uGridPlan told us of.
BY_UGRIDPLAN = "ugridplan"
_MOMENT = {
    S.ACKNOWLEDGED: "acknowledged_at",
    S.IN_PROGRESS: "started_at",
    S.RESOLVED: "resolved_at",
    S.CLOSED: "closed_at",
    S.REOPENED: "reopened_at",
}


def locked(ticket: Ticket, version: int | None = None) -> Ticket:
    """The ticket as it is now, held until the transaction ends; ``version`` is the one somebody looked at."""
    # no_key: others may still write rows that refer to it, such as messages and conversations, and not wait for us.
    now = Ticket.objects.select_for_update(no_key=True).get(pk=ticket.pk)
    if version is not None and now.version != version:
        raise Conflict(f"Ticket {now.number} was changed meanwhile. Look at it again before you change it.")
    return now


@transaction.atomic
def move(
    ticket: Ticket,
    to: str,
    *,
    actor: str,
    actor_id: str = "",
    note: str = "",
    version: int | None = None,
    tell_ugridplan: bool = True,
    tell_reporters: bool = True,
    at: datetime | None = None,
    message: Message | None = None,
) -> Ticket:
    """Take a ticket to another state, tell uGridPlan and whoever reported it; nothing when it is there already."""
    ticket = locked(ticket, version)
    if ticket.state == to:
        return ticket
    if to not in STEPS[ticket.state]:
        label = TicketState(to).label.lower()
        raise Conflict(f"Ticket {ticket.number} is {ticket.get_state_display().lower()}; it cannot become {label}.")
    before, moment = ticket.state, at or timezone.now()
    _enter(ticket, to, moment, note)
    event = add_event(
        ticket, "state.changed", actor=actor, actor_id=actor_id, text=note, message=message,
        details={"from": before, "to": to} | ({} if tell_ugridplan else {"by": BY_UGRIDPLAN}),
    )  # fmt: skip
    if tell_ugridplan:
        outgoing.change(event)
    _keep_incident(ticket, moment)
    if tell_reporters:
        telling.of_state(ticket)
    return ticket


def _enter(ticket: Ticket, to: str, moment: datetime, note: str) -> None:
    changes: dict[str, Any] = {"state": to}
    if to in _MOMENT:
        changes[_MOMENT[S(to)]] = moment
    if to == S.OPEN:  # whoever had taken it has given it back
        changes |= {"technician": None, "acknowledged_at": None, "started_at": None}
    if to == S.RESOLVED:
        changes["resolution_note"] = note
    if to == S.REOPENED:
        respond_by, resolve_by = sla.deadlines(ticket.priority, moment)
        changes |= {
            "reopenings": ticket.reopenings + 1, "technician": None, "acknowledged_at": None, "started_at": None,
            "resolved_at": None, "closed_at": None, "respond_by": respond_by, "resolve_by": resolve_by,
            "response_breached_at": None, "resolution_breached_at": None,
        }  # fmt: skip
    write(ticket, **changes)


def write(ticket: Ticket, **changes: Any) -> None:
    """Change columns of a ticket that is locked, so that open pages notice."""
    Ticket.objects.filter(pk=ticket.pk).update(version=F("version") + 1, **changes)
    ticket.refresh_from_db()


def _keep_incident(ticket: Ticket, moment: datetime) -> None:
    """An outage ends when the last of its tickets is resolved, and goes on when one is opened again."""
    if ticket.incident_id is None:
        return
    incident = Incident.objects.select_for_update().get(pk=ticket.incident_id)
    going_on = incident.tickets.filter(state__in=UNFINISHED).exists()
    if going_on and incident.state == IncidentState.RESOLVED:
        Incident.objects.filter(pk=incident.pk).update(state=IncidentState.OPEN, resolved_at=None)
    elif not going_on and incident.state == IncidentState.OPEN:
        end = max(moment, incident.started_at)
        Incident.objects.filter(pk=incident.pk).update(state=IncidentState.RESOLVED, resolved_at=end)


def add_event(
    ticket: Ticket,
    kind: str,
    *,
    actor: str,
    actor_id: str = "",
    text: str = "",
    details: dict[str, Any] | None = None,
    media: Media | None = None,
    message: Message | None = None,
    external_id: str = "",
) -> TicketEvent:
    """One line of the history."""
    return TicketEvent.objects.create(
        ticket=ticket,
        at=timezone.now(),
        kind=kind,
        actor=actor[:150],
        actor_id=actor_id[:40],
        text=text,
        details=details or {},
        media=media,
        message=message,
        external_id=external_id[:60],
    )
