"""The history of rates, and with it the log of changes: one entry each, in the transaction of the change."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils import timezone

from audit.actors import Actor
from audit.services import record_change
from tariffs.models import ChangeKind, Scope, TariffChange

#: What the log calls our table, as in the contract of the earlier system (semantics 15.7).
LOGGED_TABLE = "cc_tariff_overrides"
_EVENTS = {
    ChangeKind.SET: "tariffs.rate.set",
    ChangeKind.SCHEDULED: "tariffs.rate.scheduled",
    ChangeKind.CANCELLED: "tariffs.rate.cancelled",
    ChangeKind.REMOVED: "tariffs.rate.removed",
}


def entry(actor: Actor, kind: str, scope: str, key: str, *, after: int | None = None, **fields: Any) -> TariffChange:
    """Add an entry to the history of one rate.

    ``after`` is the number of the entry that the decision was based on; an ``IntegrityError`` says that somebody
    else's entry is there already.
    """
    if after is None:
        after = TariffChange.objects.filter(scope=scope, scope_key=key).aggregate(n=Max("number"))["n"] or 0
    return TariffChange.objects.create(
        at=timezone.now(),
        kind=kind,
        scope=scope,
        scope_key=key,
        number=after + 1,
        set_by=actor.id,
        set_by_name=actor.name,
        **fields,
    )


def log(actor: Actor, change: TariffChange) -> None:
    """The same in the log of changes; writes to tblconfig are logged by the write path itself."""
    record_change(
        actor,
        _EVENTS[ChangeKind(change.kind)],
        LOGGED_TABLE,
        record_of(change.scope, change.scope_key),
        _values(change.previous_rate, None),
        _values(change.rate, change.effective_from),
        action="delete" if change.rate is None else "update" if change.previous_rate is not None else "create",
        reason=change.notes,
    )


def record_of(scope: str, key: str) -> str:
    """The record id of a rate in the log: ``concession:MAK``."""
    return f"{scope}:{key}"


def _values(rate: Decimal | None, since: datetime | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    values: dict[str, Any] = {"rate": f"{rate:f}"}
    return values | ({"effective_from": since.isoformat()} if since else {})


def name_of(scope: str, key: str) -> str:
    """A rate in words, for sentences: ``the rate of site MAK``."""
    words = {Scope.GLOBAL: "the rate for everybody", Scope.CONCESSION: "the rate of site"}
    return f"{words.get(Scope(scope), 'the rate of customer')} {key}".strip()
