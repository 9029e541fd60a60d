"""What the pages of rates list: sites, customers with a rate of their own, what is to come."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from ccportal.acdb.accountnumbers import looks_like_account, parse_typed
from ccportal.core.text import fold
from customers.models import DirectoryAccount, DirectoryCustomer, Site, Status
from tariffs.models import Scope, TariffChange, TariffOverride
from tariffs.parsing import MAX_NUMBER
from tariffs.queries.rates import live, rate_book

_AT_A_TIME = 500


@dataclass(frozen=True)
class SiteLine:
    """A site with the rate its customers pay unless they have their own."""

    code: str
    name: str
    rate: Decimal
    own: TariffOverride | None
    scheduled: TariffOverride | None
    customers: int


@dataclass(frozen=True)
class CustomerLine:
    """A customer with a rate of their own, in force (``own``) or still to come."""

    number: int
    name: str
    site: str
    customer_type: str
    accounts: str
    own: TariffOverride | None
    scheduled: TariffOverride | None


def site_codes() -> frozenset[str]:
    return frozenset(Site.objects.values_list("code", flat=True))


def customers_by_site() -> dict[str, int]:
    """Active customers of each site code."""
    rows = DirectoryCustomer.objects.filter(status=Status.ACTIVE).order_by().values_list("site")
    return dict(rows.annotate(n=Count("number")))


def site_lines(now: datetime) -> list[SiteLine]:
    """Every active site, and others that have a rate; the same few queries for any number of sites."""
    book, counts, rows = rate_book(now), customers_by_site(), _by_key(live().filter(scope=Scope.CONCESSION))
    return [
        SiteLine(
            site.code, site.name, book.rate_for(None, site.code).rate, *_now_and_next(rows[site.code], now),
            counts.get(site.code, 0),
        )
        for site in Site.objects.order_by("code")
        if site.active or site.code in rows or site.code in counts
    ]  # fmt: skip


def _by_key(found: QuerySet[TariffOverride]) -> dict[str, list[TariffOverride]]:
    rows: dict[str, list[TariffOverride]] = defaultdict(list)
    for row in found.order_by("effective_from", "id"):
        rows[row.scope_key].append(row)
    return rows


def _now_and_next(rows: list[TariffOverride], now: datetime) -> tuple[TariffOverride | None, TariffOverride | None]:
    come = [row for row in rows if row.effective_from <= now]
    coming = [row for row in rows if row.effective_from > now]
    return come[-1] if come else None, coming[0] if coming else None


def scheduled(now: datetime) -> QuerySet[TariffOverride]:
    """What is to come, soonest first, and what is due for everybody but not in the customer database yet."""
    due = Q(scope=Scope.GLOBAL, effective_from__lte=now)
    return live().filter(Q(effective_from__gt=now) | due).order_by("effective_from", "scope", "scope_key")


def numbers_with_own_rate(asked: str = "") -> list[int]:
    """Customers who have a rate of their own or get one, by number; ``asked`` is a name, number or account."""
    keys = live().filter(scope=Scope.CUSTOMER).order_by().values_list("scope_key", flat=True).distinct()
    numbers = {int(key) for key in keys}
    if asked.strip():
        numbers &= set(_found(asked.strip()))
    return sorted(numbers)


def _found(asked: str) -> set[int]:
    if asked.isascii() and asked.isdecimal():
        return {int(asked)}
    if looks_like_account(asked):
        rows = DirectoryAccount.objects.filter(account=parse_typed(asked)).values_list("customer_number", flat=True)
        return {number for number in rows if number is not None}
    people = DirectoryCustomer.objects.all()
    for word in fold(asked).split():
        people = people.filter(document__contains=word)
    return set(people.order_by().values_list("number", flat=True))


def customer_lines(numbers: list[int], now: datetime) -> list[CustomerLine]:
    """The lines of these customers, in this order."""
    people = DirectoryCustomer.objects.in_bulk(numbers)
    rows = _by_key(live().filter(scope=Scope.CUSTOMER, scope_key__in=[str(number) for number in numbers]))
    lines = []
    for number in numbers:
        person = people.get(number)
        own, coming = _now_and_next(rows[str(number)], now)
        lines.append(
            CustomerLine(
                number,
                person.name if person else "",
                person.site if person else "",
                person.customer_type if person else "",
                person.accounts if person else "",
                own,
                coming,
            )
        )
    return lines


def customer_of(number: int) -> DirectoryCustomer | None:
    return DirectoryCustomer.objects.filter(number=number).first() if number <= MAX_NUMBER else None


# ---------------------------------------------------------------- what a change would do


@dataclass(frozen=True)
class SiteEffect:
    """Customers of a site whose rate changes, from what to what."""

    site: str
    customers: int
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class Effect:
    """Whom a change touches. ``kept`` are customers in reach who keep a rate of their own."""

    sites: tuple[SiteEffect, ...]
    kept: int
    sites_apart: tuple[str, ...]

    @property
    def customers(self) -> int:
        return sum(line.customers for line in self.sites)


def effect_of(scope: str, key: str, rate: Decimal | None, moment: datetime) -> Effect:
    """What setting a rate (None: removing it) at ``moment`` does to the active customers as they are known today."""
    before = rate_book(moment)
    after = before.with_rate(scope, key, rate)
    if scope == Scope.CUSTOMER:
        person = customer_of(int(key))
        site = person.site if person else ""
        old, new = before.rate_for(int(key), site).rate, after.rate_for(int(key), site).rate
        return Effect((SiteEffect(site, 1, old, new),) if old != new else (), 0, ())
    counts = customers_by_site()
    own = _own_by_site([int(number) for number in before.with_own_rate(Scope.CUSTOMER)])
    reach = [site for site in counts if scope == Scope.GLOBAL or site == key]
    lines, apart, kept = [], [], 0
    for site in sorted(reach):
        old, new = before.rate_for(None, site).rate, after.rate_for(None, site).rate
        if before.own_rate(Scope.CONCESSION, site) is not None and scope == Scope.GLOBAL:
            apart.append(site)
        elif old != new:
            kept += own[site]
            lines.append(SiteEffect(site, counts[site] - own[site], old, new))
    return Effect(tuple(lines), kept, tuple(apart))


def _own_by_site(numbers: list[int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for start in range(0, len(numbers), _AT_A_TIME):
        people = DirectoryCustomer.objects.filter(status=Status.ACTIVE, number__in=numbers[start : start + _AT_A_TIME])
        found.update(people.values_list("site", flat=True))
    return found


# ---------------------------------------------------------------- history


@dataclass(frozen=True)
class HistoryFilter:
    """What of the history is wanted; empty restricts nothing. Times are aware, both included."""

    scope: str = ""
    key: str = ""
    kind: str = ""
    user: str = ""
    since: datetime | None = None
    until: datetime | None = None


def history(wanted: HistoryFilter) -> QuerySet[TariffChange]:
    """Entries, newest first."""
    exact = {"scope": wanted.scope, "scope_key": wanted.key, "kind": wanted.kind, "set_by": wanted.user}
    found = TariffChange.objects.filter(**{name: value for name, value in exact.items() if value})
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    if wanted.until:
        found = found.filter(at__lte=wanted.until)
    return found
