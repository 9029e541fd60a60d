"""Tickets: the exchange with uGridPlan, offers to technicians, clocks, e-mail; what is forgotten at night."""

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage

from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from whatsapp.services import clocks, dispatch, exchange, following, notices, outgoing, retention

#: How many calls to uGridPlan may be on their way at once; those of one ticket follow each other.
CALLS = 4


@outbox.handler(outgoing.CREATE, at_once=CALLS)
def create(message: OutboxMessage) -> str:
    return exchange.send_ticket(message)


@outbox.handler(outgoing.COMMENT, at_once=CALLS)
def comment(message: OutboxMessage) -> str:
    return exchange.send_comment(message)


@outbox.handler(outgoing.CHANGE, at_once=CALLS)
def change(message: OutboxMessage) -> str:
    return exchange.send_change(message)


@outbox.handler(notices.MAIL)
def mail(message: OutboxMessage) -> str:
    """Hand an e-mail to the mail server; it may arrive twice when that is lost after taking it."""
    given = message.payload
    letter = EmailMessage(
        given["subject"], given["text"], settings.DEFAULT_FROM_EMAIL, given["to"], headers={"Message-ID": _id(message)}
    )
    try:
        letter.send()
    except OSError as error:  # SMTPException is one
        raise outbox.TransientError(f"The mail server did not take it: {type(error).__name__}") from error
    return _id(message)


def _id(message: OutboxMessage) -> str:
    return f"<{message.key}@{settings.EMAIL_DOMAIN}>"


@shared_task(name="whatsapp.pull_tickets")
def pull_tickets() -> None:
    """Ask uGridPlan what changed; its webhook may have been missed."""
    following.pull()


@shared_task(name="whatsapp.forget")
def forget() -> None:
    """Delete files and words of messages whose time is over."""
    retention.run()


@shared_task(name="whatsapp.watch_clocks")
def watch_clocks() -> None:
    """Ask the next technician where one did not answer, alert where a clock ran out, close what nobody objects to."""
    dispatch.expire_due()
    clocks.alert()
    clocks.close_silent()
    clocks.close_idle()
