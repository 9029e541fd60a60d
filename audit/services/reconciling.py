"""Settles entries whose writer died between the two databases, by looking at the ACDB."""

import logging
from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.utils import Error as DatabaseError
from django.utils import timezone

from audit.models import Action, Mutation, MutationState
from audit.services import rows, settling
from ccportal.acdb import gateway
from ccportal.acdb.introspection import Table, get_table
from ccportal.core.errors import Conflict, NotFound

logger = logging.getLogger(__name__)
#: Younger entries may belong to a write that is under way; longer than any lock is waited for.
MIN_AGE = timedelta(minutes=2)
NOT_MADE = "The change was not made: the program stopped before it."
UNKNOWN = (
    "It is not known whether this change was made: the program stopped, and the record was changed again. "
    "Compare the record with the values here."
)
Row = dict[str, Any]


def reconcile(min_age: timedelta = MIN_AGE) -> Counter[str]:
    """Settle pending entries older than ``min_age``; how many became applied, failed, or stay pending."""
    outcome: Counter[str] = Counter()
    for entry in Mutation.objects.filter(state=MutationState.PENDING, at__lt=timezone.now() - min_age).order_by("pk"):
        try:
            _settle(entry)
        except (DatabaseError, OSError) as error:
            logger.warning("entry %s stays pending: %s", entry.pk, type(error).__name__)
        outcome[entry.state] += 1
    if outcome:
        logger.warning("entries settled after a crash: %s", dict(outcome))
    return outcome


def _settle(entry: Mutation) -> None:
    try:
        table = get_table(entry.table_name)
    except NotFound:
        settling.failed([entry], f"The table {entry.table_name} is not in the customer database any more.")
        return
    if entry.effect == Action.CREATE:
        _settle_creation(entry, table)
    elif entry.effect == Action.DELETE:
        _by(entry, made=_standing(table, entry.old_values or {}) is None)
    else:
        _settle_update(entry, table)


def _by(entry: Mutation, *, made: bool) -> None:
    if made:
        settling.applied(entry)
    else:
        settling.failed([entry], NOT_MADE)


def _standing(table: Table, logged: Row) -> Row | None:
    """The row that stands under the id of a logged row; of several equal ones, one."""
    try:
        return gateway.fetch_record(table, rows.address(table, logged))
    except Conflict:
        return rows.typed(table, logged)


def _settle_creation(entry: Mutation, table: Table) -> None:
    values = entry.new_values or {}
    if table.primary_key and all(name in values for name in table.primary_key):
        row = _standing(table, values)
        made = row is not None and rows.is_like(table, row, values)
    else:
        found = _new_rows(entry, table, values)
        row, made = (found[0], True) if found else (None, False)
    if made and row is not None:
        record_id = rows.shown_id(table, gateway.record_id_of(table, row))
        settling.applied(entry, record_id=record_id, new_values=gateway.jsonable(row))
    else:
        settling.failed([entry], NOT_MADE)


def _new_rows(entry: Mutation, table: Table, values: Row) -> list[Row]:
    """Rows with these values that were not there before and that no other entry created."""
    found, before = rows.rows_like(table, values), entry.floor or 0
    if not table.counter:
        return found if len(found) > before else []
    counter = table.counter.name
    others = Mutation.objects.filter(table_name=table.name, state=MutationState.APPLIED, pk__gte=entry.pk)
    taken = set(others.values_list("record_id", flat=True))
    return [row for row in found if row[counter] > before and str(row[counter]) not in taken]


def _settle_update(entry: Mutation, table: Table) -> None:
    old, new = entry.old_values or {}, entry.new_values or {}
    changed = [name for name in new if old.get(name) != new[name]]
    if entry.floor is not None:
        row, made = _standing(table, old), not changed or len(rows.rows_like(table, new)) > entry.floor
    else:
        row = _standing(table, new) or _standing(table, old)
        made = row is not None and rows.is_like(table, row, {name: new[name] for name in changed})
    if made:
        settling.applied(entry)
    elif row is not None and rows.is_like(table, row, {name: old.get(name) for name in changed}):
        settling.failed([entry], NOT_MADE)
    elif _followed(entry, new):
        settling.applied(entry)
    else:
        settling.failed([entry], UNKNOWN)


def _followed(entry: Mutation, new: Row) -> bool:
    """Whether a later change of the record started from what this one wanted to leave."""
    later = Mutation.objects.filter(
        table_name=entry.table_name, record_id=entry.record_id, state=MutationState.APPLIED, pk__gt=entry.pk
    )
    first = later.order_by("pk").first()
    return first is not None and first.old_values == new
