"""A process killed while it registers a customer or assigns a meter: nothing half done stays, no number comes twice.

Each test forks a process that kills itself at one step of a real write to real files, then settles what it left.
"""

import json

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import json, os, signal, uuid
from datetime import timedelta
from django.db import connections
from audit import services as log
from audit.actors import Actor
from audit.services import records, settling
from customers.lookalikes import Person
from customers.models import AccountNumber, Customer, CustomerDraft, Meter, MeterAssignment
from customers.services import assignments, drafts, registration
from customers.services.directory import refresh_directory

Customer.objects.create(number=1, first_name='Lerato', last_name='Letsela', concession='MAK')
Customer.objects.create(number=2, first_name='Neo', last_name='Molapo', concession='MAK')
refresh_directory()
TOKEN = uuid.uuid4()

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def killed(act):
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        STEP
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def assign(token, customer, serial):
    return assignments.assign(Actor.system(), assignments.Wish(token, customer, serial)).account

def register():
    draft = CustomerDraft.objects.get(token=TOKEN)
    values = {'FIRST NAME': 'Thato', 'LAST NAME': 'Molefe', 'Concession name': 'MAK'}
    return registration.register(Actor.system(), draft, values, Person('Thato', 'Molefe', site='MAK'), [])
"""
ASSIGN = """
code = killed(lambda: assign(TOKEN, 1, 'SMRSD-03-0000AAAA'))
log.reconcile(timedelta(0))
assignments.tidy(timedelta(0))
first = MeterAssignment.objects.get()
print(json.dumps(dict(
    code=code, state=first.state, drawn=first.account,
    registered=list(Meter.objects.values_list('account', 'meter_id')),
    listed=list(AccountNumber.objects.values_list('account', 'meter_id')),
    next=assign(uuid.uuid4(), 2, 'SMRSD-03-0000BBBB'),
)))
"""
REGISTER = """
drafts.keep('1002', TOKEN, 'personal', {'first_name': 'Thato', 'last_name': 'Molefe'})
code = killed(register)
log.reconcile(timedelta(0))
registration.MIN_AGE = timedelta(0)
registration.tidy()
draft = CustomerDraft.objects.get()
before = draft.state
again = register()
print(json.dumps(dict(
    code=code, before=before, typed=draft.typed, after=again.state, number=again.customer_number,
    people=list(Customer.objects.filter(number__gt=2).values_list('number', flat=True)),
)))
"""
BEFORE_ENTRY = "records._write_down = die"
BEFORE_WRITE = "records._carry_out = die"
INSIDE_WRITE = "records._write = lambda plan, real=records._write: (real(plan), die())"
AFTER_WRITE = "settling.applied = die"
AFTER_ENTRY = "assignments._close = registration.settle = die"


def crash(installation, step, scenario):
    return json.loads(installation.python(SCRIPT.replace("STEP", step) + scenario).splitlines()[-1])


@pytest.mark.parametrize("step", [BEFORE_WRITE, INSIDE_WRITE])
def test_an_assignment_killed_before_it_was_written_gives_its_number_back(installation, step):
    found = crash(installation, step, ASSIGN)
    assert (found["code"], found["state"], found["drawn"]) == (-9, "failed", "0001MAK")
    assert found["registered"] == found["listed"] == []
    assert found["next"] == "0001MAK"


def test_a_number_whose_program_left_no_trace_is_never_drawn_again(installation):
    found = crash(installation, BEFORE_ENTRY, ASSIGN)
    assert (found["code"], found["state"], found["drawn"]) == (-9, "lapsed", "0001MAK")
    assert found["registered"] == found["listed"] == []
    assert found["next"] == "0002MAK"


@pytest.mark.parametrize("step", [AFTER_WRITE, AFTER_ENTRY])
def test_an_assignment_killed_after_it_was_written_counts(installation, step):
    found = crash(installation, step, ASSIGN)
    assert (found["code"], found["state"]) == (-9, "done")
    assert found["registered"] == found["listed"] == [["0001MAK", "SMRSD-03-0000AAAA"]]
    assert found["next"] == "0002MAK"


@pytest.mark.parametrize("step", [BEFORE_ENTRY, BEFORE_WRITE, INSIDE_WRITE])
def test_a_registration_killed_before_it_was_written_can_be_sent_again(installation, step):
    found = crash(installation, step, REGISTER)
    assert (found["code"], found["before"], found["after"]) == (-9, "open", "done")
    assert found["typed"]["personal"]["first_name"] == "Thato"
    assert found["people"] == [found["number"]]


@pytest.mark.parametrize("step", [AFTER_WRITE, AFTER_ENTRY])
def test_a_registration_killed_after_it_was_written_is_not_made_twice(installation, step):
    found = crash(installation, step, REGISTER)
    assert (found["code"], found["before"], found["after"]) == (-9, "done", "done")
    assert found["people"] == [found["number"]] == [3]
