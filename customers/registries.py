"""What the registries of the ACDB say of accounts and meters at this moment (semantics 2 and 3).

The directory answers the same questions faster and up to ten minutes later; what decides about a write asks here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from billing.models import LegacyTransaction, Transaction
from ccportal.acdb.accountnumbers import normalise
from ccportal.core.text import clean
from customers.calculations import is_closed
from customers.formats import serial_key
from customers.models import AccountNumber, LegacyMeter, Meter, RegisteredMeter

#: Every table that holds account numbers (semantics 2.6, D-12).
NUMBERED: tuple[Any, ...] = (AccountNumber, Meter, LegacyMeter, Transaction, LegacyTransaction)
REGISTRIES: tuple[type[RegisteredMeter], ...] = (Meter, LegacyMeter)
_LAST_PART = re.compile(r"[A-Z0-9]+$")


def highest_number(site: str, tables: Iterable[Any] = NUMBERED) -> int:
    """The highest number in front of a site's code in any of the tables, 0 when there is none (D-12).

    Spelling as in the tables: any letter case, blanks around, three or four digits.
    """
    pattern = re.compile(rf"(\d{{3,4}}){re.escape(site)}", re.ASCII)
    highest = 0
    for table in tables:
        written = table._default_manager.filter(account__icontains=site).order_by()
        for account in written.values_list("account", flat=True).distinct():
            match = pattern.fullmatch(normalise(account))
            highest = max(highest, int(match[1])) if match else highest
    return highest


@dataclass(frozen=True)
class Placement:
    """A row of a meter registry: which meter is, or was, on which account. ``row`` is the record itself."""

    meter_id: str
    account: str
    customer_number: int | None
    status: str
    row: RegisteredMeter

    @property
    def running(self) -> bool:
        return not is_closed(self.status)


def placements_on(account: str) -> list[Placement]:
    """Every meter the registries know of an account, running ones first, the small registry first."""
    return placements_on_each([account])[normalise(account)]


def placements_on_each(accounts: Iterable[str]) -> dict[str, list[Placement]]:
    """The same for several accounts, with as many queries as for one."""
    found: dict[str, list[Placement]] = {normalise(account): [] for account in accounts}
    condition = reduce(or_, (Q(account__icontains=account) for account in found), Q(pk__in=[]))
    for placement in _placements(condition) if found else ():
        if placement.account in found:
            found[placement.account].append(placement)
    return {account: sorted(rows, key=lambda row: not row.running) for account, rows in found.items()}


def placements_of(meter_id: str) -> list[Placement]:
    """Every account the registries know of a meter, in any spelling of its serial, running ones first."""
    wanted = serial_key(meter_id)
    last = _LAST_PART.search(wanted)
    found = [p for p in _placements(Q(meter_id__icontains=last[0] if last else wanted)) if p.meter_id == wanted]
    return sorted(found, key=lambda placement: not placement.running)


def _placements(condition: Q) -> Iterator[Placement]:
    for registry in REGISTRIES:
        for row in registry._default_manager.filter(condition).order_by("account", "meter_id"):
            yield Placement(
                serial_key(row.meter_id), normalise(row.account), row.customer_number or None, clean(row.status), row
            )


def listings_of(meter_id: str) -> set[str]:
    """Accounts that tblaccountnumbers lists with this meter."""
    wanted = serial_key(meter_id)
    last = _LAST_PART.search(wanted)
    rows = AccountNumber.objects.filter(meter_id__icontains=last[0] if last else wanted).order_by()
    pairs = rows.values_list("account", "meter_id")
    return {normalise(account) for account, meter in pairs if serial_key(meter) == wanted}
