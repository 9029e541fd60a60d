"""The one way to write to the ACDB (DESIGN 3).

    update_record(Actor.of(request), "tblcustomer", "1042", {"PLOT NUMBER": "MAK 0045 HH"},
                  event="customers.plot.corrected", reason="The surveyor's list", expected={"PLOT NUMBER": None})

In this order: the actor's permission; a log entry *pending* with old and new values, committed in our own database;
the write, in one ACDB transaction, guarded by the old values; the entry *applied* or *failed*. Whatever stops in
between leaves a pending entry, which ``reconcile`` settles by looking at the ACDB. Nothing is written without an entry,
and no entry claims to be applied that is not.

Do not call this inside a transaction on the default database: the entry must be committed before the write.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.utils import Error as DatabaseError

from audit.actors import Actor
from audit.models import Action, LinkKind, Mutation
from audit.services import chain, rows, settling
from ccportal.acdb import gateway
from ccportal.acdb.introspection import Table, get_table
from ccportal.acdb.router import ACDB
from ccportal.core import logs
from ccportal.core.errors import AcdbUnavailable, Conflict, NotFound, PortalError

Row = dict[str, Any]
Companion = Callable[[Sequence[Mutation]], None]

#: Semantics 19.1, in lower case; tblaccounthistoryOriginal is meant to be one.
TRANSACTION_TABLES = frozenset(
    {
        "tblaccountnumbers",
        "tblbilling",
        "tblpayments",
        "tbltransactions",
        "tblinvoices",
        "tblaccounthistory1",
        "tblaccounthistoryoriginal",
    }
)


@dataclass(frozen=True)
class Change:
    """One record to be created, updated or deleted.

    ``values`` are as people and programs send them, and coerced to the columns' types; with ``restores`` they are a
    logged row that comes back as it was, key included. ``expected`` are the old values somebody saw when deciding.
    """

    effect: str
    table: str
    record_id: str = ""
    values: Mapping[str, Any] | None = None
    expected: Mapping[str, Any] | None = None
    restores: bool = False


@dataclass(frozen=True)
class _Plan:
    """A change with all that is known before writing.

    ``floor`` tells after a crash whether a row was written: see ``Mutation.floor``; for an update in a table without
    key it is how many rows there were like the one that is to come.
    """

    change: Change
    table: Table
    old: Row | None
    values: Row
    floor: int | None

    @property
    def new(self) -> Row | None:
        return None if self.change.effect == Action.DELETE else {**(self.old or {}), **self.values}

    @property
    def guard(self) -> Row:
        return {**(self.old or {}), **(self.change.expected or {})}


def permission_for(table: str, effect: str) -> str:
    """The permission that a change of a record takes unless a service states another (semantics 19)."""
    if effect == Action.DELETE:
        return "delete_records"
    return "write_transactions" if table.strip().lower() in TRANSACTION_TABLES else "write_customers"


def create_record(actor: Actor, table: str, values: Mapping[str, Any], *, event: str = "", **options: Any) -> Mutation:
    """Insert a record; the entry's ``record_id`` is its key and ``new_values`` the whole row.

    Options of all three: ``permission`` (another one than ``permission_for`` names), ``reason``, ``together_with``.
    Faults: ``NotAllowed``, ``NotFound`` (table or record), ``InvalidInput`` (a value does not fit), ``Conflict``
    (the record changed meanwhile or exists), ``AcdbUnavailable``.
    """
    change = Change(Action.CREATE, table, values=values)
    return apply_changes(actor, [change], event=event or "records.created", **options)[0]


def update_record(
    actor: Actor,
    table: str,
    record_id: str,
    values: Mapping[str, Any],
    *,
    event: str = "",
    expected: Mapping[str, Any] | None = None,
    **options: Any,
) -> Mutation:
    """Write the given columns of a record; ``expected`` are values that must still stand (a form's old ones)."""
    change = Change(Action.UPDATE, table, record_id, values, expected)
    return apply_changes(actor, [change], event=event or "records.changed", **options)[0]


def delete_record(
    actor: Actor,
    table: str,
    record_id: str,
    *,
    event: str = "",
    expected: Mapping[str, Any] | None = None,
    **options: Any,
) -> Mutation:
    """Remove a record; the entry keeps the whole row."""
    change = Change(Action.DELETE, table, record_id, expected=expected)
    return apply_changes(actor, [change], event=event or "records.deleted", **options)[0]


def apply_changes(
    actor: Actor,
    changes: Sequence[Change],
    *,
    event: str,
    permission: str = "",
    reason: str = "",
    reverts: Mutation | None = None,
    together_with: Companion | None = None,
) -> list[Mutation]:
    """Make several changes in one ACDB transaction: all or none; an entry for each.

    The values of a change cannot depend on a key that another change of the same call gets from the database.
    ``together_with`` is called with the pending entries in the transaction that commits them: rows of our own that
    exist exactly when the entries do. What it raises stops the change before anything is written.
    """
    for change in changes:
        actor.require(permission or permission_for(change.table, change.effect))
    gateway.refuse_if_read_only()
    plans = [_plan(change) for change in changes]
    entries = _write_down(actor, plans, event, reason, reverts, together_with)
    written = _carry_out(plans, entries)
    for entry, (record_id, new) in zip(entries, written, strict=True):
        settling.applied(entry, record_id=record_id, new_values=new)
    return entries


def _plan(change: Change) -> _Plan:
    """Read what is there and fit what shall be; nothing is written yet."""
    table = get_table(change.table)
    if change.effect == Action.CREATE:
        values = (
            rows.typed(table, change.values or {}) if change.restores else gateway.coerce(table, change.values or {})
        )
        return _Plan(change, table, None, values, rows.floor(table, values))
    old = gateway.fetch_record(table, change.record_id)
    if old is None:
        raise NotFound(f"There is no record {rows.shown_id(table, change.record_id)} in {table.name}.")
    if change.effect == Action.DELETE:
        return _Plan(change, table, old, {}, None)
    given = change.values or {}
    values = dict(given) if change.restores else gateway.coerce(table, given, current=old)
    equal = None if table.primary_key else len(rows.rows_like(table, {**old, **values}))
    return _Plan(change, table, old, values, equal)


def _write_down(
    actor: Actor,
    plans: Sequence[_Plan],
    event: str,
    reason: str,
    reverts: Mutation | None,
    together_with: Companion | None,
) -> list[Mutation]:
    """Commit the entries, pending, before anything is written."""
    try:
        with transaction.atomic(durable=True):
            entries = [_entry(actor, plan, event, reason, reverts) for plan in plans]
            if together_with is not None:
                together_with(entries)
            chain.append([entry.pk for entry in entries], LinkKind.MADE)
            return entries
    except IntegrityError as error:
        if reverts is None:
            raise
        raise Conflict("Somebody is undoing this change at this moment, or has undone it.") from error


def _entry(actor: Actor, plan: _Plan, event: str, reason: str, reverts: Mutation | None) -> Mutation:
    table, effect = plan.table, plan.change.effect
    new = None if plan.new is None else gateway.jsonable(plan.new)
    key = plan.change.record_id
    if effect == Action.CREATE:
        has_key = all(name in plan.values for name in gateway.key_of(table))
        key = rows.address(table, new or {}) if has_key else ""
    return Mutation.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=f"revert_{effect}" if reverts else effect,
        event=event,
        table_name=table.name,
        record_id=rows.shown_id(table, key)[:80],
        old_values=None if plan.old is None else gateway.jsonable(plan.old),
        new_values=new,
        floor=plan.floor,
        reason=reason[:500],
        request_id=logs.request_id.get(),
        reverts=reverts,
    )


def _carry_out(plans: Sequence[_Plan], entries: Sequence[Mutation]) -> list[tuple[str, Row | None]]:
    """Write to the ACDB; for each change the key and the whole new row, as JSON."""
    all_written = False
    try:
        with transaction.atomic(using=ACDB):
            written = [_write(plan) for plan in plans]
            all_written = True
    except PortalError as error:
        settling.failed(entries, error.message)
        raise
    except DatabaseError as error:
        if all_written:  # the commit itself failed: only the ACDB knows; reconcile will ask it
            raise AcdbUnavailable(
                "The customer database failed at the last step. The log of changes will say in a few minutes "
                "whether the change was made; look there before trying again."
            ) from error
        settling.failed(entries, "The customer database did not take the change.")
        raise AcdbUnavailable(
            "The customer database did not take the change; nothing was changed. Try again shortly."
        ) from error
    return written


def _write(plan: _Plan) -> tuple[str, Row | None]:
    table, change = plan.table, plan.change
    if change.effect == Action.DELETE:
        gateway.delete(table, change.record_id, plan.guard)
        return rows.shown_id(table, change.record_id), None
    if change.effect == Action.CREATE:
        record_id = gateway.insert(table, plan.values)
    else:
        record_id = gateway.update(table, change.record_id, plan.values, plan.guard)
    # The engine may round, and fills what was not given: the log holds what is there now.
    row = gateway.fetch_record(table, record_id) or plan.new or {}
    # A change of the key is found under the old one; the new one is in the values.
    shown = change.record_id if change.effect == Action.UPDATE else record_id
    return rows.shown_id(table, shown), gateway.jsonable(row)
