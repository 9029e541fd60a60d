"""Follows what happens to our tickets in uGridPlan: by its webhook, and by asking in case that was missed.

Rule for both sides: a state that uGridPlan reports for the first time is news and is taken over if the ticket's
lifecycle allows it; a state that it still had when we told it of another is not. News older than the last is dropped.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ccportal.integrations.ugridplan import client
from ccportal.integrations.ugridplan.schemas import RemoteTicket
from whatsapp.models import Link, Ticket, TicketState
from whatsapp.services import exchange, lifecycle, tickets

logger = logging.getLogger(__name__)
#: A change may be written a moment after it is stamped.
OVERLAP = timedelta(minutes=2)
_ACTOR = "uGridPlan"


def pull() -> int:
    """Ask for everything that changed since the last time; the number of tickets that were news."""
    connection = client.connect()
    if connection is None:
        return 0
    link, _ = Link.objects.get_or_create(name=exchange.LINK)
    since = parse_datetime(link.details.get("cursor", "")) if link.details.get("cursor") else None
    try:
        with connection:
            remote = connection.changed_since(since)
    except client.Unavailable as error:
        exchange.note("down", str(error))
        return 0
    except client.Refused as error:
        exchange.note("down", str(error))
        logger.error("uGridPlan refuses to list tickets: %s", error)
        return 0
    taken = sum(take(ticket) for ticket in remote)
    exchange.note("up")
    link.refresh_from_db()
    # By uGridPlan's own clock: ours may differ from it.
    newest = max((ticket.updated_at for ticket in remote if ticket.updated_at), default=None)
    if newest is not None:
        link.details = {**link.details, "cursor": (newest - OVERLAP).isoformat()}
        link.save()
    return taken


def take(remote: RemoteTicket) -> bool:
    """Take over what uGridPlan says of one of our tickets; False when it is not ours or nothing new."""
    with transaction.atomic():
        ours = Ticket.objects.filter(external_id=remote.ticket_id)
        if remote.external_reference:
            ours |= Ticket.objects.filter(reference=remote.external_reference)
        ticket = ours.first()
        if ticket is None:
            return False
        ticket = lifecycle.locked(ticket)
        if not ticket.external_id:
            lifecycle.write(ticket, external_id=remote.ticket_id)
        news = _comments(ticket, remote)
        return _state(ticket, remote) or news


def _comments(ticket: Ticket, remote: RemoteTicket) -> bool:
    """Comments that others wrote there."""
    news = False
    for comment in remote.comments:
        if comment.reference or not comment.id or not comment.text.strip():
            continue
        if not ticket.events.filter(external_id=comment.id[:60]).exists():
            lifecycle.add_event(
                ticket, "comment.added", actor=f"{comment.user or _ACTOR} (uGridPlan)", text=comment.text[:4000],
                external_id=comment.id,
            )  # fmt: skip
            lifecycle.write(ticket)
            news = True
    return news


def _state(ticket: Ticket, remote: RemoteTicket) -> bool:
    status = remote.status.strip().lower().replace(" ", "_").replace("-", "_")
    if status not in TicketState.values or status == ticket.external_state or _is_old(ticket, remote.updated_at):
        return False
    lifecycle.write(ticket, external_state=status, external_at=remote.updated_at or timezone.now())
    if status == ticket.state:
        return False
    if status not in lifecycle.STEPS[ticket.state]:
        text = f"uGridPlan says {status}; here the ticket stays {ticket.get_state_display().lower()}."
        lifecycle.add_event(ticket, "exchange.differs", actor=_ACTOR, text=text)
        return False
    now = timezone.now()
    at = max(min(remote.updated_at or now, now), ticket.reopened_at or ticket.created_at)
    by: dict[str, Any] = {"actor": f"{remote.updated_by or _ACTOR} (uGridPlan)", "note": remote.note[:1000]}
    tickets.STEP[TicketState(status)](ticket, at=at, tell_ugridplan=False, **by)
    return True


def _is_old(ticket: Ticket, at: datetime | None) -> bool:
    return bool(at and ticket.external_at and at < ticket.external_at)
