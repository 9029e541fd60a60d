"""Mishaps between customers, technicians, staff and uGridPlan that must end well."""

import hashlib
import hmac
import json
import subprocess
import sys
import time
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from ccportal.integrations.ugridplan import client as ugp_client
from ccportal.integrations.ugridplan.fake import PASSWORD, USER
from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from customers.models import Site
from whatsapp.models import (
    Channel,
    Contact,
    Conversation,
    Incident,
    Message,
    Offer,
    OnCall,
    Technician,
    Ticket,
)
from whatsapp.services import clocks, dispatch, following, incidents, tickets
from whatsapp.triage import Triage, parse_command

pytestmark = pytest.mark.django_db
SECRET = "a-secret-that-both-sides-know"
_n = iter(range(10_000))


@pytest.fixture(scope="session")
def fake_process():
    process = subprocess.Popen(
        [sys.executable, "-m", "ccportal.integrations.ugridplan.fake", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def ugp(fake_process, settings):
    settings.UGRIDPLAN_URL, settings.UGRIDPLAN_USER, settings.UGRIDPLAN_PASSWORD = fake_process, USER, PASSWORD
    settings.UGRIDPLAN_WEBHOOK_SECRET = SECRET
    settings.UGRIDPLAN_TIMEOUT_SECONDS = 20
    httpx.post(f"{fake_process}/_faults", json=[])
    ugp_client.forget_sessions()
    return fake_process


def theirs(ugp):
    return {t["external_reference"]: t for t in httpx.get(f"{ugp}/_tickets").json() if "external_reference" in t}


def copies(ugp, ticket):
    return [t for t in httpx.get(f"{ugp}/_tickets").json() if t.get("external_reference") == ticket.reference]


@pytest.fixture(autouse=True)
def sites(db):
    Site.objects.update_or_create(code="MAK", defaults={"name": "Ha Makebe", "active": True})
    Site.objects.update_or_create(code="MAT", defaults={"name": "Matsoaing", "active": True})


def contact(phone):
    return Contact.objects.get_or_create(channel=Channel.SIMULATOR, key=phone, defaults={"phone": phone})[0]


def message(c, text):
    conv = Conversation.objects.filter(contact=c, state="open").first() or Conversation.objects.create(
        contact=c, last_message_at=timezone.now()
    )
    return conv, Message.objects.create(
        contact=c,
        conversation=conv,
        channel=c.channel,
        external_id=f"r{next(_n)}",
        direction="in",
        author="customer",
        text=text,
        state="received",
        sent_at=timezone.now(),
    )


def triage(category="no-power", priority="P1", site="MAK", safety=False):
    return Triage(
        needs_ticket=True,
        category=category,
        priority=priority,
        site_code=site,
        summary="No power",
        reply="",
        needs_information=False,
        confidence=0.9,
        source="rules",
        safety=safety,
        language="en",
    )


def fault(phone, text="No power", **kw):
    conv, m = message(contact(phone), text)
    return tickets.open_fault(conv, m, triage(**kw), None).ticket


def technician(name, phone, site="MAK", order=1):
    t = Technician.objects.create(name=name, phone=phone)
    OnCall.objects.create(technician=t, site_code=site, order=order)
    return t


def says(tech, text):
    _, m = message(contact(tech.phone), text)
    tickets.technician_message(tech, m, parse_command(text))
    last = Message.objects.filter(direction="out", contact__phone=tech.phone).order_by("-pk").first()
    return last.text if last else ""


def send_all():
    for _ in range(20):
        if (
            not outbox.send_due("ugridplan.create")
            + outbox.send_due("ugridplan.comment")
            + outbox.send_due("ugridplan.change")
        ):
            return


def post(client, ticket):
    body, at = json.dumps({"tickets": [ticket]}).encode(), str(int(time.time()))
    sig = "sha256=" + hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return client.post(
        "/api/ugridplan/webhook",
        body,
        content_type="application/json",
        headers={"X-Timestamp": at, "X-Signature-256": sig},
    )


def said_to(phone):
    return list(
        Message.objects.filter(direction="out", contact__phone=phone).order_by("pk").values_list("text", flat=True)
    )


# ---- exchange
def test_send_now_by_staff_after_a_lost_answer_makes_no_second_ticket(ugp):
    t = fault("26658120001")
    httpx.post(f"{ugp}/_faults", json=[{"mode": "401"}])  # consumed by login or first call
    ugp_client.forget_sessions()
    httpx.post(f"{ugp}/_faults", json=[])
    with ugp_client.connect() as c:  # sign in, so that the next fault hits the creation itself
        c.find("nothing")
    httpx.post(f"{ugp}/_faults", json=[{"mode": ""}, {"mode": "drop"}])  # it is looked for, then created
    outbox.send_due("ugridplan.create")
    row = OutboxMessage.objects.get(kind="ugridplan.create")
    assert row.state == "retrying" and len(copies(ugp, t)) == 1
    outbox.retry(row.pk)
    outbox.send_due("ugridplan.create")
    assert len(copies(ugp, t)) == 1


def test_a_ticket_follows_after_ugridplan_was_down_for_a_night(ugp, settings):
    t = fault("26658120002")
    settings.UGRIDPLAN_URL = "http://127.0.0.1:1"
    for _ in range(outbox.MAX_ATTEMPTS):
        OutboxMessage.objects.filter(kind="ugridplan.create").update(next_at=timezone.now())
        outbox.send_due("ugridplan.create")
    settings.UGRIDPLAN_URL = ugp
    OutboxMessage.objects.exclude(state__in=("failed", "sent")).update(next_at=timezone.now())
    send_all()
    from whatsapp.tasks.tickets import pull_tickets, watch_clocks

    pull_tickets()
    watch_clocks()
    send_all()
    assert len(copies(ugp, t)) == 1


def test_an_old_webhook_after_our_own_push_does_not_undo_the_acceptance(ugp, client):
    tech = technician("Neo", "26658220001")
    t = fault("26658120003")
    send_all()
    old = copies(ugp, t)[0]
    assert "accepted" in says(tech, "accept") or True
    send_all()
    assert copies(ugp, t)[0]["status"] == "acknowledged"
    assert post(client, old).status_code == 200
    t.refresh_from_db()
    assert (t.state, t.technician) == ("acknowledged", tech)


def test_a_change_that_waited_does_not_undo_a_newer_one_of_ugridplan(ugp, client):
    tech = technician("Neo", "26658220002")
    t = fault("26658120004")
    send_all()
    says(tech, "accept")  # waits in the outbox
    remote = {**copies(ugp, t)[0], "status": "resolved"}
    httpx.post(f"{ugp}/_status", data={"ticket": remote["ticket_id"], "status": "resolved", "note": "done"})
    assert following.pull() == 1
    t.refresh_from_db()
    assert t.state == "resolved"
    send_all()
    following.pull()
    t.refresh_from_db()
    assert copies(ugp, t)[0]["status"] == t.state


def test_times_without_a_zone_are_understood(ugp, client):
    t = fault("26658120005")
    send_all()
    remote = copies(ugp, t)[0]
    naive = (timezone.now() + timedelta(minutes=1)).replace(tzinfo=None)
    client.raise_request_exception = False
    one = post(client, {**remote, "status": "acknowledged", "updated_at": naive.isoformat()}).status_code
    two = post(
        client, {**remote, "status": "resolved", "updated_at": (naive + timedelta(minutes=5)).isoformat()}
    ).status_code
    t.refresh_from_db()
    assert (one, two, t.state) == (200, 200, "resolved")


def test_a_comment_with_a_long_id_does_not_stop_the_polling(ugp):
    t = fault("26658120006")
    send_all()
    from ccportal.integrations.ugridplan.schemas import RemoteTicket

    remote = RemoteTicket.model_validate(
        {**copies(ugp, t)[0], "comments": [{"id": "c" * 70, "user": "x", "text": "hi"}]}
    )
    following.take(remote)
    following.take(remote)


def test_a_technicians_note_reaches_ugridplan(ugp):
    tech = technician("Neo", "26658220007")
    t = fault("26658120007")
    says(tech, "accept")
    says(tech, "The breaker of pole 12 is burnt, I need a 63 A one")
    send_all()
    assert any("63 A" in c["text"] for c in copies(ugp, t)[0]["comments"])


def test_the_time_of_restoration_is_ugridplans(ugp, client):
    t = fault("26658120008")
    Ticket.objects.update(created_at=timezone.now() - timedelta(hours=5))
    send_all()
    Ticket.objects.update(external_at=timezone.now() - timedelta(hours=5))
    at = timezone.now() - timedelta(hours=2)
    post(client, {**copies(ugp, t)[0], "status": "resolved", "updated_at": at.isoformat()})
    t.refresh_from_db()
    assert t.resolved_at is not None and abs(t.resolved_at - at) < timedelta(minutes=1)


def test_without_ugridplan_nobody_is_promised_that_it_will_be_told(settings):
    settings.UGRIDPLAN_URL = ""
    from whatsapp.services.deciding import created_situation

    assert created_situation() == "ticket_created"


# ---- dispatch
def test_who_answers_late_gets_a_job_that_nobody_has(settings):
    tech = technician("Neo", "26658220010")
    t = fault("26658120010")
    for _ in range(3):
        Offer.objects.filter(state="offered").update(answer_by=timezone.now() - timedelta(minutes=1))
        dispatch.expire_due()
    assert t.events.filter(kind="job.unassigned").exists()
    answer = says(tech, "accept")
    t.refresh_from_db()
    assert t.technician == tech, answer


def test_a_job_given_back_after_the_list_was_through_alerts_again(
    settings,
):
    settings.ONM_EMAILS = ["om@example.invalid"]
    tech = technician("Neo", "26658220011")
    t = fault("26658120011")
    for _ in range(3):
        Offer.objects.filter(state="offered").update(answer_by=timezone.now() - timedelta(minutes=1))
        dispatch.expire_due()
    dispatch.assign(t, tech, actor="Palesa")
    before = OutboxMessage.objects.filter(kind="care.mail").count()
    says(tech, "decline")
    has_open = Offer.objects.filter(ticket=t, state="offered").exists()
    assert has_open or OutboxMessage.objects.filter(kind="care.mail").count() > before


def test_raising_the_priority_of_a_scheduled_job_finds_a_technician():
    technician("Neo", "26658220012")
    t = fault("26658120012", category="vegetation", priority="P4")
    assert not t.offers.exists()
    tickets.change(t, actor="Palesa", priority="P1")
    assert t.offers.filter(state="offered").exists()


def test_a_finished_ticket_cannot_be_assigned():
    tech = technician("Neo", "26658220013")
    t = fault("26658120013")
    tickets.resolve(t, actor="Palesa")
    from ccportal.core.errors import PortalError

    with pytest.raises(PortalError):
        dispatch.assign(t, tech, actor="Palesa")


def test_danger_that_a_technician_reports_is_not_swallowed():
    tech = technician("Neo", "26658220014")
    answer = says(tech, "A line has fallen and is sparking near the school in Ha Makebe")
    assert Ticket.objects.exists() or Conversation.objects.filter(needs_staff=True).exists(), answer


def test_the_number_may_come_before_the_word():
    tech = technician("Neo", "26658220015")
    t = fault("26658120015")
    says(tech, f"{t.number} accept")
    t.refresh_from_db()
    assert t.state == "acknowledged"


def test_done_is_said_of_the_job_at_work_not_of_the_one_offered():
    tech = technician("Neo", "26658220016")
    one = fault("26658120016")
    says(tech, "accept")
    fault("26658120017", category="meter-issue", priority="P2")
    says(tech, "done replaced the fuse")
    one.refresh_from_db()
    assert one.state == "resolved"


def test_a_number_in_a_note_is_no_job_number():
    tech = technician("Neo", "26658220018")
    fault("26658120018")
    says(tech, "accept")
    two = fault("26658120019", category="meter-issue", priority="P2")
    says(tech, f"done, set clock to {two.number[-4:]}")
    two.refresh_from_db()
    assert two.state == "open"


# ---- outages
def test_yes_of_one_of_several_does_not_say_closed():
    one = fault("26658120020")
    two = fault("26658120021")
    assert one == two
    tickets.resolve(one, actor="Palesa")
    report = one.reports.get(contact__phone="26658120020")
    tickets.power_back(report, report.contact, True)
    one.refresh_from_db()
    assert one.state == "resolved"
    assert "is closed" not in said_to("26658120020")[-1]


def test_merging_withdraws_the_job_of_the_ticket_that_is_closed():
    tech = technician("Neo", "26658220022")
    one = fault("26658120022")
    two = fault("26658120023", category="equipment-failure", priority="P2")
    says(tech, f"accept {two.number}")
    incidents.merge(two, one, actor="Palesa")
    assert not Offer.objects.filter(ticket=two, state__in=("offered", "accepted", "arrived")).exists()


def test_merging_two_outages_leaves_one_incident_that_counts():
    a = fault("26658120024")
    fault("26658120025")
    Ticket.objects.filter(pk=a.pk).update(category="equipment-failure")  # so that the next is apart
    b = fault("26658120026")
    fault("26658120027")
    Ticket.objects.filter(pk=a.pk).update(category="no-power")
    a.refresh_from_db()
    b.refresh_from_db()
    assert Incident.objects.count() == 2
    incidents.merge(a, b, actor="Palesa")
    counting = Incident.objects.filter(customers_affected__gt=0)
    b.refresh_from_db()
    assert counting.count() == 1
    assert b.incident.started_at <= a.created_at


def test_an_outage_began_when_it_was_first_written_not_when_it_was_read():
    conv, m = message(contact("26658120028"), "No power")
    at = timezone.now() - timedelta(hours=3)
    Message.objects.filter(pk=m.pk).update(sent_at=at, created_at=at)
    m.refresh_from_db()
    t = tickets.open_fault(conv, m, triage(), None).ticket
    fault("26658120029")
    t.refresh_from_db()
    assert abs(t.incident.started_at - at) < timedelta(minutes=1)


def test_two_phones_of_one_customer_are_one_customer_affected():
    from whatsapp.services.identification import Person

    p = Person("71", "Lineo Letsie", "0045MAK", "MAK")
    for phone in ("26658120030", "26658120031"):
        conv, m = message(contact(phone), "No power")
        t = tickets.open_fault(conv, m, triage(), p).ticket
    t.refresh_from_db()
    assert t.incident is None or t.incident.customers_affected == 1


def test_staff_can_state_how_many_are_without_power_when_one_reported_it():
    t = fault("26658120032")
    incidents.declare(t, customers_affected=120)
    t.refresh_from_db()
    assert (t.incident.customers_affected, t.incident.site_code) == (120, "MAK")


def test_the_same_message_twice_adds_one_line_for_somebody_who_reported_before():
    t = fault("26658120033")
    conv, m = message(contact("26658120033"), "Still no power here")
    tickets.open_fault(conv, m, triage(), None)
    tickets.open_fault(conv, m, triage(), None)
    assert t.events.filter(kind="report.added").count() <= 1


def test_a_follow_up_after_a_merge_is_a_comment_on_the_ticket_that_lives():
    one = fault("26658120034")
    two = fault("26658120035", category="equipment-failure", priority="P2")
    Conversation.objects.filter(contact__phone="26658120035").update(ticket=two)
    incidents.merge(two, one, actor="Palesa")
    assert Conversation.objects.get(contact__phone="26658120035").ticket == one


def test_a_ticket_resolved_late_is_late_even_if_the_clock_was_not_looked_at():
    t = fault("26658120036")
    Ticket.objects.filter(pk=t.pk).update(resolve_by=timezone.now() - timedelta(hours=1))
    tickets.resolve(t, actor="Palesa")
    clocks.alert()
    t.refresh_from_db()
    assert t.resolution_breached_at is not None
