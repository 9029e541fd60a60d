"""A worker killed between the steps of posting a payment: in the end there is one ledger row and a posted payment.

A process forks for each step; the fork kills itself there, in a real posting to real files. Then comes what the
schedule does in the minutes after, without the waiting, twice.
"""

import json

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import json, os, signal
from datetime import timedelta
from decimal import Decimal
from audit import services as audit
from audit.actors import Actor
from audit.models import Mutation
from audit.services import records, settling
from billing.models import Payment, Transaction
from billing.services import notifications, payments, posting
from billing.tests.conftest import local
from django.db import connections

ACTOR, NUMBERS = Actor.system(), iter(range(1, 100))

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

class Case:
    def __init__(self):
        number = next(NUMBERS)
        self.account, self.reference = f"{number:04}MAK", f"QK7ABC12{number:02}"
        Transaction.objects.create(account=self.account, at=local("2026-11-19 08:00"), amount=Decimal(50), rate=5.0,
                                   kwh=10.0, is_payment=True, balance=10.0)

    def record(self):
        draft = payments.Draft("mpesa", self.reference, Decimal(50), local("2026-11-20 12:00"), account=self.account)
        return payments.record_and_post(ACTOR, draft)

    def take_in(self):
        text = (f"{self.reference} Confirmed. On 20/11/26 at 2:05 PM M50.00 received from 26658000001 MPHO LETSELA. "
                f"Account Number {self.account}. New Utility balance is M12,345.60.")
        notifications.take_in("pasted", "", text.encode())

    def state(self):
        found = Payment.objects.filter(provider_reference=self.reference)
        rows = Transaction.objects.filter(account=self.account).order_by("id")
        return [sorted(found.values_list("state", flat=True)), [float(row.amount) for row in rows],
                rows.last().balance]

def killed(step, act):
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        exec(step)
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def clean_up():
    audit.reconcile(timedelta(0))
    posting.rescue(timedelta(0))
    Payment.objects.update(next_at=None)
    notifications.sweep()

def outcome(case, step, act):
    code, left = killed(step, act), case.state()
    clean_up()
    after = case.state()
    clean_up()
    open_ends = [Mutation.objects.filter(state="pending").count(), Payment.objects.exclude(claim="").count()]
    return dict(code=code, left=left, after=after, again=case.state(), open=open_ends)

found = []
{body}
print(json.dumps(found))
"""
EACH = """
for step in {steps!r}:
    case = Case()
    {prepare}
    found.append(outcome(case, step, lambda: {act}))
"""
POSTED = [["posted"], [50.0, 50.0], 20.0]
WAITS, WRITTEN = [["matched"], [50.0], 10.0], [["matched"], [50.0, 50.0], 20.0]


def run(installation, body):
    return json.loads(installation.python(SCRIPT.replace("{body}", body)).splitlines()[-1])


def crash(installation, steps, act, prepare="pass"):
    """Kill ``act`` at each of the steps, a fresh account each time."""
    return run(installation, EACH.format(steps=list(steps), act=act, prepare=prepare))


def test_a_posting_killed_at_any_step_ends_with_one_row(installation):
    steps = {
        "payments.post = die": WAITS,  # after it was recorded
        "posting.in_turn = die": WAITS,  # after the claim
        "posting.create_record = die": WAITS,  # before the log entry
        "records._carry_out = die": WAITS,  # after the log entry
        "records._write = lambda plan, real=records._write: (real(plan), die())": WAITS,  # inside the ACDB
        "settling.applied = die": WRITTEN,  # after the ledger row
        "posting.settle = die": WRITTEN,  # while the payment is marked
        "posting.note = die": WRITTEN,  # before the mark is committed
    }
    found = crash(installation, steps, "case.record()")
    assert [case["code"] for case in found] == [-9] * 8
    assert [case["left"] for case in found] == list(steps.values())
    assert [case["after"] for case in found] == [POSTED] * 8
    assert [case["again"] for case in found] == [POSTED] * 8
    assert [case["open"] for case in found] == [[0, 0]] * 8


def test_a_killed_worker_leaves_the_notification_to_the_next(installation):
    steps = ["notifications._act = die", "payments.assign = die", "posting.post = die"]
    found = crash(installation, steps, "notifications.sweep()", "case.take_in()")
    assert [(case["code"], case["after"], case["again"]) for case in found] == [(-9, POSTED, POSTED)] * 3


def test_a_killed_reversal_ends_with_one_row_that_takes_it_back(installation):
    act = "payments.reverse(ACTOR, Payment.objects.get(provider_reference=case.reference), reason='x', moves=False)"
    found = crash(installation, ["records._carry_out = die", "settling.applied = die"], act, "case.record()")
    assert [case["left"][1] for case in found] == [[50.0, 50.0], [50.0, 50.0, -50.0]]
    reversed_once = [["posted", "reversed"], [50.0, 50.0, -50.0], 10.0]
    assert [(case["after"], case["again"]) for case in found] == [(reversed_once, reversed_once)] * 2


STALLED = """
case = Case()
real = posting.create_record
def late(*args, **options):
    posting.create_record = real
    posting.rescue(timedelta(0))
    posting.post(Payment.objects.get().pk, ACTOR)
    return real(*args, **options)
found.append(outcome(case, "posting.create_record = late", lambda: case.record()))
"""


def test_a_worker_whose_claim_was_taken_away_writes_nothing(installation):
    """It stalls between claim and log entry for so long that the schedule gives the payment to another worker."""
    (found,) = run(installation, STALLED)
    assert (found["code"], found["left"], found["again"]) == (0, POSTED, POSTED)


LOCKED = """
import sqlite3
from django.conf import settings
case = Case()
connections.close_all()
settings.SQLITE_OPTIONS["timeout"] = 0.2
holder = sqlite3.connect(settings.DATABASES["acdb"]["NAME"], isolation_level=None)
holder.execute("BEGIN IMMEDIATE")
waiting = case.record()
problem, left = waiting.problem, [waiting.claim, case.state()]
holder.execute("ROLLBACK")
clean_up()
found += [problem, left, case.state()]
"""


def test_while_the_customer_database_is_locked_a_payment_waits_and_is_posted_afterwards(installation):
    """Another program holds the ACDB for longer than anybody waits."""
    problem, left, after = run(installation, LOCKED)
    assert "nothing was changed" in problem
    assert (left, after) == (["", WAITS], POSTED)
