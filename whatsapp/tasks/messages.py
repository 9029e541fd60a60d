"""Messages: answering, sending, fetching files."""

from celery import shared_task

from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from whatsapp.channels import cloud, linked, simulator
from whatsapp.models import Link
from whatsapp.services import conversations, intake, media, sending

#: How many messages may be on their way at once; the vendor's answer takes a fifth of a second.
SENDERS = 6
FETCHERS = 3

outbox.sent_elsewhere("whatsapp.linked")


@shared_task(name=intake.ANSWER)
def answer(contact_id: int) -> None:
    """Deal with what a contact wrote."""
    conversations.answer(contact_id)


@shared_task(name="whatsapp.sweep")
def sweep() -> None:
    """Pick up what was forgotten: messages without an answer, outcomes that nobody reported."""
    conversations.sweep()
    sending.give_up_waiting()
    Link.objects.update_or_create(name="whatsapp.worker", defaults={"state": "ok"})


@shared_task(name="whatsapp.check_cloud")
def check_cloud() -> None:
    """See whether the Cloud API takes our key."""
    cloud.check()


@shared_task(name="whatsapp.clean")
def clean() -> None:
    """Forget what the vendor said of messages long ago, and files that nobody took."""
    sending.forget_receipts()
    linked.shelf.forget()
    simulator.shelf.forget()


@outbox.handler("whatsapp.send", at_once=SENDERS)
def send(message: OutboxMessage) -> str:
    return sending.send(message)


@outbox.handler(intake.MEDIA_KIND, at_once=FETCHERS)
def fetch(message: OutboxMessage) -> str:
    return media.fetch(message.payload["media"])
