"""A report as PDF with a real broker and a real worker: progress, link, whose it is, until when."""

import json
import sqlite3
from contextlib import closing

import pytest

from ccportal.core.testing.processes import wait_for

pytestmark = [pytest.mark.broker, pytest.mark.slow]

PEOPLE = """
from ccportal.accounts.models import Employee
for number, role in (("1002", "finance_team"), ("1001", "generic")):
    Employee.objects.create_user(number, "not-used-in-this-test", name=role, role=role)
"""
SALES = """
from datetime import datetime
from billing.models import Transaction
from ccportal.core.periods import meter_zone
from omreport.services import rollups
for number in range(1, 9):
    Transaction.objects.create(
        id=number, account="0001MAK", at=datetime(2026, number, 3, tzinfo=meter_zone()), amount=50, kwh=10,
        is_payment=True,
    )
rollups.rebuild()
"""
#: A visitor of the portal: signs in, asks, prints what came back as JSON.
VISIT = """
import json
from django.conf import settings
from django.test import Client
from ccportal.accounts.models import Employee
settings.ALLOWED_HOSTS.append("testserver")
client = Client()
client.force_login(Employee.objects.get(employee_no={employee!r}), backend="django.contrib.auth.backends.ModelBackend")
answer = client.{method}({address!r}, {data!r}, secure=True)
body = b"".join(answer) if answer.streaming else answer.content
shown = body.decode(errors="replace") if not answer.streaming else body[:5].decode()
print(json.dumps([answer.status_code, answer.get("Location", ""), shown, len(body)]))
"""


@pytest.fixture
def portal(installation):
    installation.extra["DEBUG"] = "1"  # pages without collected static files
    installation.python(PEOPLE + SALES)
    return installation


def visit(portal, employee, address, method="get", data=None):
    return json.loads(portal.python(VISIT.format(employee=employee, address=address, method=method, data=data)))


def job(portal):
    """Read without Django: it is asked again and again until it is done."""
    query = "SELECT state, step, done, total, result FROM jobs_job WHERE kind = 'reports.pdf'"
    with closing(sqlite3.connect(portal.folder / "portal.sqlite3", timeout=60)) as link:
        ((state, step, done, total, result),) = link.execute(query).fetchall()
    return {"state": state, "step": step, "done": done, "total": total, "result": json.loads(result or "null")}


def test_a_worker_prints_a_report_for_the_one_who_asked(portal):
    status, page, _, _ = visit(portal, "1002", "/reports/financial/pdf/", "post", {"from": "2026 Q1"})
    assert status == 302
    assert job(portal)["state"] == "queued"
    portal.start_worker()
    wait_for(lambda: job(portal)["state"] == "done", "the report is printed", seconds=60)
    assert {"step": "Setting the pages", "done": 3, "total": 3}.items() <= job(portal).items()
    link = job(portal)["result"]["url"]
    assert f'href="{link}"' in visit(portal, "1002", page)[2]
    status, _, beginning, size = visit(portal, "1002", link)
    assert (status, beginning) == (200, "%PDF-")
    assert size > 10_000
    assert visit(portal, "1001", link)[0] == 404
    portal.python(
        "from datetime import timedelta\n"
        "from django.db.models import F\n"
        "from ccportal.jobs.models import Job\n"
        "Job.objects.update(finished_at=F('finished_at') - timedelta(days=8))"
    )
    status, _, text, _ = visit(portal, "1002", link)
    assert status == 404
    assert "Finished reports are kept for seven days" in text
