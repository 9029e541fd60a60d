"""Assigns meters from several processes at once and prints what came out, as JSON; test_at_once.py runs it.

``many_at_once numbers 8 25``: as many processes draw as many numbers each (claims only).
``… assignments 8 5``: the same with everything that belongs to an assignment, some of them refused.
``… same 8 2``: all want the same meter, then one form is sent so often at once.
"""

import json
import multiprocessing
import os
import sys
from multiprocessing.synchronize import Barrier
from uuid import UUID, uuid4

from django.db import connections

from audit.actors import Actor
from ccportal.core.errors import PortalError
from customers.models import AccountNumber, Customer, LegacyMeter, Meter, MeterAssignment
from customers.services import allocation, assignments
from customers.services.directory import refresh_directory

ONE_FORM = UUID(int=45)


def prepare() -> None:
    for number in range(1, 41):
        Customer.objects.create(number=number, first_name="Mpho", last_name=f"Nteso {number}", concession="MAK")
    LegacyMeter.objects.create(meter_id="SMRSD-01-00000041", account="0041mak", customer_number=900)
    refresh_directory()


def draw(worker: int, turn: int) -> str:
    serial = f"SMRSD-03-{worker:04X}{turn:04X}"
    return allocation.claim(allocation.Claim(uuid4(), 1 + turn, "MAK", serial)).account


def assign(worker: int, turn: int) -> str:
    """Every third wish is refused after its number was asked for: its meter runs elsewhere."""
    serial = "SMRSD-01-00000041" if (worker + turn) % 3 == 0 else f"SMRSD-03-{worker:04X}{turn:04X}"
    return _assign(uuid4(), 1 + worker * 5 + turn, serial)


def same(worker: int, turn: int) -> str:
    """First one meter for eight customers, then one form eight times."""
    if turn == 0:
        return _assign(uuid4(), 1 + worker, "SMRSD-03-0000AAAA")
    return _assign(ONE_FORM, 1, "SMRSD-03-0000BBBB")


def _assign(token: UUID, customer: int, serial: str) -> str:
    return assignments.assign(Actor.system(), assignments.Wish(token, customer, serial)).account


ACTS = {"numbers": draw, "assignments": assign, "same": same}


def work(act: str, worker: int, turns: int, start: Barrier, out: int) -> None:
    """One process: wait for the common start, act, write down the numbers and refusals."""
    connections["default"].ensure_connection()
    start.wait()
    got, refused = [], []
    for turn in range(turns):
        try:
            got.append(ACTS[act](worker, turn))
        except PortalError as error:
            refused.append(error.message)
    os.write(out, (json.dumps([got, refused]) + "\n").encode())


def main(act: str, workers: int, turns: int) -> None:
    prepare()
    connections.close_all()
    read, write = os.pipe()
    start = multiprocessing.Barrier(workers)
    children = []
    for worker in range(workers):
        child = os.fork()
        if child == 0:
            work(act, worker, turns, start, write)
            os._exit(0)
        children.append(child)
    os.close(write)
    with os.fdopen(read) as answers:
        results = [json.loads(line) for line in answers]
    for child in children:
        os.waitpid(child, 0)
    print(
        json.dumps(
            {
                "workers": len(results),
                "accounts": sorted(account for got, _ in results for account in got),
                "refused": [message for _, refused in results for message in refused],
                "registered": sorted(Meter.objects.values_list("account", flat=True)),
                "listed": sorted(AccountNumber.objects.values_list("account", flat=True)),
                "states": sorted(MeterAssignment.objects.values_list("state", flat=True)),
            }
        )
    )


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
