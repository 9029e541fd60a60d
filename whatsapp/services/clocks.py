"""Clocks that run out: tickets not acknowledged or not resolved in time, what nobody speaks of any more."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ccportal.core.errors import Conflict
from whatsapp.models import UNFINISHED, Conversation, ConversationState, Ticket, TicketState
from whatsapp.services import lifecycle, notices, tickets

_AT_A_TIME = 200
#: By then the next message would begin a new conversation anyway (``intake.is_idle``).
CONVERSATION_IDLE = timedelta(hours=24)


def alert() -> int:
    """Say once of each ticket that a clock ran out; the number of alerts."""
    now = timezone.now()
    # Late is late, also when the step was taken before this looked.
    unseen = Ticket.objects.filter(
        Q(state__in=(TicketState.OPEN, TicketState.REOPENED), respond_by__lt=now)
        | Q(acknowledged_at__gt=F("respond_by")),
        response_breached_at=None,
    )
    unsolved = Ticket.objects.filter(
        Q(state__in=UNFINISHED, resolve_by__lt=now) | Q(resolved_at__gt=F("resolve_by")), resolution_breached_at=None
    )
    return _breach(unseen, "response") + _breach(unsolved, "resolution")


def _breach(late: QuerySet[Ticket], what: str) -> int:
    column, count = f"{what}_breached_at", 0
    for ticket in list(late.order_by("pk")[:_AT_A_TIME]):
        with transaction.atomic():
            # Whoever sets the column tells; another worker finds it set.
            if late.filter(pk=ticket.pk).update(**{column: timezone.now()}):
                lifecycle.add_event(ticket, f"sla.{what}_breached", actor="the portal")
                lifecycle.write(ticket)
                notices.of_breach(ticket, what)
                count += 1
    return count


def close_idle() -> int:
    """End conversations in which nothing happened for a day, unless they wait for a person; the number of them."""
    now = timezone.now()
    idle = Conversation.objects.filter(
        state=ConversationState.OPEN, needs_staff=False, last_message_at__lt=now - CONVERSATION_IDLE
    )
    if not idle.exists():
        return 0
    return idle.update(state=ConversationState.CLOSED, closed_at=now, version=F("version") + 1)


def close_silent() -> int:
    """Close what was resolved so long ago that silence means yes."""
    before = timezone.now() - timedelta(hours=settings.TICKET_CLOSE_HOURS)
    silent = Ticket.objects.filter(state=TicketState.RESOLVED, resolved_at__lt=before).order_by("pk")
    count = 0
    for ticket in list(silent[:_AT_A_TIME]):
        try:
            tickets.close(ticket, actor="the portal", note="Nobody said that it is not fixed.", version=ticket.version)
            count += 1
        except Conflict:  # opened again at this moment
            continue
    return count
