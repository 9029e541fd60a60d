"""Undoing a change: a new change the other way, guarded by what the first one left (semantics 18.4, D-78 to D-81)."""

from dataclasses import dataclass

from audit.actors import Actor
from audit.models import Action, Mutation, MutationState
from audit.queries import reversal_of
from audit.services import rows
from audit.services.records import Change, apply_changes
from ccportal.acdb import gateway
from ccportal.acdb.introspection import Table, get_table
from ccportal.core.errors import Conflict, InvalidInput, NotFound

MOVED_ON = "The record has changed since; undoing this would overwrite the later change. Undo the later one first."


@dataclass(frozen=True)
class Preview:
    """What undoing an entry would do now, or why it cannot be done.

    ``columns`` are (column, value now, value afterwards).
    """

    effect: str
    columns: list[tuple[str, object, object]]
    refusal: str = ""


def revert(actor: Actor, entry: Mutation, *, reason: str = "") -> Mutation:
    """Undo an entry; the new entry that says so.

    ``NotAllowed`` without the permission, ``InvalidInput`` for what cannot be undone at all or is undone already,
    ``Conflict`` when the record has moved on. An entry that undoes another can be undone in turn.
    """
    actor.require("revert_mutations")
    gateway.refuse_if_read_only()
    change = _opposite(entry)
    try:
        done = apply_changes(
            actor, [change], event=_event(entry), permission="revert_mutations", reason=reason, reverts=entry
        )
    except NotFound as error:
        raise Conflict(MOVED_ON) from error
    return done[0]


def preview(entry: Mutation) -> Preview:
    """What ``revert`` would do; asks the ACDB, changes nothing."""
    try:
        change = _opposite(entry)
        return _outlook(change)
    except NotFound:
        return Preview("", [], MOVED_ON)
    except (InvalidInput, Conflict) as error:
        return Preview("", [], error.message)


def _outlook(change: Change) -> Preview:
    values, table = change.values or {}, get_table(change.table)
    if change.effect == Action.CREATE:
        return Preview(Action.CREATE, [(name, None, value) for name, value in values.items()])
    row = gateway.fetch_record(table, change.record_id)
    if row is None or not rows.is_like(table, row, change.expected or {}):
        return Preview(change.effect, [], MOVED_ON)
    now = gateway.jsonable(row)
    if change.effect == Action.DELETE:
        return Preview(Action.DELETE, [(name, value, None) for name, value in now.items()])
    return Preview(Action.UPDATE, [(name, now[name], value) for name, value in values.items()])


def _event(entry: Mutation) -> str:
    return f"{entry.event.removesuffix('.reverted')}.reverted"[-80:]


def _opposite(entry: Mutation) -> Change:
    """The change that undoes an entry."""
    _check(entry)
    try:
        table = get_table(entry.table_name)
    except NotFound as error:
        raise InvalidInput(f"The table {entry.table_name} is not in the customer database any more.") from error
    if entry.effect == Action.CREATE:
        new = entry.new_values or {}
        return Change(Action.DELETE, table.name, _present(table, entry), expected=new)
    if entry.effect == Action.DELETE:
        return _restoration(table, entry)
    return _restitution(table, entry)


def _check(entry: Mutation) -> None:
    if entry.state != MutationState.APPLIED:
        raise InvalidInput("This change was not made, so there is nothing to undo.")
    if entry.database != "acdb":
        raise InvalidInput("Changes of staff, roles, sites and settings are changed back on their own pages.")
    if entry.effect not in (Action.CREATE, Action.UPDATE, Action.DELETE):
        raise InvalidInput("An import cannot be undone here; import the earlier file again.")
    undone_by = reversal_of(entry)
    if undone_by is not None:
        raise InvalidInput(f"This change was undone already, by entry {undone_by.pk}.")


def _restoration(table: Table, entry: Mutation) -> Change:
    """A deleted row comes back, key included."""
    old = entry.old_values or {}
    if any(str(value).startswith("(binary, ") for value in old.values()):
        raise InvalidInput("This record held a picture or file, which the log does not keep; it cannot be restored.")
    unknown = [name for name in old if table.column(name) is None]
    if unknown:
        raise InvalidInput(f"The table has no column {unknown[0]} any more; the record cannot be restored.")
    if gateway.fetch_record(table, rows.address(table, old)) is not None:
        raise Conflict("A record with this key is there again; the deleted one cannot be restored.")
    return Change(Action.CREATE, table.name, values=old, restores=True)


def _restitution(table: Table, entry: Mutation) -> Change:
    """The changed columns get their old values back; the others may have changed since."""
    old, new = entry.old_values or {}, entry.new_values or {}
    changed = [name for name in new if old.get(name) != new[name]]
    if not changed:
        raise InvalidInput("This entry changed no value, so there is nothing to undo.")
    back = {name: old.get(name) for name in changed}
    return Change(
        Action.UPDATE, table.name, _present(table, entry), back, {name: new[name] for name in changed}, restores=True
    )


def _present(table: Table, entry: Mutation) -> str:
    """The id under which the record stands now, if nobody has changed it since.

    In a table without key a row that was changed since is looked for by its key alone.
    """
    exact = rows.address(table, entry.new_values or {})
    if table.primary_key or gateway.fetch_record(table, exact) is not None:
        return exact
    return rows.shown_id(table, exact)
