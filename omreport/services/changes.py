"""Finds which months of the sources changed since they were last rolled up (see :mod:`omreport.services.rollups`)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Max, QuerySet

from billing.models import HistoryRow, LegacyTransaction, Transaction
from ccportal.acdb.functions import YearMonth
from omreport.models import ChangedMonth, Reading, RollupState, SourceMonth
from omreport.services import ledger, readings
from omreport.services.ledger import DayRow, Sums
from omreport.services.months import Periods, period_of

LEGACY_TABLE = LegacyTransaction._meta.db_table
READINGS_TABLE = Reading._meta.db_table


@dataclass
class Changes:
    """What one refresh found: which months to add up again, and what the sources looked like."""

    history: QuerySet[HistoryRow]
    table: str
    #: The highest ID when the refresh began: what is added from then on is found by the next one.
    newest: int
    #: True when every month was compared.
    thorough: bool = False
    #: Months of the ledger to add up again; None for all.
    periods: Periods = None
    legacy: Periods = field(default_factory=list)
    readings: Periods = field(default_factory=list)
    #: Rows of ``SiteDay``, where looking for changes has read the whole ledger anyway.
    days: list[DayRow] | None = None
    sums: dict[str, Sums] = field(default_factory=dict)
    marks: list[int] = field(default_factory=list)


def find(state: RollupState, *, thorough: bool, everything: bool) -> Changes:
    """Compare the sources with what ``state`` and ``SourceMonth`` know of them."""
    history = ledger.source()
    table = history.model._meta.db_table
    newest = history.aggregate(newest=Max("id"))["newest"] or 0
    marked = list(ChangedMonth.objects.values_list("id", "period"))
    changes = Changes(history, table, newest, marks=[pk for pk, _ in marked])
    periods = {period for _, period in marked}
    if everything or state.source_table != table:
        _take_all(changes)
    elif thorough or (newest < state.source_max_id and not marked):
        # The newest row is gone and the portal did not delete it: who knows what else is.
        _compare_all(changes, periods)
    else:
        _take_new(changes, periods, state.source_max_id)
    return changes


def has_two(table: str) -> bool:
    """True when the reports rest on the recent ledger, so that the long one may add to tenure."""
    return table == Transaction._meta.db_table


def _take_all(changes: Changes) -> None:
    changes.thorough = True
    changes.periods = changes.legacy = changes.readings = None
    sums, changes.days = ledger.checksums_and_days(changes.history)
    changes.sums = _all_sums(changes.table, sums)


def _compare_all(changes: Changes, periods: set[int]) -> None:
    changes.thorough = True
    changes.sums = _all_sums(changes.table, ledger.checksums(changes.history))
    changes.periods = periods | _differing(changes.table, changes.sums[changes.table])
    changes.readings = _differing(READINGS_TABLE, changes.sums[READINGS_TABLE])
    if has_two(changes.table):
        long = changes.sums[LEGACY_TABLE]
        changes.legacy = _differing(LEGACY_TABLE, long) | (changes.periods & set(long))


def _take_new(changes: Changes, periods: set[int], known_id: int) -> None:
    changes.periods = periods | _months_of(changes.history.filter(id__gt=known_id, id__lte=changes.newest))
    if changes.periods:
        changes.sums = {changes.table: ledger.checksums(changes.history, changes.periods)}
        changes.legacy = _overlap(changes.table, changes.periods)


def _all_sums(table: str, sums: Sums) -> dict[str, Sums]:
    found = {table: sums, READINGS_TABLE: readings.checksums()}
    if has_two(table):
        found[LEGACY_TABLE] = ledger.checksums(LegacyTransaction._default_manager.order_by())
    return found


def _months_of(appended: QuerySet[HistoryRow]) -> set[int]:
    counted = appended.values_list(YearMonth("at")).annotate(n=Count("*")).order_by()
    return {period_of(period) for period, _ in counted}


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
