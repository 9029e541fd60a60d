"""Draws account numbers and claims meters: never one twice (semantics 2.6, D-12).

A claim is a row of ``MeterAssignment``, committed in our own database before the ACDB is written. The number is drawn
and the claim written under a lock on the site: the row of the site on PostgreSQL, the one writer on SQLite. Unique
constraints stand behind the lock. docs/algorithms/account-numbers.md explains what happens after a crash.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from audit.models import Mutation
from billing.models import LegacyTransaction, Transaction
from ccportal.core.errors import Conflict, InvalidInput
from customers.models import (
    AccountNumber,
    AccountSource,
    AssignmentState,
    DirectoryAccount,
    LegacyMeter,
    Meter,
    MeterAssignment,
    Site,
)
from customers.registries import highest_number

HIGHEST = 9999
BUSY = "Somebody is giving out this meter or changing this account at this moment. Wait a minute, then look again."


@dataclass(frozen=True)
class Claim:
    """What shall belong to one assignment alone. An empty ``account`` asks for the next number of the site."""

    token: UUID
    customer_number: int
    site: str
    meter_id: str
    account: str = ""
    offered: str = ""
    employee_no: str = ""


def offer(site: str, customer_number: int) -> str:
    """The number that would be drawn now, from the directory; a form shows it, nothing is kept for it."""
    known = DirectoryAccount.objects.filter(site=site).exclude(source=AccountSource.PLOT).order_by()
    digits = [a[:-3] for a in known.values_list("account", flat=True).distinct() if len(a) in (6, 7)]
    highest = max((int(text) for text in digits if text.isdecimal()), default=0)
    return _next(site, customer_number, max(highest, _highest_drawn(site)))


def claim(wanted: Claim) -> MeterAssignment:
    """Commit the claim; draws a number when none is given.

    ``Conflict`` while another claim holds the account or the meter; ``InvalidInput`` for a site that is not known or
    has no number left.
    """
    # Ledgers are long and get no numbers from the portal: read before the lock, registries inside.
    ledgers = 0 if wanted.account else highest_number(wanted.site, (Transaction, LegacyTransaction))
    floor = Mutation.objects.aggregate(newest=Max("pk"))["newest"] or 0
    try:
        with transaction.atomic():
            _lock(wanted.site)
            account = wanted.account or _draw(wanted, ledgers)
            return MeterAssignment.objects.create(
                token=wanted.token,
                customer_number=wanted.customer_number,
                account=account,
                site=wanted.site,
                meter_id=wanted.meter_id,
                allocated=not wanted.account,
                offered=wanted.offered,
                employee_no=wanted.employee_no,
                log_floor=floor,
            )
    except IntegrityError as error:
        raise Conflict(BUSY) from error


def _lock(site: str) -> None:
    if not Site.objects.select_for_update().filter(code=site).exists():
        raise InvalidInput(
            f"{site or 'This customer'} is no site of the portal. Correct the customer's site, or ask a super admin "
            "to add it.",
            field="site",
        )


def _draw(wanted: Claim, ledgers: int) -> str:
    registries = highest_number(wanted.site, (AccountNumber, Meter, LegacyMeter))
    highest = max(ledgers, registries, _highest_drawn(wanted.site))
    return _next(wanted.site, wanted.customer_number, highest)


def _highest_drawn(site: str) -> int:
    """The highest number that was drawn for the site, used or not; failed ones were given back."""
    drawn = MeterAssignment.objects.filter(site=site, allocated=True).exclude(state=AssignmentState.FAILED)
    account = drawn.aggregate(highest=Max("account"))["highest"]
    return int(account[:4]) if account else 0


def _next(site: str, customer_number: int, highest: int) -> str:
    """The number after the highest that no other customer's plot implies: that is his account already."""
    others = DirectoryAccount.objects.filter(site=site, source=AccountSource.PLOT)
    implied = set(others.exclude(Q(customer_number=customer_number)).values_list("account", flat=True))
    for number in range(highest + 1, HIGHEST + 1):
        account = f"{number:04d}{site}"
        if account not in implied:
            return account
    raise InvalidInput(
        f"{site} has no account number left: {HIGHEST:04d}{site} is in use. Look for a mistyped account of the site, "
        "or ask a super admin for a new site code.",
        field="account",
    )
