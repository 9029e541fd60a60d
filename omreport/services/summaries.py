"""Derives what reports read from the account months, the directory and the readings.

Account months are streamed, never held: memory follows the number of accounts, not of transactions.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import add

from ccportal.acdb.accountnumbers import site_code
from ccportal.core.periods import Month
from customers.models import DirectoryAccount, DirectoryCustomer
from omreport import models
from omreport.services import store
from omreport.services.months import UNDATED, months_of_quarters, number_of, quarter_key

SUMS = ("transactions", "payments", "revenue", "kwh", "paid", "paid_kwh", "consumed")
COUNTS = ("days", "accounts", "newcomers", "quarter_accounts")
TYPE_FIELDS = ("site", "customer_type", "period", *SUMS, *COUNTS)
SITE_FIELDS = ("site", "period", *SUMS, *COUNTS)
FIRST_FIELDS = ("account", "site", "customer_type", "period")
CONNECTION_FIELDS = ("site", "period", "recorded", "inferred")
Key = tuple[str, str, int]
_DAYS = len(SUMS)


def account_types() -> dict[str, str]:
    """The customer type of each account: of its meter in the registries, else of its customer (semantics 11.1)."""
    people = dict(DirectoryCustomer.objects.exclude(customer_type="").order_by().values_list("number", "customer_type"))
    owned = DirectoryAccount.objects.filter(owner=True).order_by()
    rows = owned.values_list("account", "customer_type", "customer_number")
    return {account: kind or people.get(number or 0, "") for account, kind, number in rows}


def write_all(types: Mapping[str, str]) -> None:
    """Bring every summary of the ledger up to date with the account months; only differences are written."""
    firsts = dict(_firsts())
    seen = ((account, site_code(account), types.get(account, ""), period) for account, period in firsts.items())
    store.replace(models.AccountFirstSeen, FIRST_FIELDS, 1, seen)
    _write_segments(None)
    store.replace(models.ConnectionMonth, CONNECTION_FIELDS, 2, _connections(firsts))


def write_some(changed: Collection[tuple[int, str]], types: Mapping[str, str]) -> None:
    """The same where only these account months changed: their quarters, and the months accounts were first seen in."""
    periods = {period for period, _ in changed}
    accounts = sorted({account for _, account in changed if account})
    before, after = _known_firsts(accounts), dict(_firsts(accounts))
    moved = [account for account in accounts if before.get(account) != after.get(account)]
    if moved:
        periods |= {found[account] for found in (before, after) for account in moved if account in found}
        store.delete(models.AccountFirstSeen, FIRST_FIELDS[:1], [(account,) for account in moved if account in before])
        seen = [(name, site_code(name), types.get(name, ""), after[name]) for name in moved if name in after]
        store.insert(models.AccountFirstSeen, FIRST_FIELDS, seen)
        firsts: dict[str, int] = dict(store.fetch(models.AccountFirstSeen, ("account", "period")))
        store.replace(models.ConnectionMonth, CONNECTION_FIELDS, 2, _connections(firsts))
    _write_segments(months_of_quarters(periods))


def _firsts(accounts: Collection[str] | None = None) -> Iterator[tuple[str, int]]:
    """The month of each account's first dated row, UNDATED for accounts without one (semantics 8.3)."""
    sql = (
        "SELECT account, COALESCE(MIN(CASE WHEN period > 0 THEN period END), 0) "  # noqa: S608 - the name is the model's
        f"FROM {store.table_of(models.AccountMonth)} WHERE account <> '' {{some}} GROUP BY account"
    )
    if accounts is None:
        yield from store.stream(sql.format(some=""))
        return
    for some in store.pieces(accounts):
        yield from store.stream(sql.format(some="AND account" + store.among(some)), some)


def _known_firsts(accounts: Collection[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for some in store.pieces(accounts):
        known |= store.fetch(models.AccountFirstSeen, ("account", "period"), "account" + store.among(some), some)
    return known


def _write_segments(periods: Collection[int] | None) -> None:
    """Sums by site, type and month of these months or all; what they cover are whole quarters."""
    segments = type_segments(_account_months(periods))
    store.replace(models.TypeMonth, TYPE_FIELDS, 3, ((*key, *sums) for key, sums in segments.items()), periods)
    sites = site_segments(segments)
    store.replace(models.SiteMonth, SITE_FIELDS, 2, ((*key, *sums) for key, sums in sites.items()), periods)


def _account_months(periods: Collection[int] | None) -> Iterator[store.Row]:
    """Account, month, site, type, first month, the sums, the days; in the order of account and month."""
    sums = ", ".join(f"m.{name}" for name in SUMS)
    where = "" if periods is None else "WHERE m.period" + store.among(periods)
    return store.stream(
        f"SELECT m.account, m.period, m.site, COALESCE(f.customer_type, ''), COALESCE(f.period, 0), {sums}, m.days "  # noqa: S608 - names are the models'
        f"FROM {store.table_of(models.AccountMonth)} m "
        f"LEFT JOIN {store.table_of(models.AccountFirstSeen)} f ON f.account = m.account {where} "
        "ORDER BY m.account, m.period",
        () if periods is None else tuple(periods),
    )


def type_segments(rows: Iterable[store.Row]) -> dict[Key, list[int]]:
    """Sums and counts of every site, customer type and month; ``rows`` come account by account, month by month."""
    sums: dict[Key, list[int]] = {}
    days: dict[Key, int] = defaultdict(int)
    last: tuple[str, int] | None = None
    for account, period, site, kind, first, *values, bits in rows:
        quarter = account, quarter_key(period)
        counts = (1, int(first == period), int(quarter != last)) if account else (0, 0, 0)
        last = quarter
        key = site, kind, period
        known = sums.get(key)
        sums[key] = [*values, *counts] if known is None else list(map(add, known, (*values, *counts)))
        days[key] |= bits
    return {key: [*found[:_DAYS], days[key], *found[_DAYS:]] for key, found in sums.items()}


def site_segments(segments: Mapping[Key, list[int]]) -> dict[tuple[str, int], list[int]]:
    """The same of every site; accounts have one type, so their numbers add up."""
    found: dict[tuple[str, int], list[int]] = {}
    for (site, _, period), sums in segments.items():
        known = found.get((site, period))
        if known is None:
            found[site, period] = list(sums)
        else:
            days = known[_DAYS] | sums[_DAYS]
            found[site, period] = [*map(add, known, sums)]
            found[site, period][_DAYS] = days
    return found


def _connections(firsts: Mapping[str, int]) -> Iterator[tuple[str, int, int, int]]:
    """Customers of each site by month of connection; for want of a date, of their first transaction (D-35)."""
    first_of: dict[int, int] = {}
    rows = DirectoryAccount.objects.filter(owner=True, customer_number__isnull=False).order_by()
    for account, number in rows.values_list("account", "customer_number").iterator():
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
