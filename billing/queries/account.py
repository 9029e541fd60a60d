"""One account, complete: whose it is, its ledger, its meters, its rate, its figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from billing.queries.ledger import Ledger
from billing.queries.meters import AccountMeters, meters_of
from billing.queries.overview import Overview, overview_of
from billing.queries.owners import Owner, owner_of
from ccportal.acdb.accountnumbers import site_code
from omreport.models import RollupState
from tariffs.calculations import ResolvedRate
from tariffs.queries import rate_for

#: A ledger that ends longer ago than this makes use look smaller than it is.
STALE_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class AccountRecord:
    """``tariff`` is None for an account that nothing knows. ``ledger_until`` is the newest transaction of anybody,
    None when no report has been computed yet."""

    account: str
    owner: Owner
    ledger: Ledger
    meters: AccountMeters
    tariff: ResolvedRate | None
    overview: Overview
    ledger_until: datetime | None

    @property
    def known(self) -> bool:
        return is_known(self.owner, self.ledger, self.meters)

    @property
    def stale(self) -> bool:
        """True when the customer database ends in the past, so that later use is not counted."""
        return self.ledger_until is not None and self.overview.now - self.ledger_until > STALE_AFTER


def is_known(owner: Owner, ledger: Ledger, meters: AccountMeters) -> bool:
    """True when a registry, the directory or the ledger has the account."""
    return owner.known or bool(ledger) or meters.current is not None


def account_record(ledger: Ledger, now: datetime | None = None) -> AccountRecord:
    """The record of the account whose ledger this is; the number of queries does not depend on the number of rows.

    An account that nothing knows has zeros and empty parts.
    """
    now = now or timezone.now()
    owner = owner_of(ledger.account)
    meters = meters_of(ledger)
    tariff = None
    if is_known(owner, ledger, meters):
        tariff = rate_for(owner.number, site_of(owner, meters), now)
    return AccountRecord(
        account=ledger.account,
        owner=owner,
        ledger=ledger,
        meters=meters,
        tariff=tariff,
        overview=overview_of(ledger, meters.ids, now),
        ledger_until=RollupState.objects.values_list("latest_transaction", flat=True).first(),
    )


def site_of(owner: Owner, meters: AccountMeters) -> str:
    """The site whose rate counts: the customer's, else the meter's, else the account's (semantics 7.10)."""
    of_customer = owner.customer.site if owner.customer else ""
    of_meter = meters.current.community if meters.current else ""
    return of_customer or of_meter or site_code(owner.account)
