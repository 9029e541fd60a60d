"""Follows single changes of the registries, so that a customer is found as soon as he is registered.

The same rules as ``directory.refresh_directory``, for the accounts and customers that a change touches only.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.models import Mutation
from billing.models import LegacyTransaction, Transaction
from ccportal.acdb.accountnumbers import from_plot, normalise
from ccportal.acdb.functions import normalised
from customers.calculations import Claim, Ownership, SiteNames, plot_claims, resolve
from customers.models import (
    AccountNumber,
    AccountSource,
    Customer,
    DirectoryAccount,
    DirectoryCustomer,
    DirectoryPhone,
    DirectoryState,
    LegacyMeter,
    Meter,
    Site,
)
from customers.services import directory

_LISTED = {
    AccountNumber._meta.db_table: "customerid",
    Meter._meta.db_table: "customer id",
    LegacyMeter._meta.db_table: "customer id",
    Customer._meta.db_table: "customer id",
}
_REGISTRIES = (AccountNumber, Meter, LegacyMeter)


def follow(mutation: Mutation) -> None:
    """Bring the directory up to date with one applied change of a registry; other tables do not concern it."""
    number_column = {name.casefold(): column for name, column in _LISTED.items()}.get(mutation.table_name.casefold())
    if number_column is None:
        return
    accounts, numbers = set[str](), set[int]()
    for values in (mutation.old_values, mutation.new_values):
        row = {name.casefold(): value for name, value in (values or {}).items()}
        accounts.add(normalise(row.get("accountnumber")))
        if str(row.get(number_column) or "").isdecimal():
            numbers.add(int(row[number_column]))
    refresh_some(accounts - {""}, numbers - {0})


def refresh_some(accounts: Iterable[str], numbers: Iterable[int]) -> None:
    """Decide anew who owns these accounts and those of these customers, and write what became of it."""
    sites = SiteNames(Site.objects.values_list("code", "name", "aliases"))
    touched, people = set(accounts), set(numbers)
    touched |= _accounts_of(people, sites)
    # Whoever claims a touched account, now or before, may gain or lose it; their entries show all their accounts.
    people |= set(_entries_of(touched)) | _claimants(touched)
    ownerships = resolve_some(touched | _accounts_of(people, sites), people, sites)
    with transaction.atomic():
        _write_accounts(ownerships, touched)
        _write_customers(ownerships, people, sites)
        _count()


def resolve_some(accounts: set[str], people: set[int], sites: SiteNames) -> list[Ownership]:
    """The owners of these accounts; ``people`` are customers whose plots may imply one of them."""
    claims = [claim for claim in _registry_claims(accounts) if claim.account in accounts]
    others = set(_entries_of(accounts)) | people
    supplied = _registered(others)
    plots = Customer.objects.filter(number__in=others).order_by().values_list("number", "plot_number", "concession")
    implied = plot_claims(((n, plot, sites.code(c)) for n, plot, c in plots), supplied, AccountSource.PLOT)
    claims += [claim for claim in implied if claim.account in accounts]
    claims += [Claim(account, None, AccountSource.HISTORY) for account in accounts if _has_history(account)]
    named = {claim.customer for claim in claims if claim.customer}
    known = set(Customer.objects.filter(number__in=named).order_by().values_list("number", flat=True))
    return resolve(claims, known)


def _registry_claims(accounts: set[str]) -> Iterable[Claim]:
    yield from directory.listed_claims(_written(AccountNumber, accounts))
    yield from directory.meter_claims(_written(Meter, accounts), AccountSource.METER)
    yield from directory.meter_claims(_written(LegacyMeter, accounts), AccountSource.LEGACY_METER)


def _written(model: Any, accounts: set[str]) -> QuerySet[Any]:
    """Rows of a registry with one of these accounts in any letter case."""
    return model._default_manager.annotate(written=normalised("account")).filter(written__in=accounts)


def _accounts_of(people: set[int], sites: SiteNames) -> set[str]:
    """Accounts that the registries, the plots or the directory as it stands tie to these customers."""
    found: set[str] = set()
    for model in _REGISTRIES:
        rows = model._default_manager.filter(customer_number__in=people).order_by()
        found.update(normalise(account) for account in rows.values_list("account", flat=True))
    for plot, concession in Customer.objects.filter(number__in=people).values_list("plot_number", "concession"):
        found.add(from_plot(plot, sites.code(concession)))
    known = DirectoryAccount.objects.filter(customer_number__in=people).order_by()
    found.update(known.values_list("account", flat=True))
    return found - {""}


def _entries_of(accounts: set[str]) -> Iterable[int]:
    """Customers whom the directory as it stands lists for these accounts."""
    rows = DirectoryAccount.objects.filter(account__in=accounts, customer_number__isnull=False).order_by()
    return [number for number in rows.values_list("customer_number", flat=True) if number is not None]


def _claimants(accounts: set[str]) -> set[int]:
    return {claim.customer for claim in _registry_claims(accounts) if claim.customer}


def _registered(people: set[int]) -> set[int]:
    """Those of the customers whom some registry gives an account; their plots imply nothing."""
    found: set[int] = set()
    for model in _REGISTRIES:
        rows = model._default_manager.filter(customer_number__in=people).exclude(Q(account=None) | Q(account=""))
        found.update(number for number in rows.values_list("customer_number", flat=True) if number)
    return found


def _has_history(account: str) -> bool:
    return any(model._default_manager.filter(account=account).exists() for model in (Transaction, LegacyTransaction))


def _write_accounts(ownerships: list[Ownership], touched: set[str]) -> None:
    DirectoryAccount.objects.filter(account__in=touched).delete()
    DirectoryAccount.objects.bulk_create(
        row for ownership in ownerships if ownership.account in touched for row in directory.account_rows(ownership)
    )


def _write_customers(ownerships: list[Ownership], people: set[int], sites: SiteNames) -> None:
    rows = Customer.objects.filter(number__in=people)
    entries = [entry for _, entry in directory.entries(rows, sites, ownerships, {}) if entry]
    gone = people - {entry.number for entry, _ in entries}
    DirectoryPhone.objects.filter(customer_number__in=gone).delete()
    DirectoryCustomer.objects.filter(number__in=gone).delete()
    directory.write_chunk(entries)


def _count() -> None:
    figures: Mapping[str, Any] = directory.figures()
    if not DirectoryState.objects.filter(id=1).update(**figures):
        DirectoryState.objects.create(id=1, **figures)
