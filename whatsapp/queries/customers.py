"""Tickets and conversations of one customer."""

from django.db.models import Q

from whatsapp.models import Conversation, Report, Ticket

#: More are found on the board and in the inbox.
MOST = 5


def tickets(number: int) -> list[Ticket]:
    """What the customer reported, alone or with others, the newest first."""
    reported = Report.objects.filter(customer_number=str(number)).values("ticket_id")
    rows = Ticket.objects.filter(Q(customer_number=str(number)) | Q(pk__in=reported))
    return list(rows.order_by("-created_at", "-pk")[:MOST])


def conversations(number: int) -> list[Conversation]:
    """The newest conversations with phones that are the customer's."""
    rows = Conversation.objects.filter(contact__customer_number=str(number)).select_related("contact")
    return list(rows.order_by("-last_message_at", "-pk")[:MOST])
