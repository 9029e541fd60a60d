"""The rates as they are stored: tblconfig of the ACDB and our dated overrides."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from tariffs.calculations import DatedRate, ResolvedRate, resolve
from tariffs.models import GlobalRate, Scope, TariffOverride


def global_rate() -> Decimal | None:
    """The rate of tblconfig, of its first row; None when the table has no row or no rate in it."""
    # Not .first(), which would order by the rate: the first row is the one other programs read.
    rates = list(GlobalRate.objects.order_by().values_list("rate", flat=True)[:1])
    return None if not rates or rates[0] is None else Decimal(str(rates[0]))


def dated_rates(customer: str, site: str) -> list[DatedRate]:
    """Overrides for everybody, for the site and for the customer that have not been removed."""
    scopes = Q(scope=Scope.GLOBAL)
    if site:
        scopes |= Q(scope=Scope.CONCESSION, scope_key=site)
    if customer:
        scopes |= Q(scope=Scope.CUSTOMER, scope_key=customer)
    rows = TariffOverride.objects.filter(scopes, removed_at=None).order_by("id")
    return [
        DatedRate(row.scope, "" if row.scope == Scope.GLOBAL else row.scope_key, row.rate, row.effective_from, row.pk)
        for row in rows
    ]


def rate_for(customer_number: int | None, site: str, now: datetime | None = None) -> ResolvedRate:
    """The rate in force for a customer (None when the account is nobody's) at a site code (may be empty).

    Two queries. An unreadable ACDB raises the database's error, which surfaces translate to 503.
    """
    customer = "" if customer_number is None else str(customer_number)
    code = site.strip().upper()
    return resolve(global_rate(), dated_rates(customer, code), customer=customer, site=code, now=now or timezone.now())
