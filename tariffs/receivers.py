"""What happens to rates when tblconfig changes, through this app or past it."""

from typing import Any

from audit.actors import Actor
from audit.models import Mutation
from audit.signals import acdb_changed
from tariffs.models import ChangeKind, Scope
from tariffs.services import applying, journal


def connect() -> None:
    """Start listening; called once, when Django is ready."""
    acdb_changed.connect(follow, dispatch_uid="tariffs.follow")


def follow(sender: Any, mutation: Mutation, **_: Any) -> None:
    """Acknowledge a rate that was written, in the transaction that says so; note what others did to the table.

    The table browser and undoing write tblconfig too; the history of rates must not be silent about it.
    """
    if mutation.table_name != applying.TABLE:
        return
    old, new = applying.rate_in(mutation.old_values), applying.rate_in(mutation.new_values)
    row = applying.row_of(mutation)
    if row is not None:
        applying.settle(row, old)
    elif old != new:
        journal.entry(
            Actor(mutation.actor_kind, mutation.actor_id, mutation.actor_name), ChangeKind.ELSEWHERE, Scope.GLOBAL, "",
            rate=new, previous_rate=old, effective_from=mutation.at,
            notes=(mutation.reason or f"Entry {mutation.pk} of the log of changes")[:500],
        )  # fmt: skip
