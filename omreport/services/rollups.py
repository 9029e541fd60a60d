"""Rollups: what reports read instead of the history (D-01). Three ways to bring them up to date:

* ``refresh()`` costs what is new: rows with new IDs are added to what is known, whatever the size of the ledger. Only
  months that the portal marked, because it edited or deleted there, are added up again. What other programs edit or
  delete is left to the next way, except that it is taken at once when the row with the highest ID has disappeared.
* ``refresh(thorough=True)`` compares a checksum of every month with the one of the last time; only months that
  differ, by whomever they were changed, are added up again. So are readings, tenure and faults, whose figures are
  therefore of ``RollupState.verified_at``.
* ``rebuild()`` forgets everything and adds up all.

Whatever is written is written in one transaction, so that a report is always of one moment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from ccportal.core.errors import Conflict
from ccportal.core.periods import Month
from customers.models import DirectoryState
from omreport.models import (
    AccountMonth,
    ChangedMonth,
    DataFault,
    LegacyMonth,
    MeterHour,
    RollupState,
    SiteDay,
    SourceMonth,
)
from omreport.services import changes as sources
from omreport.services import faults, ledger, readings, store, summaries
from omreport.services.changes import LEGACY_TABLE, Changes, has_two
from omreport.services.months import Periods, number_of
from omreport.services.summaries import account_types
from omreport.services.tenure import write_tenure

Report = Callable[[str], None]
#: Where more months than these changed, everything that rests on them is written anew.
MOST_MONTHS = 12
UNREADABLE = "The customer database could not be read."


def mark_changed(month: Month | None) -> None:
    """Have the next refresh add up a month again, None for rows without a date; call it after writing to the ledger.

    A row that moves from one month to another has changed both.
    """
    ChangedMonth.objects.create(period=number_of(month))


def rebuild(report: Report = lambda step: None) -> RollupState:
    """Add up everything again, whatever the rollups hold."""
    return refresh(report, thorough=True, everything=True)


def refresh(report: Report = lambda step: None, *, thorough: bool = False, everything: bool = False) -> RollupState:
    """Bring the rollups up to date with the ACDB.

    Raises the database's error when the ACDB cannot be read (the old rollups stay) and ``Conflict`` when another
    refresh finished meanwhile.
    """
    state, _ = RollupState.objects.get_or_create(id=1)
    report("Looking for changes")
    changes = sources.find(state, thorough=thorough, everything=everything)
    if not (changes.thorough or changes.periods or _directory_changed(state)):
        return _still_right(state)
    sums = _add_up(changes, report)
    report("Writing")
    with transaction.atomic():
        _claim(state)
        _write(state, changes, sums)
    for staged in (sums.accounts, sums.days, sums.legacy, sums.hours):
        staged.drop()
    return state


def record_failure() -> None:
    """Keep the old figures and say why they are old (shown on pages and in health)."""
    RollupState.objects.update_or_create(id=1, defaults={"error": UNREADABLE, "failed_at": timezone.now()})


# ---------------------------------------------------------------- reading


@dataclass
class AddedUp:
    """The sums of the months that changed, read and not yet written."""

    accounts: store.Staged
    days: store.Staged
    legacy: store.Staged
    hours: store.Staged
    #: Numbers and examples of faults; None when they were not looked for.
    faults: tuple[dict[str, int], list[DataFault]] | None
    latest: datetime | None


def _add_up(changes: Changes, report: Report) -> AddedUp:
    """Everything that takes long; it locks nothing of ours."""
    report("Adding up months of the ledger")
    periods, looks = None if changes.appended else changes.periods, ledger.Looks()
    accounts = store.Staged(AccountMonth, ledger.ACCOUNT_FIELDS, 2, ledger.ACCOUNT_MEETING)
    accounts.fill(ledger.account_months(changes.history, looks, periods))
    sources.saw(changes, looks.sums())
    days = store.Staged(SiteDay, ledger.DAY_FIELDS, 3)
    days.fill(ledger.site_days(changes.history, periods))
    legacy = store.Staged(LegacyMonth, ledger.LEGACY_FIELDS, 2)
    legacy.fill(ledger.legacy_months(set(changes.sums[changes.table]), changes.legacy) if _two(changes) else ())
    report("Adding up readings")
    hours = store.Staged(MeterHour, readings.METER_FIELDS, 4)
    hours.fill(readings.meter_hours(changes.readings) if _any(changes.readings) else ())
    return AddedUp(
        accounts=accounts,
        days=days,
        legacy=legacy,
        hours=hours,
        faults=faults.find(changes.history) if changes.thorough else None,
        latest=changes.history.aggregate(latest=Max("at"))["latest"],
    )


def _two(changes: Changes) -> bool:
    return has_two(changes.table) and _any(changes.legacy)


def _any(periods: Periods) -> bool:
    return periods is None or bool(periods)


# ---------------------------------------------------------------- writing


def _claim(state: RollupState) -> None:
    """Make sure that nobody refreshed since ``state`` was read."""
    if not RollupState.objects.filter(id=1, version=state.version).update(version=state.version + 1):
        raise Conflict("The reports were brought up to date by somebody else meanwhile.")
    state.version += 1


def _write(state: RollupState, changes: Changes, sums: AddedUp) -> None:
    """Write the sums, what is derived from them, and of when all of it is."""
    changed = _changed(sums.accounts, changes)
    for staged in (sums.accounts, sums.days):
        staged.add() if changes.appended else staged.replace(changes.periods)
    sums.legacy.replace(changes.legacy)
    sums.hours.replace(changes.readings)
    types = account_types()
    if changed is None or _directory_changed(state):
        summaries.write_all(types)
    elif changed:
        summaries.write_some(changed, types)
    state.facts |= {"typed_accounts": sum(map(bool, types.values()))}
    if sums.faults:
        _write_compared(state, types)
        _write_faults(state, *sums.faults)
    _write_sources(changes)
    ChangedMonth.objects.filter(pk__in=changes.marks).delete()
    _finish(state, changes, sums.latest)


def _changed(accounts: store.Staged, changes: Changes) -> list[tuple[int, str]] | None:
    """The account months that are about to change, None when they are most of all."""
    if changes.periods is None or len(changes.periods) > MOST_MONTHS:
        return None
    keys = accounts.keys() if changes.appended else accounts.changed(changes.periods)
    return [(int(period), str(account)) for period, account in keys]


def _write_compared(state: RollupState, types: Mapping[str, str]) -> None:
    """What only a comparison of every month brings up to date: tenure and the load profiles of types."""
    state.facts |= {
        "tenure_accounts": write_tenure(types),
        "meter_source": readings.meter_source()._meta.db_table,
    }
    readings.write_type_hours()


def _write_faults(state: RollupState, counts: dict[str, int], examples: list[DataFault]) -> None:
    kind, strangers, total = faults.unknown_sites()
    state.faults = {**counts, kind: total} if total else counts
    DataFault.objects.all().delete()
    DataFault.objects.bulk_create([*examples, *strangers], batch_size=100)


def _write_sources(changes: Changes) -> None:
    """Keep what the months looked like; those that have no row any more are forgotten."""
    for table, months in changes.sums.items():
        known = SourceMonth.objects.filter(table=table)
        if not changes.thorough:
            known = known.filter(period__in=list(changes.periods or ()))
        known.delete()
        SourceMonth.objects.bulk_create(
            [SourceMonth(table=table, period=period, rows=n, checksum=text) for period, (n, text) in months.items()],
            batch_size=200,
        )


def _directory_changed(state: RollupState) -> bool:
    return state.directory_at != _directory_at()


def _directory_at() -> datetime | None:
    return DirectoryState.objects.values_list("refreshed_at", flat=True).first()


def _still_right(state: RollupState) -> RollupState:
    """Nothing changed: only the time of the figures does."""
    state.refreshed_at, state.error, state.failed_at = timezone.now(), "", None
    state.save(update_fields=["refreshed_at", "error", "failed_at"])
    return state


def _finish(state: RollupState, changes: Changes, latest: datetime | None) -> None:
    """Say of when and of what the figures are."""
    now = timezone.now()
    if changes.thorough:
        state.verified_at = now
    months = SourceMonth.objects.filter(table=changes.table)
    state.source_rows = months.aggregate(rows=Sum("rows"))["rows"] or 0
    tables = [changes.table]
    if has_two(changes.table) and SourceMonth.objects.filter(table=LEGACY_TABLE).exists():
        tables.append(LEGACY_TABLE)
    state.source_table, state.source_tables = changes.table, tables if state.source_rows else []
    known = state.latest_transaction if changes.appended else None
    state.source_max_id, state.latest_transaction = changes.newest, max(filter(None, (known, latest)), default=None)
    state.directory_at = _directory_at()
    state.refreshed_at, state.error, state.failed_at = now, "", None
    state.save()
