"""What the log says: lists, one entry, the history of a record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Prefetch, QuerySet

from audit.models import ChainCheck, Mutation, MutationState
from ccportal.core.errors import NotFound
from ccportal.core.periods import meter_zone

HISTORY_LENGTH = 20
APPLIED = MutationState.APPLIED.value


@dataclass(frozen=True)
class MutationFilter:
    """What a reader asks for; empty restricts nothing. Days are local and both included."""

    table: str = ""
    record: str = ""
    user: str = ""
    action: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """One column of a record before and after."""

    column: str
    old: Any
    new: Any
    changed: bool


def mutations(wanted: MutationFilter) -> QuerySet[Mutation]:
    """Entries, newest first, without their values; ``reversal_of`` needs no further query for them."""
    exact = {
        "table_name": wanted.table,
        "record_id": wanted.record,
        "actor_id": wanted.user,
        "action": wanted.action,
        "state": wanted.state,
    }
    entries = Mutation.objects.filter(**{name: value for name, value in exact.items() if value})
    if wanted.since:
        entries = entries.filter(at__gte=datetime.combine(wanted.since, time.min, meter_zone()))
    if wanted.until:
        entries = entries.filter(at__lte=datetime.combine(wanted.until, time.max, meter_zone()))
    return with_reversals(entries.defer("old_values", "new_values"))


def with_reversals(entries: QuerySet[Mutation]) -> QuerySet[Mutation]:
    """The entries together with what undid them, in two queries."""
    undone = Mutation.objects.exclude(state=MutationState.FAILED).defer("old_values", "new_values")
    return entries.prefetch_related(Prefetch("reversals", undone, to_attr="live_reversals"))


def get_mutation(pk: int) -> Mutation:
    """One entry; ``NotFound`` for an unknown number."""
    entry = with_reversals(Mutation.objects.select_related("reverts")).filter(pk=pk).first()
    if entry is None:
        raise NotFound("There is no such entry in the log of changes.")
    return entry


def get_change(pk: int, actions: Iterable[str]) -> Mutation:
    """One entry of these actions that was applied; ``NotFound`` otherwise."""
    entry = get_mutation(pk)
    if entry.state != MutationState.APPLIED or entry.action not in actions:
        raise NotFound("There is no such entry in the log of changes.")
    return entry


def reversal_of(entry: Mutation) -> Mutation | None:
    """The entry that undoes this one, if one does or is about to."""
    found = getattr(entry, "live_reversals", None)
    if found is None:
        found = list(entry.reversals.exclude(state=MutationState.FAILED))
    return found[0] if found else None


def lines(entry: Mutation) -> list[Line]:
    """Before and after, column by column, in the order of the record."""
    old, new = entry.old_values or {}, entry.new_values or {}
    return [Line(name, old.get(name), new.get(name), old.get(name) != new.get(name)) for name in {**old, **new}]


def tables_seen() -> list[str]:
    return list(Mutation.objects.order_by("table_name").values_list("table_name", flat=True).distinct())


def history(table: str, record: str) -> QuerySet[Mutation]:
    """The latest entries of one record, newest first."""
    return with_reversals(Mutation.objects.filter(table_name=table, record_id=record))[:HISTORY_LENGTH]


def last_check() -> ChainCheck | None:
    """The last check of the chain over the log; None before the first."""
    return ChainCheck.objects.first()
