"""Sends what signing in needs sent, and forgets what it leaves behind."""

from celery import shared_task
from django.conf import settings

from ccportal.accounts import tidying
from ccportal.integrations.sms import client
from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage

#: Kind of the outbox message that carries a one-time code.
SMS_CODE = "sms.code"
DEMO_REFERENCE = "demo-phone"


@shared_task(name="accounts.clean")
def clean() -> None:
    """Forget expired sessions, codes, sign-ins and wrong passwords."""
    tidying.forget()


@outbox.handler(SMS_CODE)
def send_code(message: OutboxMessage) -> str:
    """By the gateway; in a demonstration without one, the page Demo phone shows the message."""
    if settings.DEMO and not client.is_set_up():
        return DEMO_REFERENCE
    try:
        return client.send(message.payload["to"], message.payload["text"], message.key)
    except client.SmsFault as fault:
        if fault.permanent:
            raise outbox.PermanentError(str(fault)) from None
        raise outbox.TransientError(str(fault), retry_after=fault.retry_after) from None
