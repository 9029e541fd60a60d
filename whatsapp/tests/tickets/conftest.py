"""People who report faults, technicians on call, and the fake uGridPlan as a process."""

import subprocess
import sys
from dataclasses import dataclass

import httpx
import pytest
from django.utils import timezone

from ccportal.integrations.ugridplan import client as ugridplan
from ccportal.integrations.ugridplan.fake import PASSWORD, USER
from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from customers.models import Site
from whatsapp.models import Channel, Contact, Conversation, Message, OnCall, Technician
from whatsapp.services import tickets
from whatsapp.triage import Triage

_numbers = iter(range(10_000))


@pytest.fixture(autouse=True)
def sites(db):
    Site.objects.update_or_create(code="MAK", defaults={"name": "Ha Makebe", "active": True})
    Site.objects.update_or_create(code="KET", defaults={"name": "Ketane", "active": True})


def judged(category="no-power", priority="P1", site="MAK", safety=False, summary="No power at the house."):
    return Triage(
        needs_ticket=True, category=category, priority=priority, site_code=site, summary=summary, reply="",
        needs_information=False, confidence=0.9, source="rules", safety=safety, language="en",
    )  # fmt: skip


def message_of(phone, text, name="Lineo"):
    """A stored message of somebody, in their open conversation."""
    now = timezone.now()
    contact, _ = Contact.objects.get_or_create(
        channel=Channel.SIMULATOR, key=phone, defaults={"phone": phone, "name": name, "last_inbound_at": now}
    )
    conversation, _ = Conversation.objects.get_or_create(
        contact=contact, state="open", defaults={"last_message_at": now}
    )
    return Message.objects.create(
        contact=contact, conversation=conversation, channel=Channel.SIMULATOR, external_id=f"t{next(_numbers)}",
        direction="in", author="customer", text=text, state="processed", sent_at=now,
    )  # fmt: skip


def report(phone="26658120001", text="Motlakase o tsamaile", name="Lineo", person=None, **judgement):
    """Somebody's report is opened as the conversation would; what came of it."""
    message = message_of(phone, text, name)
    return tickets.open_fault(message.conversation, message, judged(**judgement), person)


def told(phone="26658120001"):
    """Everything that was written to this phone, the oldest first."""
    return list(
        Message.objects.filter(contact__key=phone, direction="out").order_by("pk").values_list("text", flat=True)
    )


@pytest.fixture
def tau():
    """Tau repairs at Ha Makebe and is asked first."""
    return on_call("Tau Nkuebe", "26662000001", "MAK", 1)


@pytest.fixture
def pule():
    """Pule is asked second."""
    return on_call("Pule Mohapi", "26662000002", "MAK", 2)


def on_call(name, phone, site, order):
    technician = Technician.objects.create(name=name, phone=phone, language="st")
    OnCall.objects.create(technician=technician, site_code=site, order=order)
    return technician


@dataclass
class Remote:
    """The running fake; ``fail("500", "drop")`` decides about its next answers."""

    url: str

    def fail(self, *modes):
        httpx.post(f"{self.url}/_faults", json=[{"mode": mode} for mode in modes]).raise_for_status()

    def tickets(self):
        return httpx.get(f"{self.url}/_tickets").json()

    def set(self, number, status, note=""):
        httpx.post(f"{self.url}/_status", data={"ticket": number, "status": status, "note": note})


@pytest.fixture
def remote(settings, monkeypatch):
    command = [sys.executable, "-m", "ccportal.integrations.ugridplan.fake", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        settings.UGRIDPLAN_URL = f"http://127.0.0.1:{int(process.stdout.readline())}"
        settings.UGRIDPLAN_USER, settings.UGRIDPLAN_PASSWORD = USER, PASSWORD
        settings.UGRIDPLAN_TIMEOUT_SECONDS = 20
        ugridplan.forget_sessions()
        yield Remote(settings.UGRIDPLAN_URL)
    finally:
        process.terminate()
        process.wait(timeout=10)


def send_all(*, rounds=1):
    """The worker sends what is due, and what failed is due again at once."""
    for _ in range(rounds):
        OutboxMessage.objects.filter(state="retrying").update(next_at=timezone.now())
        while outbox.send_due():
            OutboxMessage.objects.filter(state="queued").update(next_at=timezone.now())
