"""Whose an account is, and which accounts there are (semantics 3), from the directory."""

from collections.abc import Sequence
from dataclasses import dataclass

from ccportal.acdb.accountnumbers import parse_typed
from customers.models import AccountSource, Customer, DirectoryAccount, DirectoryCustomer, Site

NEAR_MATCHES = 8
#: The largest customer number an Access autonumber can hold.
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Owner:
    """What the header of an account says. ``number`` is None for an account of nobody; ``customer`` is None too
    when the number has no record. ``other_accounts`` are further accounts of the same customer."""

    account: str
    known: bool
    number: int | None
    customer: DirectoryCustomer | None
    customer_type: str
    site: str
    site_name: str
    source: str
    other_accounts: Sequence[str]

    @property
    def name(self) -> str:
        return self.customer.name if self.customer else ""


def owner_of(account: str) -> Owner:
    """The one customer the resolver gave the account to (D-14); three queries at most and one for the site's name."""
    entry = DirectoryAccount.objects.filter(account=account, owner=True).first()
    number = entry.customer_number if entry else None
    customer = DirectoryCustomer.objects.filter(number=number).first() if number is not None else None
    others = accounts_of(number) if number is not None else []
    site = (customer.site if customer else "") or (entry.site if entry else "") or account[-3:]
    return Owner(
        account=account,
        known=entry is not None,
        number=number,
        customer=customer,
        customer_type=(customer.customer_type if customer else "") or (entry.customer_type if entry else ""),
        site=site,
        site_name=Site.objects.filter(code=site).values_list("name", flat=True).first() or "",
        source=AccountSource(entry.source).label if entry else "",
        other_accounts=[other for other in others if other != account],
    )


def accounts_of(number: int) -> list[str]:
    """The accounts a customer owns, sorted (semantics 3.1)."""
    rows = DirectoryAccount.objects.filter(customer_number=number, owner=True).order_by("account")
    return list(dict.fromkeys(rows.values_list("account", flat=True)))


def first_account_of(number: int) -> str:
    """The first of a customer's resolved accounts, own ones before shared ones; empty when there is none
    (semantics 3.6)."""
    if number > MAX_NUMBER:
        return ""
    rows = DirectoryAccount.objects.filter(customer_number=number).order_by("-owner", "account")
    return rows.values_list("account", flat=True).first() or ""


def customer_entry(number: int) -> DirectoryCustomer | None:
    return DirectoryCustomer.objects.filter(number=number).first() if number <= MAX_NUMBER else None


def customer_record(number: int | None) -> Customer | None:
    """The record in the ACDB, None for nobody and for a number without a record."""
    return None if number is None else Customer.objects.filter(number=number).first()


def near_matches(text: str) -> list[DirectoryAccount]:
    """Known accounts one slip of the fingers away from ``text``: a digit wrong or swapped, or another site.

    The possible slips are spelled out and looked up in the index, so that a large directory costs no more.
    """
    account = parse_typed(text)
    digits, site = account[:4], account[4:]
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 4):
        return []
    sites = [site, *Site.objects.values_list("code", flat=True)]
    slips = {digits + code for code in sites} | {slip + site for slip in _digit_slips(digits)}
    found = DirectoryAccount.objects.filter(account__in=slips - {account}, owner=True).order_by("account")
    return sorted(found, key=lambda entry: (entry.site != site, entry.account))[:NEAR_MATCHES]


def _digit_slips(digits: str) -> set[str]:
    wrong = {digits[:at] + digit + digits[at + 1 :] for at in range(4) for digit in "0123456789"}
    swapped = {digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in range(3)}
    return wrong | swapped
