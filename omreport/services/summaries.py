"""Derives what reports read from the account months, the directory and the readings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ccportal.acdb.accountnumbers import site_code
from ccportal.core.periods import Month
from customers.models import DirectoryAccount, DirectoryCustomer
from omreport import models
from omreport.services import store
from omreport.services.months import UNDATED, number_of, quarter_key

SUMS = ("transactions", "payments", "revenue", "kwh", "paid", "paid_kwh", "consumed")
COUNTS = ("days", "accounts", "newcomers", "quarter_accounts")
TYPE_FIELDS = ("site", "customer_type", "period", *SUMS, *COUNTS)
SITE_FIELDS = ("site", "period", *SUMS, *COUNTS)
FIRST_FIELDS = ("account", "site", "customer_type", "period")
CONNECTION_FIELDS = ("site", "period", "recorded", "inferred")
_DAYS = len(SUMS)


def account_types() -> dict[str, str]:
    """The customer type of each account: of its meter in the registries, else of its customer (semantics 11.1)."""
    people = dict(DirectoryCustomer.objects.exclude(customer_type="").order_by().values_list("number", "customer_type"))
    owned = DirectoryAccount.objects.filter(owner=True).order_by()
    rows = owned.values_list("account", "customer_type", "customer_number")
    return {account: kind or people.get(number or 0, "") for account, kind, number in rows}


def first_periods(rows: Iterable[Sequence[Any]]) -> dict[str, int]:
    """The month of each account's first dated row, UNDATED for accounts without one (semantics 8.3).

    ``rows`` are account months in the stored form.
    """
    found: dict[str, int] = {}
    for account, period, *_ in rows:
        known = found.get(account, 0)
        if not known or 0 < period < known:
            found[account] = period
    found.pop("", None)
    return found


def write_summaries(rows: Sequence[Sequence[Any]], types: Mapping[str, str]) -> None:
    """Bring every summary of the ledger up to date with the account months; only differences are written."""
    firsts = first_periods(rows)
    segments = type_segments(rows, types, firsts)
    store.replace(models.TypeMonth, TYPE_FIELDS, 3, ((*key, *sums) for key, sums in segments.items()))
    store.replace(models.SiteMonth, SITE_FIELDS, 2, ((*key, *sums) for key, sums in site_segments(segments).items()))
    seen = ((account, site_code(account), types.get(account, ""), period) for account, period in firsts.items())
    store.replace(models.AccountFirstSeen, FIRST_FIELDS, 1, seen)
    store.replace(models.ConnectionMonth, CONNECTION_FIELDS, 2, connections(firsts))


def type_segments(
    rows: Iterable[Sequence[Any]], types: Mapping[str, str], firsts: Mapping[str, int]
) -> dict[tuple[str, str, int], list[int]]:
    """Sums and counts of every site, customer type and month."""
    found: dict[tuple[str, str, int], list[int]] = {}
    opening: dict[tuple[str, int], int] = {}
    for account, period, *_ in rows:
        key = account, quarter_key(period)
        opening[key] = min(opening.get(key, period), period)
    for account, period, site, *sums, days, _ in rows:
        is_new = bool(account) and firsts[account] == period
        opens_quarter = bool(account) and opening[account, quarter_key(period)] == period
        counts = (days, int(bool(account)), int(is_new), int(opens_quarter))
        _add(found, (site, types.get(account, ""), period), (*sums, *counts))
    return found


def site_segments(segments: Mapping[tuple[str, str, int], list[int]]) -> dict[tuple[str, int], list[int]]:
    """The same of every site; accounts have one type, so their numbers add up."""
    found: dict[tuple[str, int], list[int]] = {}
    for (site, _, period), sums in segments.items():
        _add(found, (site, period), sums)
    return found


def _add(found: dict[Any, list[int]], key: Any, sums: Any) -> None:
    known = found.get(key)
    if known is None:
        found[key] = list(sums)
        return
    days = known[_DAYS] | sums[_DAYS]
    for place, value in enumerate(sums):
        known[place] += value
    known[_DAYS] = days


def connections(firsts: Mapping[str, int]) -> Iterator[tuple[str, int, int, int]]:
    """Customers of each site by month of connection; for want of a date, of their first transaction (D-35)."""
    first_of: dict[int, int] = {}
    rows = DirectoryAccount.objects.filter(owner=True, customer_number__isnull=False).order_by()
    for account, number in rows.values_list("account", "customer_number"):
        period = firsts.get(account, UNDATED)
        if period and number:
            first_of[number] = min(period, first_of.get(number, period))
    counts: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    people = DirectoryCustomer.objects.order_by().values_list("number", "site", "connected_on")
    for number, site, connected in people.iterator():
        if connected:
            counts[site, number_of(Month.of(connected))][0] += 1
        else:
            counts[site, first_of.get(number, UNDATED)][1] += 1
    for (site, period), (recorded, inferred) in counts.items():
        yield site, period, recorded, inferred
