"""Messages: answering, sending, fetching files."""

from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from whatsapp.services import intake, media, sending

#: How many messages may be on their way at once; the vendor's answer takes a fifth of a second.
SENDERS = 6
FETCHERS = 3

outbox.sent_elsewhere("whatsapp.linked")


@outbox.handler("whatsapp.send", at_once=SENDERS)
def send(message: OutboxMessage) -> str:
    return sending.send(message)


@outbox.handler(intake.MEDIA_KIND, at_once=FETCHERS)
def fetch(message: OutboxMessage) -> str:
    return media.fetch(message.payload["media"])
