"""With a real Valkey and real worker processes: nothing is lost, nothing is done twice at once."""

import json
import os
import signal
import sqlite3
from contextlib import closing

import pytest

from ccportal.core.testing.processes import wait_for

pytestmark = [pytest.mark.broker, pytest.mark.slow]

CREATE = (
    "from ccportal.jobs.services import create_job\n"
    "print(create_job('test.sleep', requested_by='1004', input={'seconds': %s}).pk)"
)


@pytest.fixture
def portal(installation):
    installation.include = "ccportal.jobs.tests.slow_work"
    return installation


def read(portal, query):
    """Rows of our database: asked again and again, so not by a new Python with Django each time."""
    with closing(sqlite3.connect(portal.folder / "portal.sqlite3", timeout=60)) as link:
        return link.execute(query).fetchall()


def job(portal):
    columns = ("state", "attempts", "result", "done", "error")
    (row,) = read(portal, f"SELECT {', '.join(columns)} FROM jobs_job")
    found = dict(zip(columns, row, strict=True))
    return {**found, "result": json.loads(found["result"] or "null")}


def runs(portal):
    file = portal.folder / "runs"
    return file.read_text().split() if file.exists() else []


def age_heartbeat_and_sweep(portal):
    """As if the thirty seconds had passed after which a worker counts as dead."""
    portal.python(
        "from datetime import timedelta\n"
        "from django.db.models import F\n"
        "from ccportal.jobs import services\n"
        "from ccportal.jobs.models import Job\n"
        "Job.objects.update(heartbeat_at=F('heartbeat_at') - timedelta(seconds=60))\n"
        "services.sweep()"
    )


def test_a_worker_runs_a_job_and_leaves_its_result(portal):
    portal.start_worker()
    portal.python(CREATE % 0.1)
    wait_for(lambda: job(portal)["state"] == "done", "the job is done")
    assert job(portal) == {"state": "done", "attempts": 1, "result": {"slept": 0.1}, "done": 100, "error": ""}


def test_a_job_survives_the_death_of_its_worker(portal):
    first = portal.start_worker()
    portal.python(CREATE % 60)
    wait_for(lambda: runs(portal) == ["1"], "the job is running")
    portal.kill(first)
    assert job(portal)["state"] == "running"
    portal.start_worker()
    age_heartbeat_and_sweep(portal)
    wait_for(lambda: job(portal)["state"] == "done", "the job is done by the second worker")
    assert runs(portal) == ["1", "2"]


def test_a_message_redelivered_after_a_crash_does_not_run_the_job_beside_itself(portal):
    worker = portal.start_worker()
    portal.python(CREATE % 60)
    wait_for(lambda: runs(portal) == ["1"], "the job is running")
    children = portal.run("-c", f"print(open('/proc/{worker.pid}/task/{worker.pid}/children').read())").split()
    os.kill(int(children[0]), signal.SIGKILL)
    log = portal.log(1)
    wait_for(lambda: "is not waiting any more" in log.read_text(), "the message came again and was dropped")
    assert runs(portal) == ["1"]
    age_heartbeat_and_sweep(portal)
    wait_for(lambda: job(portal)["state"] == "done", "the job is done by the next child")
    assert runs(portal) == ["1", "2"]


def test_a_job_created_while_the_broker_is_down_is_run_when_it_is_back(portal):
    portal.broker.stop()
    portal.python(CREATE % 0.1)
    assert job(portal)["state"] == "queued"
    portal.broker.start()
    portal.start_worker()
    portal.python("from ccportal.jobs import services; services.sweep()")
    wait_for(lambda: job(portal)["state"] == "done", "the job is done")


def test_two_workers_send_each_message_once(portal):
    portal.start_worker(concurrency=2)
    portal.start_worker(concurrency=2)
    portal.python(
        "from django.db import transaction\n"
        "from ccportal.jobs import outbox\n"
        "for number in range(120):\n"
        "    with transaction.atomic():\n"
        "        outbox.enqueue('test.note', f'note-{number}', {})\n"
    )
    sent = portal.folder / "sent"
    wait_for(lambda: sent.exists() and len(sent.read_text().split()) >= 120, "all messages are sent")
    assert sorted(sent.read_text().split()) == sorted(f"note-{number}" for number in range(120))
    states = "SELECT DISTINCT state FROM jobs_outboxmessage"
    wait_for(lambda: read(portal, states) == [("sent",)], "all messages are recorded as sent")


def test_a_task_is_logged_under_the_request_that_caused_it(portal):
    portal.start_worker()
    portal.python("from ccportal.core import logs\nlogs.request_id.set('the-request-of-thabo')\n" + CREATE % 0.1)
    wait_for(lambda: "the-request-of-thabo" in portal.log(1).read_text(), "the worker logs the request id")
    lines = [json.loads(line) for line in portal.log(1).read_text().splitlines() if "the-request-of-thabo" in line]
    assert {"task": "job.test.sleep", "state": "SUCCESS"}.items() <= lines[-1].items()


def test_a_task_that_fails_is_logged_with_its_stack_but_without_data(portal):
    portal.start_worker()
    portal.python("from ccportal.celery import app; app.send_task('test.fail', args=['58698650'])")
    log = portal.log(1)
    wait_for(lambda: '"state": "FAILURE"' in log.read_text(), "the failure is logged")
    (line,) = [json.loads(line) for line in log.read_text().splitlines() if '"task failed"' in line]
    assert line["task"] == "test.fail"
    assert "slow_work.py" in line["exc_info"]
    assert line["exc_info"].endswith("ValueError")
    assert "58698650" not in log.read_text()


def test_beat_keeps_the_workers_pulse(portal):
    portal.start_worker()
    portal.python("from ccportal.celery import app; app.send_task('jobs.heartbeat')")
    wait_for(lambda: read(portal, "SELECT at FROM jobs_pulse WHERE name = 'worker'") != [], "the pulse is written")
    seen = portal.python("from ccportal.core import health; print(health.report()['portal'])")
    assert "'worker_age_seconds': None" not in seen
    assert "'broker': 'ok'" in seen
