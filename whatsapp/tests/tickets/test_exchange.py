"""uGridPlan over real HTTP: one ticket there for one here, whatever goes wrong in between."""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ccportal.jobs.models import OutboxMessage
from whatsapp.models import Ticket
from whatsapp.services import exchange, following, tickets
from whatsapp.tests.tickets.conftest import report, send_all, told

pytestmark = pytest.mark.django_db
BY = {"actor": "Palesa Molapo", "actor_id": "1002"}
SECRET = "a-secret-that-both-sides-know"


def test_a_ticket_is_opened_there_with_what_the_contract_asks_for(remote):
    ticket = report(text="Motlakase o tsamaile").ticket
    send_all()
    (there,) = remote.tickets()
    ticket.refresh_from_db()
    assert ticket.external_id == there["ticket_id"]
    assert (there["site_id"], there["priority"], there["ticket_type"]) == ("MAK", "P1", "corrective")
    assert there["equipment_category"] == "electrical"
    assert there["external_reference"] == ticket.reference
    assert ticket.number in there["fault_description"]
    assert "Motlakase o tsamaile" in there["fault_description"]
    assert "customer_id" not in there


def test_an_unknown_site_is_sent_as_the_documented_default_and_said_to_be_unknown(remote):
    report(site="", category="meter-issue")
    send_all()
    (there,) = remote.tickets()
    assert there["site_id"] == "LSB"
    assert "not known" in there["fault_description"]


@pytest.mark.parametrize("fault", ["500", "429", "dead", "drop", "half", "slow", "401"])
def test_whatever_goes_wrong_there_is_one_ticket_in_the_end(remote, fault, settings):
    """``drop`` and ``half`` act before they fail: a retry finds the ticket instead of making a second."""
    exchange_once(remote)  # so that the fault hits the ticket, not the sign-in
    ticket = report().ticket
    remote.fail(fault)
    if fault == "slow":
        settings.UGRIDPLAN_TIMEOUT_SECONDS = 1
    send_all(rounds=3)
    ticket.refresh_from_db()
    ours = [there for there in remote.tickets() if there["external_reference"] == ticket.reference]
    assert [there["ticket_id"] for there in ours] == [ticket.external_id]


def exchange_once(remote):
    report(phone="26658129999", category="billing", site="KET")
    send_all()


def test_while_it_is_down_the_ticket_lives_here_and_follows_later(remote):
    exchange_once(remote)
    remote.fail("500", "500")
    ticket = report().ticket
    send_all()
    assert not exchange.works()
    ticket.refresh_from_db()
    assert (ticket.external_id, bool(ticket.number)) == ("", True)
    send_all(rounds=2)
    ticket.refresh_from_db()
    assert ticket.external_id
    assert exchange.works()


def test_a_comment_follows_its_ticket_and_is_there_once(remote):
    ticket = report().ticket
    tickets.add_comment(ticket, actor="Lineo", text="Still dark")
    remote.fail("", "", "", "", "drop")  # sign in, ticket, then the comment is written and the answer lost
    send_all(rounds=4)
    (there,) = remote.tickets()
    assert [comment["text"] for comment in there["comments"]] == ["Still dark"]


def test_states_arrive_there_in_their_order(remote):
    ticket = report().ticket
    tickets.acknowledge(ticket, **BY)
    tickets.resolve(ticket, note="Fuse replaced", **BY)
    send_all()
    (there,) = remote.tickets()
    assert (there["status"], there["note"]) == ("resolved", "Fuse replaced")


def test_a_state_set_there_comes_back_and_the_customer_is_told(remote):
    ticket = report().ticket
    send_all()
    ticket.refresh_from_db()
    remote.set(ticket.external_id, "resolved", "Line repaired")
    assert following.pull() == 1
    ticket.refresh_from_db()
    assert (ticket.state, ticket.resolution_note) == ("resolved", "Line repaired")
    assert "power" in told()[-1]
    send_all()
    assert following.pull() == 0


def test_what_we_told_them_is_no_news_when_it_comes_back(remote):
    ticket = report().ticket
    tickets.acknowledge(ticket, **BY)
    send_all()
    assert following.pull() == 0
    assert not OutboxMessage.objects.filter(state="queued").exists()


def test_an_impossible_state_is_noted_and_not_taken_over(remote):
    ticket = report().ticket
    send_all()
    ticket.refresh_from_db()
    remote.set(ticket.external_id, "reopened")
    following.pull()
    ticket.refresh_from_db()
    assert ticket.state == "open"
    assert ticket.events.filter(kind="exchange.differs").count() == 1


def test_tickets_of_others_are_left_alone(remote):
    cookies = {"access_token": "fake-ugp-session"}
    httpx.post(f"{remote.url}/om/tickets", json={"site_id": "MAK"}, cookies=cookies)
    assert following.pull() == 0
    assert not Ticket.objects.exists()


# ---------------------------------------------------------------- webhook
@pytest.fixture
def tell(client, settings):
    """uGridPlan's webhook calls us; the answer."""
    settings.UGRIDPLAN_WEBHOOK_SECRET = SECRET

    def post(*changed, secret=SECRET, at=None, body=None):
        body = json.dumps({"tickets": changed}).encode() if body is None else body
        stamp = str(int(time.time() if at is None else at))
        digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Timestamp": stamp, "X-Signature-256": f"sha256={digest}"}
        return client.post("/api/ugridplan/webhook", body, content_type="application/json", headers=headers)

    return post


@pytest.fixture
def known():
    """A ticket that uGridPlan has as MAK-2026-0001."""
    ticket = report().ticket
    Ticket.objects.update(external_id="MAK-2026-0001", external_state="open")
    return ticket


def news(status, minutes=0, **more):
    at = datetime(2026, 11, 21, 10, tzinfo=UTC) + timedelta(minutes=minutes)
    return {"ticket_id": "MAK-2026-0001", "status": status, "updated_at": at.isoformat(), **more}


def test_the_webhook_takes_a_state_once(tell, known):
    assert tell(news("acknowledged")).status_code == 200
    assert tell(news("acknowledged")).status_code == 200
    known.refresh_from_db()
    assert known.state == "acknowledged"
    assert known.events.filter(kind="state.changed").count() == 1


def test_news_that_come_late_do_not_undo_newer_ones(tell, known):
    tell(news("resolved", 5))
    tell(news("acknowledged", 1))
    known.refresh_from_db()
    assert known.state == "resolved"


def test_a_comment_written_there_is_in_the_history_once(tell, known):
    comment = {"id": "c-1", "user": "Planner", "text": "Spare part ordered"}
    for _ in range(2):
        tell(news("open", comments=[comment]))
    event = known.events.get(kind="comment.added")
    assert (event.actor, event.text) == ("Planner (uGridPlan)", "Spare part ordered")


def test_a_comment_that_no_database_could_hold_is_taken_without_what_hinders(tell, known):
    comment = {"id": "c-\x001", "user": "Plan\x00ner", "text": "Spare\x00 part ordered"}
    assert tell(news("open", comments=[comment])).status_code == 200
    event = known.events.get(kind="comment.added")
    assert (event.external_id, event.actor, event.text) == ("c-1", "Planner (uGridPlan)", "Spare part ordered")


@pytest.mark.parametrize(
    "forged",
    [{"secret": "another-secret-altogether"}, {"at": time.time() - 3600}, {"at": time.time() + 3600}],
    ids=["wrong secret", "replayed an hour later", "from the future"],
)
def test_forged_and_replayed_calls_change_nothing(tell, known, forged):
    assert tell(news("closed"), **forged).status_code == 403
    known.refresh_from_db()
    assert known.state == "open"


def test_without_a_secret_nobody_is_believed(tell, known, settings):
    settings.UGRIDPLAN_WEBHOOK_SECRET = ""
    assert tell(news("closed"), secret="none").status_code == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"tickets": [{"status": "open"}]}', b"\xff\xfe"])
def test_a_body_that_is_not_as_agreed_is_refused_with_a_reason(tell, body):
    answer = tell(body=body)
    assert answer.status_code == 422
    assert "not as agreed" in answer.json()["detail"]


def test_a_delivery_of_too_many_tickets_is_refused_with_the_limit(tell, known):
    answer = tell(*[news("closed")] * 201)
    assert answer.status_code == 422
    assert "at most 200 tickets" in answer.json()["detail"]
    known.refresh_from_db()
    assert known.state == "open"
