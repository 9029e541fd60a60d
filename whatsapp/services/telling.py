"""What the people who reported a fault are told, each thing once; and the question whether it is fixed."""

from django.utils import timezone

from whatsapp import replies
from whatsapp.models import Awaiting, Category, Contact, Conversation, ConversationState, Report, Ticket, TicketState
from whatsapp.replies import Situation
from whatsapp.services.messages import send_text, touch
from whatsapp.triage import known_for


def of_state(ticket: Ticket) -> None:
    """Tell everybody who reported the ticket of the state it is in now."""
    situation = _situation(ticket)
    if situation is None:
        return
    for report in ticket.reports.select_related("contact").exclude(contact=None).order_by("contact_id"):
        _tell(ticket, report, situation)


def _situation(ticket: Ticket) -> Situation | None:
    if ticket.state == TicketState.ACKNOWLEDGED:
        return Situation.ACKNOWLEDGED if ticket.technician_id else Situation.SEEN_BY_TEAM
    if ticket.state == TicketState.IN_PROGRESS:
        return Situation.IN_PROGRESS
    if ticket.state == TicketState.CLOSED and ticket.resolved_at is None:
        return Situation.CLOSED_THANKS  # nobody was asked whether it is fixed
    if ticket.state != TicketState.RESOLVED:
        return None
    if ticket.incident_id is not None:
        return Situation.RESTORED_TO_ALL
    return Situation.RESOLVED_ASK_POWER_BACK if ticket.category == Category.NO_POWER else Situation.RESOLVED_ASK_FIXED


def _tell(ticket: Ticket, report: Report, situation: Situation) -> None:
    contact = report.contact
    if contact is None or (ticket.state != TicketState.RESOLVED and report.told_resolved_at and report.power_back):
        return  # nobody to tell, or somebody for whom it is over
    conversation = conversation_of(contact, ticket)
    # Once per state and round: a ticket that is opened again is told of again.
    key = f"ticket-{ticket.pk}-{ticket.state}-{ticket.reopenings}-{report.pk}"
    text = say(situation, ticket)
    send_text(contact, text, key=key, conversation=conversation, template=situation.value)
    if ticket.state == TicketState.RESOLVED:
        Report.objects.filter(pk=report.pk).update(told_resolved_at=timezone.now(), power_back=None)
        if conversation.awaiting == Awaiting.NOTHING:
            touch(conversation, awaiting=Awaiting.POWER_BACK, awaiting_details={}, ticket=ticket)


def conversation_of(contact: Contact, ticket: Ticket | None) -> Conversation:
    """The open conversation with a contact, or a new one, about the ticket if there is one."""
    made, _ = Conversation.objects.get_or_create(
        contact=contact,
        state=ConversationState.OPEN,
        defaults={"last_message_at": timezone.now(), "ticket": ticket, "version": 1},
    )
    return made


def say(situation: Situation, ticket: Ticket) -> str:
    """The fixed text about a ticket, in the languages of its site."""
    known = known_for(ticket.site_code)
    site = known.sites.get(ticket.site_code, ticket.site_code)
    return replies.reply(situation, known.languages, number=ticket.number, site=site)


def to_reporter(report: Report, situation: Situation, *, mark: str) -> None:
    """A text to one of them; ``mark`` makes it the only one of its occasion."""
    if report.contact is not None:
        conversation = conversation_of(report.contact, report.ticket)
        key = f"report-{report.pk}-{mark}"
        send_text(report.contact, say(situation, report.ticket), key=key, conversation=conversation)
