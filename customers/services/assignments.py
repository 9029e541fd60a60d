"""Gives a meter to an account, replaces it and takes it away (semantics 16.10, D-63).

Registry row and account listing are written together or not at all. Rows are never overwritten: a meter that goes keeps
its row, with ``current status`` replaced or removed. Where the registry has no such text column, what its status
numbers mean is not known; there the row is taken out, and the log of changes keeps it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from audit.actors import Actor
from audit.models import Action, Mutation, MutationState
from audit.services import Change, apply_changes, rows
from ccportal.acdb import gateway
from ccportal.acdb.accountnumbers import site_code
from ccportal.acdb.dates import local_text
from ccportal.acdb.introspection import TEXTS, Table, get_table
from ccportal.acdb.values import Row
from ccportal.core.errors import Conflict, InvalidInput, NotFound, PortalError
from ccportal.core.periods import local_now
from ccportal.core.text import clean
from customers import queries
from customers.formats import serial_key
from customers.models import AccountNumber, AssignmentState, DirectoryAccount, Meter, MeterAssignment
from customers.positions import Position
from customers.registries import Placement, listings_of, placements_of, placements_on
from customers.services import allocation

ASSIGNED, REPLACED, REMOVED = "customers.meter.assigned", "customers.meter.replaced", "customers.meter.removed"
PERMISSION = "write_customers"
#: Younger claims may belong to a request that is still at work.
MIN_AGE = timedelta(minutes=2)
STOPPED = "The program stopped before the change was made."
UNDER_WAY = "This assignment is being written at this moment. Wait a minute, then look at the customer."


@dataclass(frozen=True)
class Wish:
    """A meter for a customer as a form gives it; an empty ``account`` asks for the next number of his site."""

    token: UUID
    customer_number: int
    meter_id: str
    account: str = ""
    offered: str = ""
    customer_type: str = ""
    village: str = ""
    connected_on: date | None = None
    position: Position | None = None
    reason: str = ""


def assign(actor: Actor, wish: Wish) -> MeterAssignment:
    """Carry out a wish once; the same token again gives the same assignment.

    Faults: ``NotAllowed``; ``InvalidInput`` with ``field`` when the meter runs elsewhere, the account is another
    customer's or a reason is missing; ``Conflict`` when somebody else is at it; ``AcdbUnavailable``.
    """
    actor.require(PERMISSION)
    gateway.refuse_if_read_only()
    earlier = MeterAssignment.objects.filter(token=wish.token).first()
    if earlier is not None:
        return _again(earlier)
    customer = queries.get_customer(wish.customer_number)
    site = site_code(wish.account) or queries.site_names().code(customer.concession)
    _check_owner(wish)
    _check_meter(wish.meter_id, wish.account)
    _settle_holders(wish)
    claimed = allocation.claim(
        allocation.Claim(
            wish.token, wish.customer_number, site, wish.meter_id, wish.account, wish.offered, employee_no=actor.id
        )
    )
    try:
        going = _going(wish, claimed)
        claimed.replaced = " ".join(sorted({placement.meter_id for placement in going}))[:80]
        changes = [*_closing(going, "replaced"), _registration(actor, wish, claimed), _listing(actor, claimed)]
        event = REPLACED if going else ASSIGNED
        apply_changes(actor, changes, event=event, permission=PERMISSION, reason=wish.reason)
    except Exception as error:
        message = error.message if isinstance(error, PortalError) else "The customer database did not answer."
        _settle(claimed, message, died=False)
        raise
    return _close(claimed, AssignmentState.DONE)


def remove(actor: Actor, account: str, meter_id: str, *, reason: str) -> list[Mutation]:
    """Take a running meter off an account, which stays the customer's; ``Conflict`` when it runs there no more."""
    actor.require(PERMISSION)
    gateway.refuse_if_read_only()
    going = [p for p in placements_on(account) if p.running and p.meter_id == serial_key(meter_id)]
    if not going:
        raise Conflict(f"Meter {meter_id} does not run on account {account} any more. Look at the customer again.")
    changes = [*_closing(going, "removed"), *_unlisting(account, meter_id)]
    return apply_changes(actor, changes, event=REMOVED, permission=PERMISSION, reason=reason)


def tidy(min_age: timedelta = MIN_AGE) -> int:
    """Settle claims whose program died, by what the log of changes says; how many were settled."""
    settled = 0
    for claimed in MeterAssignment.objects.filter(
        state=AssignmentState.CLAIMED, created_at__lt=timezone.now() - min_age
    ):
        settled += _settle(claimed).state != AssignmentState.CLAIMED
    return settled


# ---------------------------------------------------------------- claims


def _again(earlier: MeterAssignment) -> MeterAssignment:
    if earlier.state == AssignmentState.CLAIMED and earlier.created_at < timezone.now() - MIN_AGE:
        _settle(earlier)
    if earlier.state == AssignmentState.DONE:
        return earlier
    if earlier.state == AssignmentState.CLAIMED:
        raise Conflict(UNDER_WAY)
    raise Conflict(f"Nothing was assigned: {earlier.error or 'the program stopped.'} Open the form again.")


def _settle_holders(wish: Wish) -> None:
    """Free the meter and the account of claims that a dead program left."""
    tidy_before = timezone.now() - MIN_AGE
    held = MeterAssignment.objects.filter(state=AssignmentState.CLAIMED, created_at__lt=tidy_before)
    for claimed in held.filter(meter_id=wish.meter_id) | held.filter(account=wish.account or "-"):
        _settle(claimed)


def _settle(claimed: MeterAssignment, error: str = STOPPED, *, died: bool = True) -> MeterAssignment:
    """Close a claim as the log of changes says; one whose change is still pending stays as it is.

    A drawn number without any entry lapses when its program seems to have ``died``: it may only be slow, so nobody
    else gets the number.
    """
    entry = _entry_of(claimed)
    if entry is None and died and claimed.allocated:
        return _close(claimed, AssignmentState.LAPSED, error)
    if entry is None or entry.state == MutationState.FAILED:
        return _close(claimed, AssignmentState.FAILED, error)
    if entry.state == MutationState.APPLIED:
        return _close(claimed, AssignmentState.DONE)
    return claimed


def _entry_of(claimed: MeterAssignment) -> Mutation | None:
    """The entry of the registry row that a claim led to, if its program came so far."""
    entries = Mutation.objects.filter(
        pk__gt=claimed.log_floor, event__in=(ASSIGNED, REPLACED), table_name=Meter._meta.db_table, action=Action.CREATE
    )
    for entry in entries:
        row = {name.casefold(): value for name, value in (entry.new_values or {}).items()}
        if (row.get("meterid"), row.get("accountnumber")) == (claimed.meter_id, claimed.account):
            return entry
    return None


def _close(claimed: MeterAssignment, state: AssignmentState, error: str = "") -> MeterAssignment:
    claimed.state, claimed.error, claimed.settled_at = state, error[:300], timezone.now()
    claimed.save(update_fields=["state", "error", "settled_at", "replaced"])
    return claimed


# ---------------------------------------------------------------- rules


def _check_owner(wish: Wish) -> None:
    if not wish.account:
        return
    if not DirectoryAccount.objects.filter(
        account=wish.account, customer_number=wish.customer_number, owner=True
    ).exists():
        raise InvalidInput(
            f"Account {wish.account} does not belong to this customer. Choose one of the accounts shown.",
            field="account",
        )


def _check_meter(meter_id: str, account: str) -> None:
    """The meter must run nowhere; what only tblaccountnumbers says counts where no registry knows the meter."""
    placements = placements_of(meter_id)
    for placement in placements:
        if placement.running and placement.account == account:
            raise InvalidInput(
                f"Meter {meter_id} runs on account {account} already; nothing needs to be done.", field="meter_id"
            )
        if placement.running:
            raise _taken(meter_id, placement.account)
    if not placements:
        for listed in sorted(listings_of(meter_id) - {account}):
            raise _taken(meter_id, listed)


def _going(wish: Wish, claimed: MeterAssignment) -> list[Placement]:
    """The meters that the new one replaces; everything is looked at again now that the claim keeps others off."""
    _check_meter(wish.meter_id, claimed.account)
    going = [placement for placement in placements_on(claimed.account) if placement.running]
    if going and not wish.reason:
        raise InvalidInput(
            f"Meter {going[0].meter_id} runs on account {claimed.account}: say why it is replaced.", field="reason"
        )
    return going


def _taken(meter_id: str, account: str) -> InvalidInput:
    return InvalidInput(
        f"Meter {meter_id} runs on account {account or '(none written)'}. Read the label again; if the meter was "
        "moved, take it off that account first.",
        field="meter_id",
    )


# ---------------------------------------------------------------- changes


def present(table: Table, values: Row) -> Row:
    """The values whose columns the table has: some columns exist in some installations only (acdb_schema)."""
    return {name: value for name, value in values.items() if table.column(name) is not None}


def _keeps_status(table: Table) -> bool:
    column = table.column("current status")
    return column is not None and column.type in TEXTS


def _closing(going: list[Placement], status: str) -> Iterator[Change]:
    for placement in going:
        table = get_table(placement.row._meta.db_table)
        stored = {"meterid": placement.row.meter_id, "accountnumber": placement.row.account}
        for row in rows.rows_like(table, stored):
            if serial_key(row["meterid"]) != placement.meter_id:
                continue
            record_id = gateway.record_id_of(table, row)
            if _keeps_status(table):
                yield Change(Action.UPDATE, table.name, record_id, {"current status": status})
            else:
                yield Change(Action.DELETE, table.name, record_id)


def _registration(actor: Actor, wish: Wish, claimed: MeterAssignment) -> Change:
    table = get_table(Meter._meta.db_table)
    now = local_text(local_now())
    values = {
        "meterid": claimed.meter_id,
        "accountnumber": claimed.account,
        "customer id": claimed.customer_number,
        "customer type": wish.customer_type,
        "customer connect date": now if wish.connected_on is None else local_text(wish.connected_on),
        "community": claimed.site,
        "Village name": wish.village,
        "latitude": wish.position.latitude if wish.position else None,
        "longitude": wish.position.longitude if wish.position else None,
        "current status": "active" if _keeps_status(table) else None,
        "RECORD CREATE DATE": now,
        "RECORD CREATED BY": actor.name[:50],
    }
    return Change(Action.CREATE, table.name, values=_given(present(table, values)))


def _listing(actor: Actor, claimed: MeterAssignment) -> Change:
    """The account listed for the customer with its meter: a new listing, or the newest one brought up to date."""
    table = get_table(AccountNumber._meta.db_table)
    listed = list(_listings(claimed.account, claimed.customer_number))
    if listed:
        newest = max(listed, key=lambda row: local_text(row["opened date"]) if row.get("opened date") else "")
        return Change(Action.UPDATE, table.name, gateway.record_id_of(table, newest), {"meterid": claimed.meter_id})
    values = {
        "accountnumber": claimed.account,
        "customerid": claimed.customer_number,
        "meterid": claimed.meter_id,
        "community": claimed.site,
        "opened date": local_text(local_now()),
        "created by": actor.name[:50],
    }
    return Change(Action.CREATE, table.name, values=present(table, values))


def _listings(account: str, customer_number: int | None = None) -> Iterator[Row]:
    """Rows of tblaccountnumbers with this account in any spelling."""
    table = get_table(AccountNumber._meta.db_table)
    written = AccountNumber.objects.filter(account__icontains=account).order_by()
    for stored in written.values_list("account", flat=True).distinct():
        if clean(stored).upper() != account:
            continue
        for row in rows.rows_like(table, {"accountnumber": stored}):
            if customer_number is None or row["customerid"] == customer_number:
                yield row


def _unlisting(account: str, meter_id: str) -> Iterator[Change]:
    table = get_table(AccountNumber._meta.db_table)
    for row in _listings(account):
        if serial_key(row.get("meterid")) == serial_key(meter_id):
            yield Change(Action.UPDATE, table.name, gateway.record_id_of(table, row), {"meterid": None})


def _given(values: Row) -> Row:
    return {name: value for name, value in values.items() if value not in (None, "")}


def get_assignment(token: UUID) -> MeterAssignment:
    """The assignment with this token; ``NotFound`` when there is none."""
    found = MeterAssignment.objects.filter(token=token).first()
    if found is None:
        raise NotFound("There is no such meter assignment.")
    return found
