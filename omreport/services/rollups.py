"""Rollups: what reports read instead of the history (D-01). Three ways to bring them up to date:

* ``refresh()`` costs little: rows with new IDs and months that the portal marked are added up again. When the number
  of rows does not fit, something was deleted or changed its place, and the next way is taken.
* ``refresh(thorough=True)`` compares a checksum of every month with the one of the last time; only months that
  differ, by whomever they were changed, are added up again. So are readings, tenure and faults, whose figures are
  therefore of ``RollupState.verified_at``.
* ``rebuild()`` forgets everything and adds up all.

Whatever is written is written in one transaction, so that a report is always of one moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from billing.models import HistoryRow, LegacyTransaction, Transaction
from ccportal.acdb.functions import YearMonth
from ccportal.core.errors import Conflict
from ccportal.core.periods import Month
from customers.models import DirectoryState
from omreport.models import (
    AccountMonth,
    ChangedMonth,
    DataFault,
    LegacyMonth,
    MeterHour,
    Reading,
    RollupState,
    SiteDay,
    SourceMonth,
)
from omreport.services import faults, ledger, readings, store, summaries
from omreport.services.months import Periods, number_of, period_of
from omreport.services.summaries import account_types
from omreport.services.tenure import write_tenure

Report = Callable[[str], None]
Sums = dict[int, tuple[int, str]]
LEGACY_TABLE = LegacyTransaction._meta.db_table
READINGS_TABLE = Reading._meta.db_table
#: Where more months than these changed, everything that rests on them is written anew.
MOST_MONTHS = 12
UNREADABLE = "The customer database could not be read."


def mark_changed(month: Month | None) -> None:
    """Have the next refresh add up a month again, None for rows without a date; call it after writing to the ledger.

    A row that moves from one month to another has changed both.
    """
    ChangedMonth.objects.create(period=number_of(month))


@dataclass
class Changes:
    """What one refresh found: which months to add up again, and what the sources looked like."""

    history: QuerySet[HistoryRow]
    table: str
    thorough: bool
    rows: int
    newest: int
    latest: datetime | None
    #: Months of the ledger to add up again; None for all.
    periods: Periods = None
    legacy: Periods = field(default_factory=list)
    readings: Periods = field(default_factory=list)
    sums: dict[str, Sums] = field(default_factory=dict)
    marks: list[int] = field(default_factory=list)


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
    changes = _changes(state, thorough=thorough, everything=everything)
    if not (changes.thorough or changes.periods or _directory_changed(state)):
        return _still_right(state)
    report("Adding up months of the ledger")
    accounts = store.Staged(AccountMonth, ledger.ACCOUNT_FIELDS, 2, ledger.ACCOUNT_MEETING)
    accounts.fill(ledger.account_months(changes.history, changes.periods))
    legacy = store.Staged(LegacyMonth, ledger.LEGACY_FIELDS, 2)
    legacy.fill(_legacy_rows(changes))
    day_rows = ledger.site_days(changes.history, changes.periods)
    report("Adding up readings")
    reading_rows = readings.meter_hours(changes.readings) if changes.readings or changes.readings is None else []
    found = faults.find(changes.history) if changes.thorough else None
    report("Writing")
    with transaction.atomic():
        _claim(state)
        changed = _put(accounts, changes)
        legacy.replace(changes.legacy)
        _replace(SiteDay, ledger.DAY_FIELDS, day_rows, changes.periods)
        _replace(MeterHour, readings.METER_FIELDS, reading_rows, changes.readings)
        types = account_types()
        if changed is None or _directory_changed(state):
            summaries.write_all(types)
        elif changed:
            summaries.write_some(changed, types)
        state.facts |= {"typed_accounts": sum(map(bool, types.values()))}
        if found:
            state.facts |= {
                "tenure_accounts": write_tenure(types),
                "meter_source": readings.meter_source()._meta.db_table,
            }
            readings.write_type_hours()
            _write_faults(state, *found)
        _write_sums(changes.sums)
        ChangedMonth.objects.filter(pk__in=changes.marks).delete()
        _finish(state, changes)
    accounts.drop()
    legacy.drop()
    return state


def record_failure() -> None:
    """Keep the old figures and say why they are old (shown on pages and in health)."""
    RollupState.objects.update_or_create(id=1, defaults={"error": UNREADABLE, "failed_at": timezone.now()})


# ---------------------------------------------------------------- finding changes


def _changes(state: RollupState, *, thorough: bool, everything: bool) -> Changes:
    history = ledger.source()
    table = history.model._meta.db_table
    # Read first: what is added from here on is found by the next refresh.
    facts = history.aggregate(rows=Count("*"), newest=Max("id"), latest=Max("at"))
    newest = facts["newest"] or 0
    marked = list(ChangedMonth.objects.values_list("id", "period"))
    changes = Changes(history, table, thorough, facts["rows"], newest, facts["latest"], marks=[pk for pk, _ in marked])
    everything = everything or state.source_table != table
    periods = {period for _, period in marked}
    if not (thorough or everything):
        fresh = _fresh(history.filter(id__gt=state.source_max_id, id__lte=newest))
        if changes.rows == state.source_rows + sum(fresh.values()):
            changes.periods = periods | set(fresh)
            changes.sums = {table: ledger.checksums(history, changes.periods)} if changes.periods else {}
            changes.legacy = _overlap(table, changes.periods)
            return changes
    changes.thorough = True
    changes.sums = {table: ledger.checksums(history), READINGS_TABLE: readings.checksums()}
    legacy_sums = ledger.checksums(LegacyTransaction._default_manager.order_by()) if has_two(table) else {}
    changes.sums[LEGACY_TABLE] = legacy_sums if has_two(table) else changes.sums.get(LEGACY_TABLE, {})
    if everything:
        changes.legacy = changes.readings = None
        return changes
    changes.periods = periods | _differing(table, changes.sums[table])
    changes.readings = _differing(READINGS_TABLE, changes.sums[READINGS_TABLE])
    if has_two(table):
        changes.legacy = _differing(LEGACY_TABLE, legacy_sums) | (set(changes.periods) & set(legacy_sums))
    return changes


def has_two(table: str) -> bool:
    """True when the reports rest on the recent ledger, so that the long one may add to tenure."""
    return table == Transaction._meta.db_table


def _fresh(appended: QuerySet[HistoryRow]) -> dict[int, int]:
    """The number of new rows by month."""
    found: dict[int, int] = {}
    for period, n in appended.values_list(YearMonth("at")).annotate(n=Count("*")).order_by():
        found[period_of(period)] = found.get(period_of(period), 0) + n
    return found


def _overlap(table: str, periods: Iterable[int]) -> set[int]:
    """Of these months the ones in which the long ledger has rows, too."""
    if not has_two(table):
        return set()
    known = SourceMonth.objects.filter(table=LEGACY_TABLE, period__in=list(periods))
    return set(known.values_list("period", flat=True))


def _differing(table: str, sums: Sums) -> set[int]:
    """Months that look different from when they were rolled up, appeared or disappeared."""
    known = {
        period: (rows, checksum)
        for period, rows, checksum in SourceMonth.objects.filter(table=table).values_list("period", "rows", "checksum")
    }
    return {period for period in {*known, *sums} if known.get(period) != sums.get(period)}


def _legacy_rows(changes: Changes) -> Iterable[tuple[str, int, int]]:
    if not has_two(changes.table) or not (changes.legacy or changes.legacy is None):
        return ()
    recent = changes.sums.get(changes.table, {})
    return ledger.legacy_months(set(recent), changes.legacy)


# ---------------------------------------------------------------- writing


def _claim(state: RollupState) -> None:
    """Make sure that nobody refreshed since ``state`` was read."""
    if not RollupState.objects.filter(id=1, version=state.version).update(version=state.version + 1):
        raise Conflict("The reports were brought up to date by somebody else meanwhile.")
    state.version += 1


def _put(staged: store.Staged, changes: Changes) -> list[tuple[str, int]] | None:
    """Take over the account months; those that changed, None when they are most of all."""
    some = changes.periods is not None and len(changes.periods) <= MOST_MONTHS
    changed = [(str(account), int(period)) for account, period in staged.changed(changes.periods)] if some else None
    staged.replace(changes.periods)
    return changed


def _replace(model: type, fields: tuple[str, ...], rows: list[tuple], periods: Periods) -> None:
    """Put the rows of some months, or of all, in the place of the old ones."""
    if periods is None:
        store.delete_periods(model, None)
        store.insert(model, fields, rows)
    elif periods:
        store.delete_periods(model, periods)
        wanted = set(periods)
        store.insert(model, fields, (row for row in rows if row[fields.index("period")] in wanted))


def _write_faults(state: RollupState, counts: dict[str, int], examples: list[DataFault]) -> None:
    kind, strangers, total = faults.unknown_sites()
    state.faults = {**counts, kind: total} if total else counts
    DataFault.objects.all().delete()
    DataFault.objects.bulk_create([*examples, *strangers], batch_size=100)


def _write_sums(sums: dict[str, Sums]) -> None:
    for table, months in sums.items():
        SourceMonth.objects.filter(table=table, period__in=list(months)).delete()
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


def _finish(state: RollupState, changes: Changes) -> None:
    """Say of when and of what the figures are."""
    now = timezone.now()
    if changes.thorough:
        state.verified_at = now
        for table, months in changes.sums.items():
            SourceMonth.objects.filter(table=table).exclude(period__in=list(months)).delete()
    tables = [changes.table]
    if has_two(changes.table) and SourceMonth.objects.filter(table=LEGACY_TABLE).exists():
        tables.append(LEGACY_TABLE)
    state.source_table, state.source_tables = changes.table, tables if changes.rows else []
    state.source_rows, state.source_max_id = changes.rows, changes.newest
    state.latest_transaction, state.directory_at = changes.latest, _directory_at()
    state.refreshed_at, state.error, state.failed_at = now, "", None
    state.save()
