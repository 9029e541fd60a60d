"""Which rate holds, for one customer or for many."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils import timezone

from tariffs.calculations import DatedRate, ResolvedRate, resolve
from tariffs.models import GlobalRate, Scope, TariffOverride


def global_rate() -> Decimal | None:
    """The rate of tblconfig, of its first row; None when the table has no row or no rate in it."""
    # Not .first(), which would order by the rate: the first row is the one other programs read.
    rates = list(GlobalRate.objects.order_by().values_list("rate", flat=True)[:1])
    return None if not rates or rates[0] is None else Decimal(str(rates[0]))


def live() -> QuerySet[TariffOverride]:
    """Rates that count now or will: not removed, and for everybody not yet in tblconfig."""
    return TariffOverride.objects.filter(removed_at=None).exclude(scope=Scope.GLOBAL, applied_at__isnull=False)


def dated(row: TariffOverride) -> DatedRate:
    """A stored rate as the calculations take it; ``order`` is its number in the table."""
    return DatedRate(row.scope, row.scope_key, row.rate, row.effective_from, row.pk)


def dated_rates(customer: str, site: str) -> list[DatedRate]:
    """Rates for everybody, for the site and for the customer that have not been removed."""
    scopes = Q(scope=Scope.GLOBAL)
    if site:
        scopes |= Q(scope=Scope.CONCESSION, scope_key=site)
    if customer:
        scopes |= Q(scope=Scope.CUSTOMER, scope_key=customer)
    return [dated(row) for row in live().filter(scopes).order_by("id")]


def rate_for(customer_number: int | None, site: str, now: datetime | None = None) -> ResolvedRate:
    """The rate in force for a customer (None when the account is nobody's) at a site code (may be empty).

    Two queries. An unreadable ACDB raises the database's error, which surfaces translate to 503.
    """
    customer = "" if customer_number is None else str(customer_number)
    code = site.strip().upper()
    return resolve(global_rate(), dated_rates(customer, code), customer=customer, site=code, now=now or timezone.now())


class RateBook:
    """Rates read once, to be asked about many customers: ``rate_book().rate_for(17, "MAK")``."""

    def __init__(self, global_rate: Decimal | None, rates: Iterable[DatedRate], now: datetime) -> None:
        self.global_rate = global_rate
        self.now = now
        self._rates = tuple(rates)
        self._resolved: dict[tuple[str, str], ResolvedRate] = {}
        self._by_key: dict[tuple[str, str], list[DatedRate]] = defaultdict(list)
        for rate in self._rates:
            self._by_key[rate.scope, rate.key].append(rate)

    def rate_for(self, customer_number: int | None, site: str) -> ResolvedRate:
        """As the function of that name, without a query; worked out once for all customers of a site."""
        customer = "" if customer_number is None else str(customer_number)
        if (Scope.CUSTOMER.value, customer) not in self._by_key:
            customer = ""
        code = site.strip().upper()
        if (customer, code) not in self._resolved:
            self._resolved[customer, code] = self._resolve(customer, code)
        return self._resolved[customer, code]

    def _resolve(self, customer: str, code: str) -> ResolvedRate:
        wanted = ((Scope.GLOBAL.value, ""), (Scope.CONCESSION.value, code), (Scope.CUSTOMER.value, customer))
        known = [rate for key in wanted for rate in self._by_key.get(key, ())]
        return resolve(self.global_rate, known, customer=customer, site=code, now=self.now)

    def with_rate(self, scope: str, key: str, rate: Decimal | None) -> "RateBook":
        """The same with another rate of a scope and key from its moment on; None takes its rates away."""
        if rate is None:
            kept = [known for known in self._rates if (known.scope, known.key) != (scope, key)]
            return RateBook(self.global_rate, kept, self.now)
        newest = max((known.order for known in self._rates), default=0) + 1
        return RateBook(self.global_rate, [*self._rates, DatedRate(scope, key, rate, self.now, newest)], self.now)

    def own_rate(self, scope: str, key: str) -> Decimal | None:
        """The rate in force that a site or customer has of its own; None without one."""
        customer, site = (key, "") if scope == Scope.CUSTOMER else ("", key)
        rates = self._by_key.get((scope, key), ())
        found = resolve(self.global_rate, rates, customer=customer, site=site, now=self.now)
        return found.rate if found.source == scope else None

    def with_own_rate(self, scope: str) -> set[str]:
        """Keys of a scope that have a rate of their own in force."""
        return {key for level, key in self._by_key if level == scope and self.own_rate(level, key) is not None}


def rate_book(now: datetime | None = None) -> RateBook:
    """Every rate as it holds at ``now``; two queries whatever the number of customers."""
    rows = live().order_by("id").only("scope", "scope_key", "rate", "effective_from")
    return RateBook(global_rate(), [dated(row) for row in rows], now or timezone.now())
