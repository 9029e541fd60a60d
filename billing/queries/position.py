"""Where an account stands before a change of its ledger: owner, meter, rate, and what its balance follows from."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.effects import EMPTY, Row, Standing, row_of
from billing.models import HistoryRow, LegacyTransaction, Transaction
from billing.queries.account import is_known, site_of
from billing.queries.ledger import Ledger, ledger_of, spellings, sums
from billing.queries.meters import meters_of
from billing.queries.owners import Owner, owner_of
from ccportal.acdb.accountnumbers import parse_typed
from ccportal.core.errors import InvalidInput, NotFound
from tariffs.calculations import ResolvedRate
from tariffs.queries import rate_for

#: Name in addresses -> table: a row is always written where it stands (D-30).
LEDGERS: dict[str, type[HistoryRow]] = {"recent": Transaction, "long": LegacyTransaction}


@dataclass(frozen=True)
class Position:
    """An account at this moment; ``site`` is that whose rate counts."""

    account: str
    known: bool
    owner: Owner
    ledger: Ledger
    standing: Standing
    meter_id: str
    site: str

    @property
    def recent(self) -> bool:
        """Whether the account's rows are in the recent ledger, where new rows are written."""
        return self.ledger.model is Transaction

    def rate_at(self, moment: datetime) -> ResolvedRate:
        """The tariff of the account at a moment; ``InvalidInput`` for one by which nothing can be divided."""
        found = rate_for(self.owner.number, self.site, moment)
        if found.rate <= 0:
            raise InvalidInput(
                f"The tariff of {self.account} is {found.rate}; kWh cannot be worked out. Correct it first."
            )
        return found

    def standing_after_adding(self, row: Row) -> Standing:
        """New rows go to the recent ledger, which then stands for the account."""
        return self.standing.having(row) if self.recent else EMPTY.having(row)


def position_of(text: str) -> Position:
    """The position of an account written in any way; an account that nothing knows has ``known`` False."""
    account = parse_typed(text)
    ledger = ledger_of(account)
    owner, meters = owner_of(account), meters_of(ledger)
    return Position(
        account=account,
        known=is_known(owner, ledger, meters),
        owner=owner,
        ledger=ledger,
        standing=standing_of(ledger),
        meter_id=meters.current.meter_id if meters.current else "",
        site=site_of(owner, meters),
    )


def known_position(text: str) -> Position:
    """The same; ``NotFound`` for an account that no register and no transaction has."""
    position = position_of(text)
    if not position.known:
        raise NotFound(f"There is no account {position.account[:20]}.")
    return position


def standing_of(ledger: Ledger, without: HistoryRow | None = None) -> Standing:
    """What the balance follows from, as if one row were not there; three queries."""
    rows = ledger.rows if without is None else ledger.rows.exclude(pk=without.pk)
    recorded, newest, totals = rows.filter(balance__isnull=False).first(), rows.first(), sums(ledger)
    taken = as_row(without) if without is not None else None
    return Standing(
        recorded=as_row(recorded) if recorded else None,
        newest=as_row(newest) if newest else None,
        bought_kwh=totals.bought - (taken.bought_kwh if taken else 0),
        used_kwh=totals.used - (taken.used_kwh if taken else 0),
    )


def standing_without(ledger: Ledger, row: HistoryRow) -> Standing:
    """What is left when a row is deleted: without any row in the recent ledger the long one stands for the account."""
    left = standing_of(ledger, row)
    if left.newest is None and ledger.model is Transaction:
        written = LegacyTransaction.objects.filter(account__in=spellings(ledger.account)).order_by()
        found = sorted(text for text in written.values_list("account", flat=True).distinct() if text)
        return standing_of(Ledger(ledger.account, LegacyTransaction, found)) if found else EMPTY
    return left


def as_row(row: HistoryRow) -> Row:
    return row_of(row.id, row.at, row.is_payment, row.amount, row.kwh, row.balance)


def balance_kwh(account: str) -> Decimal:
    """The balance that every page shows, in kWh, unrounded."""
    return standing_of(ledger_of(account)).shown_kwh


def ledger_row(account: str, ledger_name: str, row_id: int) -> HistoryRow:
    """A row of an account in the table that it stands in; ``NotFound`` when it is not there (any more)."""
    model = LEDGERS.get(ledger_name)
    row = model._default_manager.filter(pk=row_id, account__in=spellings(account)).first() if model else None
    if row is None:
        raise NotFound("This transaction is not there any more; somebody deleted it or moved it to another account.")
    return row
