"""The transactions of an account as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice

from billing.models import HistoryRow
from billing.queries.ledger import line_of
from ccportal.core.periods import meter_zone
from ccportal.core.spreadsheets import harmless

HEADER = ("date", "kind", "amount", "kwh", "rate", "balance_kwh", "meter", "account", "table", "id")
ROWS_AT_A_TIME = 1000


def as_csv(rows: Iterable[HistoryRow], account: str) -> Iterator[str]:
    """CSV in pieces of 1,000 rows: flat memory whatever the length of the history."""
    yield _written([HEADER])
    lines = (_cells(row, account) for row in rows)
    while piece := list(islice(lines, ROWS_AT_A_TIME)):
        yield _written(piece)


def _cells(row: HistoryRow, account: str) -> tuple[object, ...]:
    line = line_of(row)
    return (
        f"{line.at.astimezone(meter_zone()):%Y-%m-%d %H:%M:%S}" if line.at else "",
        line.kind.value,
        _plain(line.amount),
        _plain(line.kwh),
        _plain(line.rate),
        _plain(line.balance),
        harmless(line.meter_id),
        harmless(account),
        row._meta.db_table,
        line.id,
    )


def _plain(value: Decimal | float | None) -> object:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"


def _written(rows: Iterable[Iterable[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
