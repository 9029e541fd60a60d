"""Customers as far as signing in needs them: which accounts exist, their phones, their names."""

from collections.abc import Callable
from typing import Any

from ccportal.acdb.accountnumbers import parse_typed
from customers.models import DirectoryAccount, DirectoryCustomer, DirectoryPhone

Record = Callable[[str], dict[str, Any] | None]
_record: Record | None = None


def provide_record(function: Record) -> Record:
    """Register what makes the contract's ``Customer`` of an account; the customers app, which knows, calls this."""
    global _record
    _record = function
    return function


def record_of(account: str) -> dict[str, Any] | None:
    """The contract's ``Customer`` of an account; None when no record belongs to it."""
    return _record(account) if _record else None


def known_account(text: str) -> str | None:
    """The canonical number of an account in either written order; None when there is no such account."""
    account = parse_typed(text)
    return account if DirectoryAccount.objects.filter(account=account).exists() else None


def owner_of(account: str) -> int | None:
    """The customer number whom the account resolves to (semantics 3, D-14)."""
    row = DirectoryAccount.objects.filter(account=account, owner=True).first()
    return row.customer_number if row else None


def name_of(account: str) -> str:
    """First and last name, else the account number."""
    owner = owner_of(account)
    customer = DirectoryCustomer.objects.filter(number=owner).first() if owner is not None else None
    return (customer.name if customer else "") or account


def phones_of(account: str) -> list[str]:
    """The phone numbers on file of the account's customer, as digits of the national number."""
    owner = owner_of(account)
    if owner is None:
        return []
    return list(DirectoryPhone.objects.filter(customer_number=owner).order_by("pk").values_list("digits", flat=True))
