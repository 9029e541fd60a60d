"""What is done about a batch of messages: which records are made, then which words are sent.

The rules in words are in docs/algorithms/conversations.md.
Everything here runs inside one transaction of the caller, after triage has judged; nothing calls out. The reply is
written last, so that it speaks only of records that exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from whatsapp import replies
from whatsapp.models import (
    Awaiting,
    Contact,
    Conversation,
    Media,
    Message,
    Report,
    Ticket,
    TicketState,
    TriageResult,
)
from whatsapp.replies import Situation
from whatsapp.services import identification, tickets
from whatsapp.services.identification import Person
from whatsapp.triage import Known, Triage, is_yes_no, same_fault

#: A question about where the fault is put so often, then the ticket is opened without.
MOST_QUESTIONS = 2
#: For so long after we told them, "yes" and "no" answer whether it is fixed.
POWER_BACK_OPEN = timedelta(days=3)
_OPEN = (TicketState.OPEN, TicketState.ACKNOWLEDGED, TicketState.IN_PROGRESS, TicketState.REOPENED)


@dataclass
class Batch:
    """The messages of one contact that are answered together, and what is known when they are."""

    contact: Contact
    conversation: Conversation
    messages: Sequence[Message]
    text: str
    known: Known
    triage: Triage
    person: Person | None
    candidates: Sequence[Person] = ()
    judgement: TriageResult | None = None

    @property
    def last(self) -> Message:
        return self.messages[-1]

    @property
    def told(self) -> Message:
        """The message that stands for the batch: the last one with words."""
        return next((message for message in reversed(self.messages) if message.text), self.last)

    @property
    def who(self) -> str:
        return (self.person.name if self.person else "") or self.contact.name or self.contact.phone or "customer"


@dataclass
class Outcome:
    """What was decided: words for staff, a reply, and how the conversation goes on."""

    label: str
    reply: str = ""
    needs_staff: bool = False
    awaiting: str = Awaiting.NOTHING
    details: dict[str, Any] = field(default_factory=dict)
    ticket: Ticket | None = None


def decide(batch: Batch) -> Outcome:
    """Do what a batch asks for; the reply is the caller's to send."""
    if not batch.text:
        return _without_words(batch)
    waiting = batch.conversation.awaiting
    if waiting in (Awaiting.WHICH_CUSTOMER, Awaiting.PLACE):
        return _answered_where(batch)
    return _answered_whether_fixed(batch) or _read(batch)


def _say(batch: Batch, situation: Situation, **facts: object) -> str:
    return replies.reply(situation, batch.known.languages, **facts)


def _read(batch: Batch) -> Outcome:
    """A message that answers no question of ours."""
    triage = batch.triage
    ticket = _open_ticket(batch)
    if triage.needs_ticket:
        return _fault(batch, ticket)
    if triage.power_back:
        return _good_news(batch, ticket)
    if triage.greeting:
        return Outcome("greeting", _say(batch, Situation.GREETING))
    if ticket is not None and batch.conversation.ticket_id == ticket.pk and _is_about(batch, ticket):
        return _comment(batch, ticket)
    if triage.needs_information:
        return _ask_what(batch)
    situation = Situation.BILLING_INFO if triage.category == "billing" else Situation.GENERAL_INFO
    return Outcome("for staff", triage.reply or _say(batch, situation), needs_staff=True)


def _ask_what(batch: Batch) -> Outcome:
    """Ask once; a second vague message is for a person to read."""
    if batch.conversation.awaiting == Awaiting.DESCRIPTION:
        return Outcome("not understood", _say(batch, Situation.GENERAL_INFO), needs_staff=True)
    reply = batch.triage.reply or _say(batch, Situation.ASK_WHAT_IS_WRONG)
    return Outcome("asked what is wrong", reply, awaiting=Awaiting.DESCRIPTION)


def _good_news(batch: Batch, ticket: Ticket | None) -> Outcome:
    if ticket is not None:
        tickets.add_comment(ticket, actor=batch.who, text=batch.text, message=batch.told)
        return Outcome(f"good news on {ticket.number}", _say(batch, Situation.POWER_BACK_NOTED), ticket=ticket)
    return Outcome("thanks", _say(batch, Situation.THANKS))


# ---------------------------------------------------------------- faults
def _fault(batch: Batch, ticket: Ticket | None) -> Outcome:
    if ticket is not None and _is_about(batch, ticket):
        return _comment(batch, ticket)
    if batch.person is None and not batch.triage.site_code and not batch.triage.safety:
        return _ask_where(batch)
    return _open(batch, batch.told, batch.triage)


def _is_about(batch: Batch, ticket: Ticket) -> bool:
    """Whether the batch speaks of the fault of a ticket (D-107). Danger that is new is never a mere comment."""
    if batch.triage.safety and not ticket.safety:
        return False
    return same_fault(ticket, batch.triage)


def _open_ticket(batch: Batch) -> Ticket | None:
    """The contact's open ticket that the batch most likely speaks of: of the same fault, else the newest."""
    reported = Ticket.objects.filter(reports__contact=batch.contact, state__in=_OPEN)
    if batch.person is not None:
        reported |= Ticket.objects.filter(customer_number=batch.person.number, state__in=_OPEN)
    found = list(dict.fromkeys(reported.order_by("-created_at", "-pk")))
    return next((ticket for ticket in found if _is_about(batch, ticket)), found[0] if found else None)


def _comment(batch: Batch, ticket: Ticket) -> Outcome:
    tickets.add_comment(ticket, actor=batch.who, text=batch.text, message=batch.told, media=_files(batch.messages))
    reply = _say(batch, Situation.COMMENT_ADDED, number=ticket.number)
    return Outcome(f"added to {ticket.number}", _warned(batch, reply), ticket=ticket)


def _files(messages: Sequence[Message]) -> list[Media]:
    return list(Media.objects.filter(message__in=messages).order_by("pk"))


def _open(batch: Batch, message: Message, triage: Triage, *, unplaced: bool = False) -> Outcome:
    """Open a ticket, or join the outage that is known; then the words that say so."""
    opened = tickets.open_fault(batch.conversation, message, triage, batch.person)
    ticket = opened.ticket
    others = [other for other in batch.messages if other.pk != message.pk]
    if files := _files(others):
        tickets.add_comment(ticket, actor=batch.who, text="", message=others[-1], media=files)
    if opened.joined:
        site = batch.known.sites.get(ticket.site_code, ticket.site_code)
        reply = _say(batch, Situation.INCIDENT_KNOWN, number=ticket.number, site=site)
    else:
        reply = _say(batch, created_situation(), number=ticket.number)
    reply = _warned(batch, reply, safety=triage.safety)
    placed = bool(ticket.site_code)
    if placed or unplaced:
        return Outcome(f"opened {ticket.number}", reply, needs_staff=not placed, ticket=ticket)
    # Danger waits for no answer; the place is asked for afterwards and added to the ticket.
    reply = f"{reply}\n\n{_say(batch, Situation.ASK_ACCOUNT_OR_VILLAGE)}"
    details = {"ticket": ticket.pk, "asked": 1}
    return Outcome(f"opened {ticket.number}", reply, True, Awaiting.PLACE, details, ticket)


def created_situation() -> Situation:
    """What is said of a new ticket: that uGridPlan has it, or will get it later."""
    return Situation.TICKET_CREATED if tickets.exchange_works() else Situation.TICKET_RECORDED_LOCALLY


def _warned(batch: Batch, reply: str, *, safety: bool | None = None) -> str:
    """Words about danger come first."""
    dangerous = batch.triage.safety if safety is None else safety
    return f"{_say(batch, Situation.SAFETY_WARNING)}\n\n{reply}" if dangerous else reply


# ---------------------------------------------------------------- where
def _ask_where(batch: Batch, pending: dict[str, Any] | None = None) -> Outcome:
    """Ask which of several customers it is, or for account or village; the fault waits in the conversation."""
    pending = dict(pending or {"judgement": batch.judgement.pk if batch.judgement else 0, "message": batch.told.pk})
    pending["asked"] = int(pending.get("asked", 0)) + 1
    if 1 < len(batch.candidates) <= identification.MOST_CHOICES:
        choices = identification.choices_text(batch.candidates)
        pending["choices"] = [person.as_json() for person in batch.candidates]
        reply = _say(batch, Situation.ASK_WHICH_CUSTOMER, choices=choices)
        return Outcome("asked which customer", reply, awaiting=Awaiting.WHICH_CUSTOMER, details=pending)
    reply = _say(batch, Situation.ASK_ACCOUNT_OR_VILLAGE)
    return Outcome("asked where", reply, awaiting=Awaiting.PLACE, details=pending)


def _answered_where(batch: Batch) -> Outcome:
    """The answer to one of these questions, read by rules; then the fault that waited for it is dealt with."""
    pending = dict(batch.conversation.awaiting_details)
    person = identification.chosen(batch.text, pending.get("choices", [])) or identification.person_in(
        batch.text, batch.known
    )
    site = person.site_code if person else batch.triage.site_code
    if person is not None:
        identification.remember(batch.contact, person)
        batch.person = person
    elif site:
        identification.remember_site(batch.contact, site)
    if site and site in batch.known.sites:
        batch.known = replace(batch.known, site_code=site, customer_known=person is not None)
        return _placed(batch, pending, site)
    if batch.triage.safety:
        return _open(batch, batch.told, batch.triage)
    if int(pending.get("asked", 1)) < MOST_QUESTIONS:
        return _ask_where(batch, pending)
    if "ticket" in pending:
        return _still_unplaced(batch, pending)
    return open_pending(batch, pending, "")


def _placed(batch: Batch, pending: dict[str, Any], site: str) -> Outcome:
    if "ticket" in pending:
        ticket = Ticket.objects.get(pk=pending["ticket"])
        tickets.add_comment(ticket, actor=batch.who, text=batch.text, message=batch.told)
        return Outcome(f"place added to {ticket.number}", _say(batch, Situation.COMMENT_ADDED, number=ticket.number),
                       needs_staff=True, ticket=ticket)  # fmt: skip
    return open_pending(batch, pending, site)


def _still_unplaced(batch: Batch, pending: dict[str, Any]) -> Outcome:
    batch.conversation.awaiting = Awaiting.NOTHING
    ticket = Ticket.objects.get(pk=pending["ticket"])
    tickets.add_comment(ticket, actor=batch.who, text=batch.text, message=batch.told)
    reply = _say(batch, Situation.COMMENT_ADDED, number=ticket.number)
    return Outcome(f"added to {ticket.number}", reply, needs_staff=True, ticket=ticket)


def open_pending(batch: Batch, pending: dict[str, Any], site: str) -> Outcome:
    """Open the ticket of a fault that waited for its place; without one, staff have to find it."""
    judgement = TriageResult.objects.filter(pk=pending.get("judgement", 0)).first()
    message = Message.objects.filter(pk=pending.get("message", 0)).first() or batch.told
    if judgement is None:
        return _open(batch, message, replace(batch.triage, site_code=site), unplaced=True)
    triage = triage_of(judgement, site or judgement.site_code)
    ticket = _open_ticket(replace(batch, triage=triage))
    if ticket is not None and same_fault(ticket, triage):
        return _comment(batch, ticket)
    return _open(batch, message, triage, unplaced=True)


def triage_of(row: TriageResult, site: str) -> Triage:
    """An earlier judgement, now that the place is known."""
    return Triage(
        needs_ticket=True,
        category=row.category,
        priority=row.priority,
        site_code=site,
        summary=row.summary,
        reply="",
        needs_information=False,
        confidence=row.confidence,
        source=row.source,  # type: ignore[arg-type]  # the column holds what a Triage said
        safety=row.safety,
        language=row.language or "en",  # type: ignore[arg-type]  # likewise
    )


# ---------------------------------------------------------------- whether fixed
def _answered_whether_fixed(batch: Batch) -> Outcome | None:
    """Yes or no to "is it fixed?", as long as nothing else is in the message."""
    report = unanswered_report(batch.contact)
    if report is None or batch.triage.safety:
        return None
    yes = is_yes_no(batch.text)
    if yes is None:
        if batch.conversation.awaiting == Awaiting.POWER_BACK and not batch.triage.needs_ticket:
            reply = _say(batch, Situation.ASK_YES_OR_NO, number=report.ticket.number)
            return Outcome("asked again whether fixed", reply, ticket=report.ticket)
        return None
    tickets.power_back(report, batch.contact, yes)
    word = "fixed" if yes else "not fixed"
    return Outcome(f"{report.ticket.number}: {word}", ticket=report.ticket)


def unanswered_report(contact: Contact) -> Report | None:
    """The report whose "is it fixed?" this contact has not answered."""
    since = timezone.now() - POWER_BACK_OPEN
    asked = Report.objects.filter(contact=contact, power_back=None, told_resolved_at__gt=since)
    return asked.select_related("ticket").order_by("-told_resolved_at").first()


# ---------------------------------------------------------------- without words
def _without_words(batch: Batch) -> Outcome:
    """Photos, voice and places: to the open ticket, or kept for staff to look at."""
    ticket = _open_ticket(batch)
    files = _files(batch.messages)
    place = next((m.details["location"] for m in batch.messages if m.details.get("location")), None)
    words = f"Location {place['latitude']:.5f}, {place['longitude']:.5f}" if place and "latitude" in place else ""
    if ticket is not None and (files or words):
        tickets.add_comment(ticket, actor=batch.who, text=words, message=batch.last, media=files)
        return Outcome(f"added to {ticket.number}", _say(batch, Situation.COMMENT_ADDED, number=ticket.number),
                       ticket=ticket)  # fmt: skip
    if not files and not place:
        return Outcome("nothing to answer")
    reply = _say(batch, Situation.NO_TEXT)
    kept = batch.conversation
    return Outcome("asked for words", reply, True, kept.awaiting, kept.awaiting_details)
