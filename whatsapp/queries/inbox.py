"""Conversations as staff see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from ccportal.core.phones import digits_of
from whatsapp.channels.base import GROUP_KEY
from whatsapp.models import (
    Category,
    Conversation,
    ConversationState,
    Message,
    Mode,
    Report,
    Technician,
    Ticket,
    TriageResult,
    TriageSource,
)  # fmt: skip

#: So many messages are shown at first; older ones on demand.
MESSAGES = 60


@dataclass(frozen=True)
class InboxFilter:
    """What of the inbox is wanted; ``show`` is one of ``SHOWN``."""

    show: str = "open"
    site: str = ""
    q: str = ""
    mine: str = ""


SHOWN = (
    ("open", "Open"),
    ("attention", "For a person"),
    ("mine", "Mine"),
    ("taken", "Taken over"),
    ("closed", "Closed"),
    ("all", "All"),
)


def inbox(wanted: InboxFilter) -> QuerySet[Conversation]:
    """Conversations, those with the newest message first; ``last_text`` is that message's."""
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-pk")
    rows = Conversation.objects.exclude(contact__key=GROUP_KEY).select_related("contact", "ticket")
    rows = _shown(rows, wanted)
    if wanted.site:
        rows = rows.filter(contact__site_code=wanted.site)
    if wanted.q:
        rows = rows.filter(_matches(wanted.q))
    return rows.annotate(
        last_text=Subquery(newest.values("text")[:1]),
        last_direction=Subquery(newest.values("direction")[:1]),
        technician=Subquery(Technician.objects.filter(phone=OuterRef("contact__phone")).values("name")[:1]),
    ).order_by("-last_message_at", "-pk")


def _shown(rows: QuerySet[Conversation], wanted: InboxFilter) -> QuerySet[Conversation]:
    if wanted.show == "attention":
        return rows.filter(needs_staff=True, state=ConversationState.OPEN)
    if wanted.show == "taken":
        return rows.filter(mode=Mode.STAFF, state=ConversationState.OPEN)
    if wanted.show == "mine":
        return rows.filter(taken_by=wanted.mine, mode=Mode.STAFF)
    if wanted.show == "all":
        return rows
    return rows.filter(state=wanted.show)


def _matches(text: str) -> Q:
    """A name, number of phone, customer, account or ticket, or words of a message."""
    found = Q(contact__name__icontains=text) | Q(contact__account_number=text.upper())
    found |= Q(ticket__number__iexact=text) | Q(ticket__external_id__iexact=text)
    digits = digits_of(text)
    if len(digits) >= 4:
        found |= Q(contact__phone__endswith=digits) | Q(contact__customer_number=digits)
    # Words are looked for in the conversation's own messages, which an index leads to.
    return found | Q(pk__in=Message.objects.filter(text__icontains=text).values("conversation_id")[:500])


def waiting() -> int:
    """How many conversations wait for a person; a partial index holds these alone."""
    return Conversation.objects.filter(needs_staff=True, state=ConversationState.OPEN).count()


def counts() -> dict[str, int]:
    """How many conversations are open, and how many of them wait for a person."""
    rows = Conversation.objects.filter(state=ConversationState.OPEN).exclude(contact__key=GROUP_KEY)
    return rows.aggregate(open=Count("pk"), attention=Count("pk", filter=Q(needs_staff=True)))


def mark() -> str:
    """Changes with every change of an open conversation: one row says whether a page has to be drawn anew."""
    rows = Conversation.objects.filter(state=ConversationState.OPEN)
    found = rows.aggregate(newest=Max("last_message_at"), changes=Sum("version"), n=Count("pk"))
    newest = found["newest"]
    return f"{found['n']}-{found['changes'] or 0}-{int(newest.timestamp()) if newest else 0}"


def messages_of(conversation: Conversation, before: int | None = None) -> list[Message]:
    """The last messages of the contact up to this conversation's end, the oldest first."""
    rows = Message.objects.filter(conversation=conversation)
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows.prefetch_related("media").order_by("-pk")[:MESSAGES])
    return found[::-1]


def mark_of(conversation: Conversation, messages: Sequence[Message]) -> str:
    """Changes when a message comes, or one of ours gets another state."""
    states = "".join(message.state[:2] for message in messages[-10:])
    files = sum(file.state == "stored" for message in messages for file in message.media.all())
    return f"{conversation.version}-{messages[-1].pk if messages else 0}-{states}-{files}"


def judgements_of(conversation: Conversation) -> list[TriageResult]:
    return list(conversation.judgements.order_by("-pk")[:10])


def tickets_of(conversation: Conversation) -> list[Ticket]:
    """Tickets that the contact reported, the newest first."""
    reported = Report.objects.filter(contact=conversation.contact_id).values("ticket_id")
    return list(Ticket.objects.filter(Q(pk__in=reported) | Q(pk=conversation.ticket_id)).order_by("-created_at")[:10])


def earlier_of(conversation: Conversation) -> list[Conversation]:
    rows = Conversation.objects.filter(contact=conversation.contact_id).exclude(pk=conversation.pk)
    return list(rows.order_by("-last_message_at")[:5])


# ---------------------------------------------------------------- quality of triage
def quality(days: timedelta, now: datetime) -> dict[str, Any]:
    """How triage did in the last days, by what staff corrected and by how sure it was."""
    rows = TriageResult.objects.filter(at__gte=now - days)
    # Staff may also have said that it was right.
    other_category = ~Q(corrected_category="") & ~Q(corrected_category=F("category"))
    other_priority = ~Q(corrected_priority="") & ~Q(corrected_priority=F("priority"))
    judged = rows.aggregate(
        all=Count("pk"),
        looked_at=Count("pk", filter=Q(corrected_at__isnull=False)),
        corrected=Count("pk", filter=other_category | other_priority),
        unsure=Count("pk", filter=Q(confidence__lt=0.5)),
        safety=Count("pk", filter=Q(safety=True)),
        tickets=Count("pk", filter=Q(needs_ticket=True)),
    )
    sources = list(rows.values("source").annotate(n=Count("pk")).order_by("-n"))
    categories = list(
        rows.values("category")
        .annotate(n=Count("pk"), wrong=Count("pk", filter=other_category))
        .order_by("-n", "category")
    )
    confusions = list(
        rows.filter(other_category)
        .values("category", "corrected_category")
        .annotate(n=Count("pk"))
        .order_by("-n", "category")[:20]
    )
    groups: dict[str, list[Any]] = {"sources": sources, "categories": categories, "confusions": confusions}
    return {"judged": judged, **{name: [_in_words(row) for row in rows] for name, rows in groups.items()}}


def _in_words(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of counts with the names that people know."""
    return {name: _LABELS.get(value, value) for name, value in row.items()}


_LABELS: dict[str, str] = dict([*Category.choices, *TriageSource.choices])


def doubtful(days: timedelta, now: datetime) -> QuerySet[TriageResult]:
    """Judgements worth a look: unsure ones that nobody has corrected yet, the least sure first."""
    rows = TriageResult.objects.filter(at__gte=now - days, corrected_at=None, confidence__lt=0.7)
    return rows.select_related("conversation").order_by("confidence", "-pk")
