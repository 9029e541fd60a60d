"""A process killed while it brings a rate for everybody into the customer database: it is written exactly once.

Each test forks a process that kills itself at one step of a real run on real files, settles what it left as the
schedule does, and looks at the table, the history and the log.
"""

import json

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import json, os, signal
from datetime import timedelta
from decimal import Decimal
from django.db import connections
from django.utils import timezone
from audit import services as audit_services
from audit.actors import Actor
from audit.models import Mutation
from audit.services import records, settling
from tariffs import receivers, services
from tariffs.models import GlobalRate, TariffChange, TariffOverride
from tariffs.queries import rate_for
from tariffs.services import applying, changing, journal

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def killed(act):
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        {step}
        act()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)

def schedule_runs():
    "Two minutes later: what the dead process held is free, the reconciler and the task have run, twice."
    TariffOverride.objects.exclude(claimed_at=None).update(claimed_at=timezone.now() - timedelta(minutes=3))
    for _ in range(2):
        audit_services.reconcile(timedelta(0))
        services.apply_due()

GlobalRate.objects.create(rate=6.0)
wanted = services.RateChange("global", "", Decimal("7"), {moment}, "Board")
if {moment}:
    services.set_rate(Actor.system(), wanted)
    TariffOverride.objects.update(effective_from=timezone.now() - timedelta(minutes=1))
    act = services.apply_due
else:
    act = lambda: services.set_rate(Actor.system(), wanted)
code = killed(act)
rate_before = float(rate_for(None, "MAK").rate)
{meanwhile}
schedule_runs()
print(json.dumps(dict(
    code=code,
    rate_before=rate_before,
    table=list(GlobalRate.objects.values_list("rate", flat=True)),
    history=list(TariffChange.objects.order_by("pk").values_list("kind", flat=True)),
    log=list(Mutation.objects.filter(table_name="tblconfig").order_by("pk").values_list("state", flat=True)),
    applied=TariffOverride.objects.filter(applied_at__isnull=False).count(),
)))
"""
TOMORROW = "timezone.now() + timedelta(days=1)"
STEPS = {
    "before anything was written": "applying._write = die",
    "after the log, before the table": "records._carry_out = die",
    "inside the transaction on the table": "records._write = lambda plan, real=records._write: (real(plan), die())",
    "after the table, before the log": "settling.applied = die",
    "after the log, before the rate was acknowledged": (
        "receivers.applying.row_of = lambda entry: None; applying.settle = die"
    ),
    "while it was acknowledged": "applying._settle = die",
}
#: Where the log says that a first attempt was not made, before the second one that was.
TRIED_TWICE = {"after the log, before the table", "inside the transaction on the table"}


def crash(installation, step, *, moment, meanwhile=""):
    script = SCRIPT
    for name, text in {"step": step, "moment": moment, "meanwhile": meanwhile}.items():
        script = script.replace("{" + name + "}", text)
    return json.loads(installation.python(script).splitlines()[-1])


@pytest.mark.parametrize("where", STEPS)
def test_a_scheduled_rate_is_written_exactly_once(installation, where):
    found = crash(installation, STEPS[where], moment=TOMORROW)
    assert found["code"] == -9
    assert found["rate_before"] == 7.0
    assert found["table"] == [7.0]
    assert found["applied"] == 1
    assert found["log"] == (["failed", "applied"] if where in TRIED_TWICE else ["applied"])
    assert [kind for kind in found["history"] if kind != "elsewhere"] == ["scheduled", "applied"]


@pytest.mark.parametrize("where", ["after the log, before the table", "after the table, before the log"])
def test_a_rate_that_was_to_hold_at_once_is_brought_in_by_the_schedule(installation, where):
    found = crash(installation, STEPS[where], moment="None")
    assert (found["code"], found["table"], found["history"], found["applied"]) == (-9, [7.0], ["set"], 1)
    assert found["log"][-1] == "applied"


def test_what_somebody_changed_after_the_crash_is_not_overwritten(installation):
    found = crash(
        installation,
        STEPS["after the table, before the log"],
        moment=TOMORROW,
        meanwhile="audit_services.reconcile(timedelta(0)); GlobalRate.objects.update(rate=8.0)",
    )
    assert found["table"] == [8.0]
    assert (found["log"], found["applied"]) == (["applied"], 1)
