"""Several people at once, in real processes, on real files and a real PostgreSQL: one wins, the others are told."""

import json

import pytest

pytestmark = pytest.mark.slow

PREPARE = """
import json, os
from multiprocessing import Barrier
from django.db import connections
from audit import services
from audit.actors import Actor
from audit.models import AuditLink, Mutation
from audit.services import verifying
from ccportal.core.errors import PortalError
from customers.models import Customer

ACTOR = Actor.system()

def at_once(*acts):
    # Each act in a process of its own, all beginning at the same moment; what they say.
    connections.close_all()
    start, readers = Barrier(len(acts)), []
    for act in acts:
        reader, writer = os.pipe()
        if os.fork() == 0:
            for alias in ("default", "acdb"):
                connections[alias].ensure_connection()
            start.wait()
            try:
                said = act()
            except PortalError as error:
                said = type(error).__name__
            except Exception as error:
                said = "crashed: " + repr(error)
            os.write(writer, str(said).encode())
            os._exit(0)
        os.close(writer)
        readers.append(reader)
    said = [os.fdopen(reader).read() for reader in readers]
    for _ in acts:
        os.wait()
    return said

def replayed(name):
    # The name that the applied entries leave, each beginning where the one before ended.
    left = {e.old_values["FIRST NAME"]: e.new_values["FIRST NAME"]
            for e in Mutation.objects.filter(database="acdb", state="applied")}
    while name in left:
        name = left.pop(name)
    assert not left, left
    return name

def outcome(said, first):
    states = list(Mutation.objects.filter(database="acdb").values_list("state", flat=True))
    print(json.dumps(dict(
        said=sorted(said), applied=states.count("applied"), pending=states.count("pending"),
        name=Customer.objects.get().first_name, log=replayed(first), faults=verifying.verify().faults,
    )))

Customer.objects.create(number=7, first_name="Mpho")
"""


@pytest.fixture
def told(installation_on_each):
    return lambda code: json.loads(installation_on_each.python(PREPARE + code).splitlines()[-1])


def test_of_many_who_edit_one_record_one_wins_and_the_others_are_told(told):
    found = told(
        """
def edit(n):
    values, seen = {"FIRST NAME": f"N{n}"}, {"FIRST NAME": "Mpho"}
    return services.update_record(ACTOR, "tblcustomer", "7", values, expected=seen).state
outcome(at_once(*[lambda n=n: edit(n) for n in range(6)]), "Mpho")
""",
    )
    assert found["said"] == ["Conflict"] * 5 + ["applied"]
    assert (found["applied"], found["pending"], found["faults"]) == (1, 0, [])
    assert found["name"] == found["log"] != "Mpho"


def test_undoing_while_others_edit_leaves_a_log_that_is_true(told):
    found = told(
        """
entry = services.update_record(ACTOR, "tblcustomer", "7", {"FIRST NAME": "Neo"})
def undo():
    return services.revert(ACTOR, Mutation.objects.get(pk=entry.pk)).state
def edit(n):
    values, seen = {"FIRST NAME": f"N{n}"}, {"FIRST NAME": "Neo"}
    return services.update_record(ACTOR, "tblcustomer", "7", values, expected=seen).state
said = at_once(undo, undo, undo, lambda: edit(1), lambda: edit(2), lambda: edit(3))
states = list(Mutation.objects.filter(database="acdb").values_list("state", flat=True))
last = Mutation.objects.filter(database="acdb", state="applied").latest("settled_at")
print(json.dumps(dict(
    said=said, applied=states.count("applied"), pending=states.count("pending"),
    faults=verifying.verify().faults, true=last.new_values["FIRST NAME"] == Customer.objects.get().first_name,
)))
""",
    )
    assert found["said"].count("applied") == 1
    assert set(found["said"]) <= {"applied", "Conflict", "InvalidInput"}
    assert (found["applied"], found["pending"], found["faults"], found["true"]) == (2, 0, [], True)


def test_writers_at_once_do_not_fork_the_chain(told):
    found = told(
        """
def write(n):
    for number in range(5):
        services.record_change(ACTOR, "x.changed", "x", str(n), {"a": number}, {"a": number + 1})
        services.create_record(ACTOR, "tblaccountnumbers", {"accountnumber": f"000{n}MAK", "customerid": number})
    return "written"
said = at_once(*[lambda n=n: write(n) for n in range(6)])
numbers = list(AuditLink.objects.order_by("number").values_list("number", flat=True))
print(json.dumps(dict(
    said=said, whole=numbers == list(range(len(numbers))), entries=Mutation.objects.filter(event="x.changed").count(),
    unsealed=Mutation.objects.filter(links=None).count(), faults=verifying.verify().faults,
)))
""",
    )
    assert found == {"said": ["written"] * 6, "whole": True, "entries": 30, "unsealed": 0, "faults": []}
