"""A worker that is killed while uGridPlan is about to answer, and letters to the O&M team."""

import subprocess
import sys

import pytest
from django.core import mail

from ccportal.core.testing.processes import ROOT, wait_for
from ccportal.jobs.models import OutboxMessage
from whatsapp.tests.tickets.conftest import report, send_all

OPEN = (
    "from customers.models import Site\n"
    "from whatsapp.services import tickets\n"
    "Site.objects.update_or_create(code='MAK', defaults={'name': 'Ha Makebe', 'active': True})\n"
    "print(tickets.open_by_staff(actor='Palesa', actor_id='1002', site_code='MAK', category='no-power',"
    " priority='P1', description='No power').reference)"
)
SEND = (
    "import django; django.setup()\nfrom ccportal.jobs import outbox\nimport whatsapp.tasks\nprint(outbox.send_due())"
)
LATER = (
    "from datetime import timedelta\nfrom django.utils import timezone\n"
    "from ccportal.jobs.models import OutboxMessage\nfrom ccportal.jobs import outbox\nimport whatsapp.tasks\n"
    "from whatsapp.models import Ticket\n"
    "OutboxMessage.objects.filter(state='sending').update(claimed_at=timezone.now() - timedelta(hours=1))\n"
    "outbox.send_due('ugridplan.create')\n"
    "print(Ticket.objects.get().external_id)"
)


@pytest.mark.broker
@pytest.mark.slow
def test_a_worker_killed_after_ugridplan_acted_leaves_one_ticket_there(db, remote, installation, settings):
    installation.extra = {
        "UGRIDPLAN_URL": remote.url, "UGRIDPLAN_USER": settings.UGRIDPLAN_USER,
        "UGRIDPLAN_PASSWORD": settings.UGRIDPLAN_PASSWORD, "DEMO": "1",
    }  # fmt: skip
    reference = installation.python(OPEN)
    remote.fail("", "", "hang")  # signed in, looked for, then created without a word
    worker = subprocess.Popen([sys.executable, "-c", SEND], cwd=ROOT, env=installation.environment)
    try:
        wait_for(lambda: len(remote.tickets()) == 1, "uGridPlan has the ticket")
    finally:
        worker.kill()
        worker.wait(timeout=10)
    number = installation.python(LATER)
    assert [(there["ticket_id"], there["external_reference"]) for there in remote.tickets()] == [(number, reference)]


@pytest.mark.django_db
def test_a_letter_names_ticket_priority_site_and_fault_and_is_known_when_it_comes_again(settings):
    settings.ONM_EMAILS, settings.EMAIL_DOMAIN = ["om@example.org", "duty@example.org"], "portal.example"
    ticket = report().ticket
    send_all()
    letter = next(one for one in mail.outbox if one.subject.startswith(ticket.number))
    assert letter.subject == f"{ticket.number} P1 Ha Makebe"
    assert letter.to == ["om@example.org", "duty@example.org"]
    assert "No power at the house." in letter.body
    assert letter.extra_headers["Message-ID"] == f"<mail-ticket-{ticket.pk}@portal.example>"


@pytest.mark.django_db
def test_without_a_mail_server_letters_are_files(settings, tmp_path):
    settings.ONM_EMAILS = ["om@example.org"]
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", tmp_path
    ticket = report().ticket
    send_all()
    assert any(ticket.number in file.read_text() for file in tmp_path.iterdir())


@pytest.mark.django_db
def test_a_mail_server_that_does_not_answer_is_tried_again(settings):
    settings.ONM_EMAILS = ["om@example.org"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    ticket = report().ticket
    send_all()
    row = OutboxMessage.objects.get(key=f"mail-ticket-{ticket.pk}")
    assert (row.state, row.error) == ("retrying", "The mail server did not take it: ConnectionRefusedError")
