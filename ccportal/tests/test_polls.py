"""What the schedule asks every few seconds costs the same however much history there is: no table is read whole."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.tasks import reconcile
from billing.models import Notification, NotificationState, Source
from billing.services import notifications
from ccportal.jobs import outbox, services
from ccportal.jobs.models import OutboxMessage
from tariffs.tasks import apply_due
from whatsapp.models import Author, Contact, Conversation, ConversationState, Direction, Message, MessageState
from whatsapp.tasks.messages import sweep

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
#: These grow with every customer and every payment.
GROWING = (
    "whatsapp_message", "whatsapp_conversation", "billing_notification", "billing_payment", "jobs_outboxmessage",
    "jobs_job", "audit_mutation",
)  # fmt: skip


@pytest.fixture
def history():
    """A few hundred things that are over, beside one that waits."""
    now = timezone.now()
    contact = Contact.objects.create(channel="simulator", key="26650000001", phone="26650000001")
    over = {"contact": contact, "state": ConversationState.CLOSED, "last_message_at": now}
    Conversation.objects.bulk_create(Conversation(**over) for _ in range(300))
    said = {"contact": contact, "channel": "simulator", "author": Author.CUSTOMER, "sent_at": now}
    Message.objects.bulk_create(
        Message(**said, direction=Direction.IN, state=MessageState.PROCESSED, external_id=f"m{number}")
        for number in range(300)
    )
    Notification.objects.bulk_create(
        Notification(source=Source.WEBHOOK, provider="demo", body=b"{}", digest=f"{number}", state=state)
        for number in range(300)
        for state in [NotificationState.NEW if number == 299 else NotificationState.DONE]
    )
    OutboxMessage.objects.bulk_create(
        OutboxMessage(kind="sms.code", key=f"k{number}", payload={}, lane=f"l{number % 7}", next_at=now, state="sent")
        for number in range(300)
    )


@pytest.mark.parametrize(
    "poll",
    [sweep, outbox.dispatch, services.sweep, notifications.sweep, reconcile, apply_due],
    ids=["messages", "outbox", "jobs", "payments", "log of changes", "rates"],
)
def test_a_poll_reads_no_growing_table_whole(history, poll):
    with CaptureQueriesContext(connection) as asked:
        poll()
    whole = [query["sql"] for query in asked.captured_queries if _reads_whole(query["sql"])]
    assert asked.captured_queries
    assert whole == []


def test_a_message_finds_those_ahead_of_it_in_its_lane_by_the_index_of_lanes(history):
    with CaptureQueriesContext(connection) as asked:
        outbox.dispatch()
    steps = [step for query in asked.captured_queries if "EXISTS" in query["sql"] for step in _plan(query["sql"])]
    assert "SEARCH U0 USING COVERING INDEX outbox_lane (lane=? AND state=? AND id<?)" in steps


def _reads_whole(sql: str) -> bool:
    if not re.match(r"SELECT|UPDATE", sql):
        return False
    return any(re.fullmatch(rf"SCAN ({'|'.join(GROWING)}|U\d)", step) for step in _plan(sql))


def _plan(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        return [row[3] for row in cursor.fetchall()]
