"""Finds which months of the sources changed since they were last rolled up (see :mod:`omreport.services.rollups`)."""

from dataclasses import dataclass, field

from django.db.models import Count, Max, QuerySet

from billing.models import HistoryRow, LegacyTransaction, Transaction
from ccportal.acdb.functions import YearMonth
from omreport.models import ChangedMonth, Reading, RollupState, SourceMonth
from omreport.services import ledger, readings
from omreport.services.ledger import Sums
from omreport.services.months import Periods, period_of

LEGACY_TABLE = LegacyTransaction._meta.db_table
READINGS_TABLE = Reading._meta.db_table
#: Stands for the checksum of a month to which rows were added.
GROWN = "grown"


@dataclass
class Changes:
    """What one refresh found: which months to add up again, and what the sources looked like."""

    #: The rows to add up: what is added to the ledger from now on is found by the next refresh.
    history: QuerySet[HistoryRow]
    table: str
    #: The highest ID when the refresh began.
    newest: int
    #: True when every month was compared.
    thorough: bool = False
    #: True when ``history`` is only what came on top: it is added to what is known of its months.
    appended: bool = False
    #: Months of the ledger to add up; None for all.
    periods: Periods = field(default_factory=set)
    legacy: Periods = field(default_factory=set)
    readings: Periods = field(default_factory=set)
    sums: dict[str, Sums] = field(default_factory=dict)
    marks: list[int] = field(default_factory=list)


def find(state: RollupState, *, thorough: bool, everything: bool) -> Changes:
    """Compare the sources with what ``state`` and ``SourceMonth`` know of them."""
    history = ledger.source()
    table = history.model._meta.db_table
    newest = history.aggregate(newest=Max("id"))["newest"] or 0
    marked = list(ChangedMonth.objects.values_list("id", "period"))
    changes = Changes(history.filter(id__lte=newest), table, newest, marks=[pk for pk, _ in marked])
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


def saw(changes: Changes, seen: Sums) -> None:
    """Keep what the months looked like when they were added up."""
    if changes.appended:
        # Sums of sums drift in the last decimal: the next comparison finds these months different, and adds them up.
        known = dict(SourceMonth.objects.filter(table=changes.table, period__in=seen).values_list("period", "rows"))
        seen = {period: (known.get(period, 0) + n, GROWN) for period, (n, _) in seen.items()}
    changes.sums[changes.table] = changes.sums.get(changes.table, {}) | seen


def _take_all(changes: Changes) -> None:
    changes.thorough = True
    changes.periods = changes.legacy = changes.readings = None
    changes.sums = _other_sums(changes.table)


def _compare_all(changes: Changes, periods: set[int]) -> None:
    changes.thorough = True
    sums = ledger.checksums(changes.history)
    changes.sums = {changes.table: sums, **_other_sums(changes.table)}
    changes.periods = periods | _differing(changes.table, sums)
    changes.readings = _differing(READINGS_TABLE, changes.sums[READINGS_TABLE])
    if has_two(changes.table):
        long = changes.sums[LEGACY_TABLE]
        changes.legacy = _differing(LEGACY_TABLE, long) | (changes.periods & set(long))


def _take_new(changes: Changes, periods: set[int], known_id: int) -> None:
    new = changes.history.filter(id__gt=known_id)
    changes.periods = periods | _months_of(new)
    if not periods:
        changes.history, changes.appended = new, True
    if has_two(changes.table) and changes.periods:
        known = SourceMonth.objects.filter(table=LEGACY_TABLE, period__in=changes.periods)
        changes.legacy = set(known.values_list("period", flat=True))


def _other_sums(table: str) -> dict[str, Sums]:
    """The readings', and the long ledger's when reports rest on the recent one."""
    found = {READINGS_TABLE: readings.checksums()}
    if has_two(table):
        found[LEGACY_TABLE] = ledger.checksums(LegacyTransaction._default_manager.order_by())
    return found


def _months_of(appended: QuerySet[HistoryRow]) -> set[int]:
    counted = appended.values_list(YearMonth("at")).annotate(n=Count("*")).order_by()
    return {period_of(period) for period, _ in counted}


def _differing(table: str, sums: Sums) -> set[int]:
    """Months that look different from when they were rolled up, appeared or disappeared."""
    known = {
        period: (rows, checksum)
        for period, rows, checksum in SourceMonth.objects.filter(table=table).values_list("period", "rows", "checksum")
    }
    return {period for period in {*known, *sums} if known.get(period) != sums.get(period)}
