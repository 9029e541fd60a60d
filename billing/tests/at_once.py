"""Lets several threads do the same thing at the same moment and prints what came of it; test_at_once.py runs it."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier

from django.db import connections
from django.db.models import Q

from audit.actors import Actor
from audit.models import Mutation
from billing.calculations import Kind
from billing.models import Payment, Transaction
from billing.services import notifications, payments, transactions
from billing.tests.conftest import local
from ccportal.core.errors import Conflict, NotFound

ACTOR, TOGETHER = Actor.system(), 4
WHEN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def draft(account: str, reference: str = "", amount: str = "50") -> payments.Draft:
    return payments.Draft("mpesa", reference or f"REF{account}", Decimal(amount), WHEN, account=account)


def together(act: Callable[[int], object]) -> list[str]:
    """What each of several threads got: ``done`` or the name of the fault."""
    start = Barrier(TOGETHER)

    def run(number: int) -> str:
        try:
            for alias in ("default", "acdb"):
                connections[alias].ensure_connection()
            start.wait()
            act(number)
        except (Conflict, NotFound) as error:
            return type(error).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(TOGETHER) as pool:
        return sorted(pool.map(run, range(TOGETHER)))


def one_payment(account: str) -> list[str]:
    """The same payment recorded by several people."""
    return together(lambda number: payments.record_and_post(ACTOR, draft(account)))


def many_payments(account: str) -> list[str]:
    """Several payments for one account; what had to wait for its turn too long is posted by the schedule."""
    answers = together(
        lambda number: payments.record_and_post(ACTOR, draft(account, f"MANY{number}", str(10 * (number + 1))))
    )
    Payment.objects.update(next_at=None)
    notifications.sweep()
    return answers


def one_reversal(account: str) -> list[str]:
    payment = payments.record_and_post(ACTOR, draft(account))
    return together(lambda number: payments.reverse(ACTOR, payment, reason="Paid twice", moves=True))


def one_match(account: str) -> list[str]:
    payment = payments.record(ACTOR, draft(account))
    payments.leave_unmatched(ACTOR, payment, "No account.")
    return together(lambda number: payments.match(ACTOR, payment, account))


def one_edit(account: str) -> list[str]:
    """Somebody deletes a row while others change it."""
    row = Transaction.objects.get(account=account)
    wanted = transactions.Draft(Kind.PAYMENT, WHEN, Decimal(70), Decimal(0))
    changing = transactions.outlook_of_changing(account, "recent", row.pk, wanted).seen
    deleting = transactions.outlook_of_deleting(account, "recent", row.pk).seen

    def act(number: int) -> None:
        form = {"reason": "At once", "token": f"form-{number}"}
        if number:
            transactions.change_transaction(ACTOR, account, "recent", row.pk, wanted, seen=changing, **form)
        else:
            transactions.delete_transaction(ACTOR, account, "recent", row.pk, seen=deleting, **form)

    return together(act)


def one_form(account: str) -> list[str]:
    """One form sent several times at once."""
    wanted = transactions.Draft(Kind.PAYMENT, datetime.now(UTC), Decimal(50), Decimal(0))
    seen = transactions.outlook_of_adding(account, wanted).seen
    form = {"reason": "At once", "seen": seen, "token": "one-form"}
    return together(lambda number: transactions.add_transaction(ACTOR, account, wanted, **form))


def one_notification(account: str) -> list[str]:
    """Several workers wake up for the same notification."""
    text = (
        f"REF{account} Confirmed. On 20/11/26 at 2:05 PM M50.00 received from 26658000001 MPHO LETSELA. "
        f"Account Number {account}. New Utility balance is M12,345.60."
    )
    notifications.take_in("pasted", "", text.encode())
    return together(lambda number: notifications.sweep())


def state(account: str) -> dict[str, object]:
    rows = Transaction.objects.filter(account=account).order_by("id")
    mine = Payment.objects.filter(Q(account=account) | Q(origin__account=account))
    return {
        "payments": sorted(mine.values_list("state", flat=True)),
        "amounts": sorted(float(row.amount) for row in rows),
        "balances": [row.balance for row in rows],
    }


def main() -> None:
    acts = (one_payment, many_payments, one_reversal, one_match, one_edit, one_form, one_notification)
    found = {}
    for number, act in enumerate(acts, 1):
        account, row = f"{number:04}MAK", {"amount": Decimal(50), "rate": 5.0, "kwh": 10.0, "balance": 10.0}
        Transaction.objects.create(account=account, at=local("2026-11-19 08:00"), is_payment=True, **row)
        found[act.__name__] = {"answers": act(account), **state(account)}
    found["pending"] = Mutation.objects.filter(state="pending").count()
    print(json.dumps(found))


main()
