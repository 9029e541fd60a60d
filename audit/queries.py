"""What the log says: lists, one entry, the history of a record."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from audit.models import ChainCheck, Mutation, MutationState
from audit.words import column_word
from ccportal.core.errors import NotFound
from ccportal.core.periods import meter_zone

HISTORY_LENGTH = 20
#: What the download of the log holds.
LOG_COLUMNS = (
    "id", "at", "settled_at", "actor_kind", "actor_id", "actor_name", "action", "event", "database", "table_name",
    "record_id", "state", "error", "reason", "reverts_id", "request_id", "old_values", "new_values",
)  # fmt: skip
APPLIED = MutationState.APPLIED.value


@dataclass(frozen=True)
class MutationFilter:
    """What a reader asks for; empty restricts nothing. Days are local and both included.

    ``user`` is an actor's exact number, ``who`` that or a part of the name; ``event`` is how an event's name begins.
    """

    table: str = ""
    record: str = ""
    user: str = ""
    who: str = ""
    event: str = ""
    action: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """One column of a record before and after; ``words`` is what people call it."""

    column: str
    words: str
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
    if wanted.who:
        entries = entries.filter(Q(actor_id__iexact=wanted.who) | Q(actor_name__icontains=wanted.who))
    if wanted.event:
        entries = entries.filter(event__istartswith=wanted.event)
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
    table = entry.table_name
    return [
        Line(name, column_word(table, name), old.get(name), new.get(name), old.get(name) != new.get(name))
        for name in {**old, **new}
    ]


def tables_seen() -> list[str]:
    return list(Mutation.objects.order_by("table_name").values_list("table_name", flat=True).distinct())


def history(table: str, record: str) -> QuerySet[Mutation]:
    """The latest entries of one record, newest first."""
    return with_reversals(Mutation.objects.filter(table_name=table, record_id=record))[:HISTORY_LENGTH]


def events_seen() -> list[str]:
    return list(Mutation.objects.order_by("event").values_list("event", flat=True).distinct())


@dataclass(frozen=True)
class AsOf:
    """A record at some moment, as the log knows it; ``entry`` is the one that says so, ``values`` None when there was
    no record then."""

    entry: Mutation | None
    values: dict[str, Any] | None


def as_of(table: str, record: str, moment: datetime) -> AsOf:
    """A record as it was; without any entry in the log nothing is known."""
    applied = Mutation.objects.filter(table_name=table, record_id=record, state=MutationState.APPLIED)
    before = applied.filter(settled_at__lte=moment).order_by("-settled_at", "-pk").first()
    if before is not None:
        return AsOf(before, before.new_values)
    after = applied.filter(settled_at__gt=moment).order_by("settled_at", "pk").first()
    return AsOf(after, after.old_values if after else None)


def log_rows(wanted: MutationFilter) -> Iterator[tuple[Any, ...]]:
    """The entries of a filter, oldest first, one by one: the columns of ``LOG_COLUMNS``."""
    entries = mutations(wanted).prefetch_related(None).defer(None).order_by("pk")
    return entries.values_list(*LOG_COLUMNS).iterator(chunk_size=1000)


def last_check() -> ChainCheck | None:
    """The last check of the chain over the log; None before the first."""
    return ChainCheck.objects.first()
