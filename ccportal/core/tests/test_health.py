"""GET /health: always 200, in the contract's shape, telling operators what is broken and strangers nothing."""

import contextlib
import json
import re
import socket
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from billing.models import Notification, Payment
from ccportal.jobs import services
from ccportal.jobs.models import OutboxMessage, Pulse
from customers.models import Customer
from tariffs.models import TariffOverride
from whatsapp.models import Link

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_anybody_may_ask(client, path):
    Customer.objects.create(first_name="Mpho")
    answer = client.get(path)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["customer_count"], body["db_path"]) == ("ok", 1, "acdb (sqlite)")
    assert "error" not in body
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", body["timestamp"])


def test_a_database_that_was_never_imported_is_said_to_be_missing(client):
    with connections["acdb"].cursor() as cursor:
        cursor.execute("DROP TABLE tblcustomer")
    body = client.get("/health").json()
    assert body["status"] == "no_db"
    assert body["error"] == "The customer database is empty; import it first."
    assert "customer_count" not in body


def test_operators_see_the_worker_the_broker_and_the_backlog(client):
    services.beat()
    Pulse.objects.update(at=timezone.now() - timedelta(seconds=40))
    portal = client.get("/health").json()["portal"]
    assert 40 <= portal["worker_age_seconds"] < 60
    assert portal["broker"] == "unavailable"
    assert (portal["outbox_waiting"], portal["jobs_unfinished"], portal["last_import"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("url", "last", "said"),
    [("", "up", "not set up"), ("https://ugp.example", "", "not asked yet"),
     ("https://ugp.example", "up", "up"), ("https://ugp.example", "down", "down")],
)  # fmt: skip
def test_operators_see_whether_ugridplan_answers_and_what_waits_for_it(client, settings, url, last, said):
    settings.UGRIDPLAN_URL = url
    if last:
        Link.objects.create(name="ugridplan", state=last)
    for number, (kind, state) in enumerate(
        [("ugridplan.create", "retrying"), ("ugridplan.comment", "queued"), ("ugridplan.change", "sent"),
         ("ugridplan.change", "failed"), ("sms.code", "queued")]
    ):  # fmt: skip
        OutboxMessage.objects.create(kind=kind, key=f"k{number}", payload={}, state=state)
    assert client.get("/health").json()["portal"]["ugridplan"] == {"state": said, "waiting": 2, "failed": 1}


def test_operators_see_money_that_waits_rates_that_are_late_and_messages_that_failed(client):
    now = timezone.now()
    paid = {"provider": "demo", "amount": 50, "currency": "LSL", "received_at": now}
    for number, (state, queue) in enumerate(
        [("unmatched", ""), ("unmatched", ""), ("unmatched", "aside"), ("matched", ""), ("posted", "")]
    ):
        Payment.objects.create(provider_reference=f"R{number}", state=state, queue=queue, **paid)
    for digest, state in (("a", "review"), ("b", "done")):
        Notification.objects.create(source="webhook", provider="demo", body=b"{}", digest=digest, state=state)
    for hours in (-1, 1):
        TariffOverride.objects.create(scope="global", rate="5.50", effective_from=now + timedelta(hours=hours))
    for key, state in (("f", "failed"), ("s", "sent")):
        OutboxMessage.objects.create(kind="sms.code", key=key, payload={}, state=state)
    portal = client.get("/health").json()["portal"]
    assert portal["payments"] == {"for_staff": 3, "to_post": 1}
    assert (portal["rates_overdue"], portal["outbox_failed"]) == (1, 1)


def test_a_worker_that_never_ran_has_no_age(client):
    assert client.get("/health").json()["portal"]["worker_age_seconds"] is None


def test_a_broken_part_does_not_break_the_answer(client):
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP TABLE jobs_pulse")
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["portal"]["worker_age_seconds"] == "unavailable"


def test_it_costs_few_queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(17):
        client.get("/health")


def test_it_shows_no_path_of_the_server(client, settings):
    assert str(settings.BASE_DIR) not in client.get("/health").text


def connections_to(server: socket.socket) -> int:
    """How many callers were let into the queue of a server that never answered."""
    server.setblocking(False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


def test_a_database_server_that_is_silent_is_waited_for_once(make_workspace):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://portal:secret@127.0.0.1:{silent.getsockname()[1]}/portal?connect_timeout=2"
        workspace = make_workspace(DATABASE_URL=address)
        report = json.loads(
            workspace.python("import json; from ccportal.core import health; print(json.dumps(health.report()))")
        )
        attempts = connections_to(silent)
    assert attempts == 1
    portal = report["portal"]
    assert (portal["jobs_unfinished"], portal["last_import"], portal["acdb_read_only"]) == ("unavailable",) * 2 + (
        False,
    )
