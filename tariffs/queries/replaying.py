"""What accounts bought in the last twelve months, from the report sums: nothing scans the ledger."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from ccportal.core.periods import Month, local_today
from customers.models import DirectoryAccount, DirectoryCustomer, Site, Status
from omreport.models import AccountMonth, RollupState
from tariffs.calculations import CUSTOMER
from tariffs.models import Scope
from tariffs.queries.overview import customers_by_site
from tariffs.queries.rates import rate_book
from tariffs.simulation import MONTHS, Proposal, Purchases


@dataclass(frozen=True)
class Window:
    """Twelve whole months, the last one complete and covered by the ledger; None when no sums exist yet."""

    first: Month
    last: Month
    as_of: datetime | None


def window() -> Window | None:
    """The twelve months to replay."""
    state = RollupState.objects.first()
    newest = AccountMonth.objects.filter(period__gt=0).order_by("-period").values_list("period", flat=True).first()
    if state is None or newest is None:
        return None
    covered = Month(newest // 100, newest % 100)
    last = min(covered, Month.of(local_today()) + -1)
    return Window(last + (1 - MONTHS), last, state.refreshed_at)


def purchases(wanted: Window) -> list[Purchases]:
    """Each account's kWh bought and money paid in the window, reversals taken off; three queries.

    The amount column holds kWh in consumption rows (D-03), so these are taken off the money.
    """
    first, last = (month.year * 100 + month.month for month in (wanted.first, wanted.last))
    rows = AccountMonth.objects.filter(period__gte=first, period__lte=last).exclude(account="").order_by()
    sums = rows.values("account", "site").annotate(k=Sum("kwh"), r=Sum("revenue"), c=Sum("consumed"))
    owners = {
        account: (number, site, kind)
        for account, number, site, kind in DirectoryAccount.objects.filter(owner=True)
        .order_by()
        .values_list("account", "customer_number", "site", "customer_type")
    }
    people = {
        number: (name, site, kind)
        for number, name, site, kind in DirectoryCustomer.objects.order_by().values_list(
            "number", "name", "site", "customer_type"
        )
    }
    found = []
    for row in sums.order_by("account"):
        number, site, kind = owners.get(row["account"], (None, row["site"], ""))
        name, home, own_kind = people.get(number, ("", "", "")) if number is not None else ("", "", "")
        found.append(
            Purchases(
                row["account"], number, name, home or site, (own_kind or kind).upper(), row["k"] or Decimal(0),
                (row["r"] or Decimal(0)) - (row["c"] or Decimal(0)),
            )
        )  # fmt: skip
    return found


def sites_with_customers() -> dict[str, str]:
    """Code and name of the sites that a rate can be tried for."""
    counts = customers_by_site()
    return {site.code: f"{site.code} {site.name}" for site in Site.objects.order_by("code") if site.code in counts}


def types_in_use() -> list[str]:
    kinds = DirectoryCustomer.objects.filter(status=Status.ACTIVE).exclude(customer_type="").order_by()
    return sorted({kind.upper() for kind in kinds.values_list("customer_type", flat=True).distinct()})


# ---------------------------------------------------------------- from a proposal to changes


@dataclass(frozen=True)
class Planned:
    """A rate that a proposal would set."""

    scope: str
    key: str
    rate: Decimal
    before: Decimal


def planned(wanted: Proposal) -> list[Planned]:
    """The rates to set so that a proposal holds: everybody's, sites', and one for each customer of a type.

    There is no level for types in the cascade, so a type's rate becomes the own rate of each active customer of it,
    except those who have one already. Rates that hold already are left out.
    """
    book = rate_book()
    found = []
    present = book.rate_for(None, "").rate
    if wanted.everybody is not None and wanted.everybody != present:
        found.append(Planned(Scope.GLOBAL, "", wanted.everybody, present))
    for site, rate in sorted(wanted.sites.items()):
        before = book.rate_for(None, site).rate
        if book.own_rate(Scope.CONCESSION, site) != rate:
            found.append(Planned(Scope.CONCESSION, site, rate, before))
    if wanted.types:
        people = DirectoryCustomer.objects.filter(status=Status.ACTIVE).order_by("number")
        for number, site, kind in people.values_list("number", "site", "customer_type"):
            rate_of_type = wanted.types.get(kind.upper())
            before_own = book.rate_for(number, site)
            if rate_of_type is not None and before_own.source != CUSTOMER:
                found.append(Planned(Scope.CUSTOMER, str(number), rate_of_type, before_own.rate))
    return found
