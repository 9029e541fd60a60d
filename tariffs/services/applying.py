"""Bringing a rate for everybody into tblconfig, exactly once, through the audited write path (D-49, D-53).

The row says what shall be; the log of changes says whether it was written. A process that dies anywhere leaves a row
that is not applied and at most one entry of the log for it: a pending one is settled by ``audit.reconcile``, an applied
one is acknowledged here without writing again, a failed one is tried anew.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.utils import Error as DatabaseError
from django.utils import timezone

from audit.actors import Actor
from audit.models import Action, Mutation, MutationState
from audit.services import Change, apply_changes
from ccportal.acdb import browse, gateway
from ccportal.core.errors import AcdbUnavailable, PortalError
from ccportal.core.periods import meter_zone
from tariffs.models import ChangeKind, GlobalRate, Scope, TariffOverride
from tariffs.queries.rates import global_rate
from tariffs.services import journal

logger = logging.getLogger(__name__)
TABLE = GlobalRate._meta.db_table
COLUMN = str(GlobalRate._meta.pk.column)
EVENT = "tariffs.global.changed"
#: A process that holds a row for longer has died; longer than any lock is waited for.
CLAIM_LAPSES = timedelta(minutes=2)
_TRIES = 4


def due(now: datetime) -> list[TariffOverride]:
    """Rates for everybody whose moment has come and that are not in tblconfig, oldest first."""
    rows = TariffOverride.objects.filter(scope=Scope.GLOBAL, removed_at=None, applied_at=None, effective_from__lte=now)
    return list(rows.order_by("effective_from", "id"))


def apply_due(before: TariffOverride | None = None) -> int:
    """Write what is due, oldest first (``before``: only what goes before that row); how many came into tblconfig.

    A fault is kept with the row and shown; the row stays due and counts in the portal meanwhile.
    """
    applied = 0
    for row in due(timezone.now()):
        if before is not None and row.pk == before.pk:
            break
        try:
            applied += _try(row)
        except (PortalError, DatabaseError) as error:
            _keep(row, error)
            break
    return applied


def _try(row: TariffOverride) -> bool:
    if not _claim(row):
        return False
    done = carry_out(Actor.system(), row)
    if not done:
        _release(row)
    return done


def carry_out(actor: Actor, row: TariffOverride) -> bool:
    """Write a claimed row to tblconfig unless the log says that it was; whether it is there now.

    False while a cut-off attempt waits to be settled.
    """
    entry = written_by(row)
    if entry is None:
        previous = _write(actor, row)
    elif entry.state == MutationState.PENDING:
        logger.warning("rate %s waits for entry %s of the log to be settled", row.pk, entry.pk)
        return False
    else:
        previous = rate_in(entry.old_values)
    settle(row, previous)
    return True


def written_by(row: TariffOverride) -> Mutation | None:
    """The entry of the log that wrote the row to tblconfig or may have; None when nothing was written."""
    entries = Mutation.objects.filter(event=EVENT, reason__startswith=_mark(row.pk), at__gte=row.set_at)
    return entries.exclude(state=MutationState.FAILED).order_by("-pk").first()


def unheld(now: datetime) -> QuerySet[TariffOverride]:
    """Rates that no process is bringing into tblconfig; one that dies holds its rate for two minutes."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_LAPSES)
    return TariffOverride.objects.filter(free, removed_at=None, applied_at=None)


def settle(row: TariffOverride, previous: Decimal | None) -> None:
    """Record that the row is in tblconfig; the second time nothing happens."""
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return _settle(row, previous)
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
    return None


def _settle(row: TariffOverride, previous: Decimal | None) -> None:
    open_rows = TariffOverride.objects.filter(pk=row.pk, applied_at=None)
    if not open_rows.update(applied_at=timezone.now(), claimed_at=None, error=""):
        return
    if row.changes.filter(kind=ChangeKind.SCHEDULED).exists():
        words = f"Scheduled by {row.set_by_name or row.set_by} on {_local(row.set_at)}: {row.notes}"
        journal.entry(
            Actor.system(), ChangeKind.APPLIED, row.scope, row.scope_key, rate=row.rate, previous_rate=previous,
            effective_from=row.effective_from, notes=words[:500], override=row,
        )  # fmt: skip


def row_of(entry: Mutation) -> TariffOverride | None:
    """The rate that an entry of the log wrote to tblconfig; None for other changes."""
    if entry.event != EVENT:
        return None
    number = entry.reason.removeprefix("Tariff change ").partition(".")[0]
    return TariffOverride.objects.filter(pk=int(number)).first() if number.isdecimal() else None


def rate_in(values: Mapping[str, Any] | None) -> Decimal | None:
    """The rate in a logged row of tblconfig."""
    found = next((value for name, value in (values or {}).items() if name.lower() == COLUMN), None)
    return None if found is None else Decimal(str(found))


def _mark(pk: int) -> str:
    return f"Tariff change {pk}. "


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(meter_zone()):%-d %b %Y, %H:%M}"


def _claim(row: TariffOverride) -> bool:
    now = timezone.now()
    return bool(unheld(now).filter(pk=row.pk).update(claimed_at=now))


def _release(row: TariffOverride) -> None:
    TariffOverride.objects.filter(pk=row.pk, applied_at=None).update(claimed_at=None)


def _keep(row: TariffOverride, error: Exception) -> None:
    sentence = error.message if isinstance(error, PortalError) else AcdbUnavailable().message
    logger.error("rate %s is due but could not be written: %s", row.pk, type(error).__name__)
    TariffOverride.objects.filter(pk=row.pk, applied_at=None).update(claimed_at=None, error=sentence[:300])


def _write(actor: Actor, row: TariffOverride) -> Decimal | None:
    """Write the rate to every row of tblconfig (acdb_schema 5); the rate that stood before.

    Rows that are or would become equal in every column cannot be written one by one: a ``Conflict``.
    """
    gateway.refuse_if_read_only()
    table, previous = gateway.get_table(TABLE), global_rate()
    stored = list(browse.every_row(table, browse.Wanted()))
    name = next(column for column in table.column_names if column.lower() == COLUMN)
    changes = [
        Change(Action.UPDATE, TABLE, gateway.record_id_of(table, one), {name: float(row.rate)}, {name: one[name]})
        for one in stored
        if rate_in(one) != row.rate
    ]
    if not stored:
        changes = [Change(Action.CREATE, TABLE, values={name: float(row.rate)})]
    if changes:
        reason = f"{_mark(row.pk)}{_why(actor, row)}"
        apply_changes(actor, changes, event=EVENT, permission="change_tariffs", reason=reason)
    return previous


def _why(actor: Actor, row: TariffOverride) -> str:
    if actor.id == row.set_by:
        return row.notes
    return f"Decided by {row.set_by_name or row.set_by} on {_local(row.set_at)}: {row.notes}"
