"""A few invented payments for the demonstration, one of each kind, sent through the doors that providers use."""

import json
from datetime import timedelta
from itertools import islice

from billing.models import Notification, Source, Transaction
from billing.services import notifications
from ccportal.core.periods import local_now
from customers.models import DirectoryAccount


def seed() -> bool:
    """Send the payments once; False when there are notifications already, or no account to pay for."""
    if Notification.objects.exists():
        return False
    accounts = list(_accounts())
    if len(accounts) < 4:
        return False
    for body in _notices(accounts):
        notifications.take_in(Source.WEBHOOK, "demo", json.dumps(body).encode())
    for text in _messages(accounts):
        body = {"from": "M-PESA", "text": text}
        notifications.take_in(Source.SMS, notifications.SMS_SENDER, json.dumps(body).encode())
    notifications.sweep()
    return True


def _accounts() -> list[str]:
    """Four accounts with transactions and an owner."""
    recent = Transaction.objects.order_by("-id").values_list("account", flat=True)[:2000]
    owned = DirectoryAccount.objects.filter(account__in=set(recent), owner=True, customer_number__isnull=False)
    return list(islice(owned.order_by("account").values_list("account", flat=True), 4))


def _notices(accounts: list[str]) -> list[dict[str, str]]:
    """Two that fit, one for an account with a slip, one without any, one that failed, one in another currency."""
    first, second, third, _ = accounts
    known = set(DirectoryAccount.objects.values_list("account", flat=True))
    slip = next(text for digit in "987654" if (text := digit + third[1:]) not in known)
    return [
        _notice(1, amount="50.00", account=first, name="Mpho Letsela"),
        _notice(2, amount="120.00", account=second, name="Thabo Ntsane"),
        _notice(3, amount="35.00", account=slip, name="Neo Mokoena"),
        _notice(4, amount="20.00", account="", name="Palesa Nthako"),
        _notice(5, amount="75.00", account=first, status="failed"),
        _notice(6, amount="100.00", account=second, currency="ZAR"),
    ]


def _notice(number: int, **fields: str) -> dict[str, str]:
    received = local_now() - timedelta(minutes=7 * number)
    return {
        "reference": f"DEMO{number:04}",
        "status": "succeeded",
        "currency": "LSL",
        "phone": f"+2665000000{number}",
        "received_at": received.isoformat(timespec="seconds"),
        **fields,
    }


def _messages(accounts: list[str]) -> list[str]:
    """An M-Pesa message that the rules understand, and one that nobody has a rule for."""
    now = local_now()
    return [
        f"QK7DEM01AB Confirmed. On {now:%d/%m/%y} at 0:01 M15.00 received from 26650000009 LERATO SEEISO. "
        f"Account Number {accounts[3]}. New Utility balance is M2,345.60.",
        "Your float was changed by the operator. Call 100.",
    ]
