"""Several people and processes at once, on SQLite and on PostgreSQL: one decision wins, the others are told."""

import json

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import json, os, tempfile
from collections import Counter
from decimal import Decimal
from datetime import timedelta
from multiprocessing import Barrier
from pathlib import Path
from django.db import connections
from django.utils import timezone
from audit.actors import Actor
from audit.models import Mutation
from ccportal.core.errors import PortalError
from tariffs import services
from tariffs.models import GlobalRate, TariffChange, TariffOverride
from tariffs.queries.standing import standing

def together(people, act):
    "What happened to each of several processes that act at the same moment."
    folder, start = Path(tempfile.mkdtemp()), Barrier(people)
    connections.close_all()
    for number in range(people):
        if os.fork() == 0:
            try:
                list(TariffChange.objects.all()[:1])  # connected before the start
                start.wait()
                act(number)
                outcome = "done"
            except PortalError as error:
                outcome = type(error).__name__
            except BaseException as error:
                outcome = "unexpected " + repr(error)
            (folder / str(number)).write_text(outcome)
            os._exit(0)
    for _ in range(people):
        os.wait()
    return dict(Counter(file.read_text() for file in folder.iterdir()))

def change(scope, key, rate, moment=None, seen=None):
    services.set_rate(Actor.system(), services.RateChange(scope, key, Decimal(rate), moment, "Together"), seen=seen)

def facts():
    return dict(
        history=list(TariffChange.objects.order_by("pk").values_list("kind", flat=True)),
        log=sorted(Mutation.objects.filter(table_name="tblconfig").values_list("state", flat=True)),
        own_log=Mutation.objects.filter(table_name="cc_tariff_overrides").count(),
        live=TariffOverride.objects.filter(removed_at=None).count(),
        table=list(GlobalRate.objects.values_list("rate", flat=True)),
    )

GlobalRate.objects.create(rate=6.0)
NEXT_MONTH = timezone.now() + timedelta(days=30)
"""


@pytest.fixture
def run(installation_on_each):
    def go(body):
        code = SCRIPT + body + "\nprint(json.dumps(dict(outcome=outcome, **facts())))"
        return json.loads(installation_on_each.python(code).splitlines()[-1])

    return go


def test_of_six_people_who_saw_the_same_rate_one_changes_it(run):
    found = run(
        'seen = standing("concession", "MAK", timezone.now()).seen\n'
        'outcome = together(6, lambda n: change("concession", "MAK", 5 + n, seen=seen))'
    )
    assert found["outcome"] == {"done": 1, "Conflict": 5}
    assert (found["history"], found["own_log"], found["live"]) == (["set"], 1, 1)


def test_of_six_people_who_change_everybodys_rate_one_reaches_the_table(run):
    found = run(
        'seen = standing("global", "", timezone.now()).seen\n'
        'outcome = together(6, lambda n: change("global", "", 7 + n, seen=seen))\n'
        "assert GlobalRate.objects.get().rate == float(TariffChange.objects.get().rate)"
    )
    assert found["outcome"] == {"done": 1, "Conflict": 5}
    assert (found["history"], found["log"], found["live"]) == (["set"], ["applied"], 1)


def test_of_six_schedules_for_one_moment_one_stands(run):
    found = run('outcome = together(6, lambda n: change("global", "", 7 + n, NEXT_MONTH))')
    assert found["outcome"] == {"done": 1, "Conflict": 5}
    assert (found["history"], found["live"], found["table"]) == (["scheduled"], 1, [6.0])


def test_workers_that_find_the_same_due_rate_write_it_once(run):
    found = run(
        'change("global", "", 7, NEXT_MONTH)\n'
        "TariffOverride.objects.update(effective_from=timezone.now() - timedelta(minutes=1))\n"
        "outcome = together(6, lambda n: services.apply_due())"
    )
    assert found["outcome"] == {"done": 6}
    assert (found["table"], found["log"], found["history"]) == ([7.0], ["applied"], ["scheduled", "applied"])


def test_a_change_is_called_off_or_applied_never_both(run):
    found = run(
        'change("global", "", 7, NEXT_MONTH)\n'
        "TariffOverride.objects.update(effective_from=timezone.now() - timedelta(minutes=1))\n"
        "pk = TariffOverride.objects.get().pk\n"
        "acts = [services.apply_due, lambda: services.cancel(Actor.system(), pk, reason='No')]\n"
        "outcome = together(2, lambda n: acts[n]())"
    )
    assert "unexpected" not in " ".join(found["outcome"])
    ended = found["history"][1:]
    assert (ended, found["table"]) in ((["applied"], [7.0]), (["cancelled"], [6.0]))
