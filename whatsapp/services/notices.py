"""What the O&M team is told, in its WhatsApp group where the channel has groups and by e-mail; technicians' e-mails."""

from django.conf import settings

from ccportal.jobs import outbox
from whatsapp import replies
from whatsapp.channels import registry
from whatsapp.models import Technician, Ticket
from whatsapp.replies import Situation
from whatsapp.services.messages import notify_group
from whatsapp.triage import known_for

MAIL = "care.mail"
#: A summary in a group or a subject is read at a glance.
LONGEST = 200
_BY_WHATSAPP = "Please answer by WhatsApp: answers to this e-mail are not read."


def reach_somebody() -> bool:
    """Whether the team has a group on the default channel, or an e-mail address."""
    return bool(settings.ONM_EMAILS) or registry.driver(registry.default()).has_groups


def of_ticket(ticket: Ticket) -> None:
    """A new ticket, or one that was opened again; inside its transaction."""
    again = f"-{ticket.reopenings}" if ticket.reopenings else ""
    head = "Opened again: " if ticket.reopenings else ""
    _tell(
        f"{head}{_summary(ticket)}", f"{ticket.number} {ticket.priority} {_site(ticket)}", f"ticket-{ticket.pk}{again}"
    )


def of_unassigned(ticket: Ticket, why: str, asked: int) -> None:
    """Nobody took the job, after so many were asked: a person has to see to it."""
    text = f"{ticket.number}: {why} Please assign it.\n\n{_summary(ticket)}"
    _tell(text, f"Unassigned: {ticket.number}", f"unassigned-{ticket.pk}-{ticket.reopenings}-{asked}")


def of_breach(ticket: Ticket, what: str) -> None:
    """A clock has run out; ``what`` is ``response`` or ``resolution``."""
    late = "has not been acknowledged in time" if what == "response" else "has not been resolved in time"
    text = f"{ticket.number} {late}.\n\n{_summary(ticket)}"
    _tell(text, f"Late: {ticket.number}", f"breach-{what}-{ticket.pk}-{ticket.reopenings}")


def to_technician(technician: Technician, ticket: Ticket, text: str, *, key: str) -> None:
    """The same words as by WhatsApp, to those who have an e-mail address; inside the caller's transaction."""
    if technician.email:
        subject = f"{ticket.number} {ticket.priority} {_site(ticket)}"
        _mail(f"{text}\n\n{_BY_WHATSAPP}", subject, key, [technician.email])


def _summary(ticket: Ticket) -> str:
    return replies.reply(
        Situation.GROUP_NOTICE,
        ("en",),
        number=ticket.number,
        priority=ticket.priority,
        site=_site(ticket),
        description=f"{ticket.fault_description[:LONGEST]} ({ticket.reported_by})",
    )


def _site(ticket: Ticket) -> str:
    return known_for(ticket.site_code).sites.get(ticket.site_code, ticket.site_code) or "site not known"


def _tell(text: str, subject: str, key: str) -> None:
    notify_group(text, key=f"group-{key}")
    if settings.ONM_EMAILS:
        _mail(text, subject, key, settings.ONM_EMAILS)


def _mail(text: str, subject: str, key: str, to: list[str]) -> None:
    outbox.enqueue(MAIL, f"mail-{key}", {"subject": subject, "text": text, "to": to})
