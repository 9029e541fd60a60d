"""Transactions of an account, and payments, as files for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice

from billing.models import HistoryRow, Payment
from billing.queries.ledger import line_of
from ccportal.core.periods import meter_zone
from ccportal.core.spreadsheets import harmless

HEADER = ("date", "kind", "amount", "kwh", "rate", "balance_kwh", "meter", "account", "table", "id")
PAYMENT_HEADER = (
    "received", "provider", "reference", "kind", "amount", "currency", "state", "account", "site", "payer_phone",
    "payer_name", "kwh", "rate", "posted", "table", "row_id", "note",
)  # fmt: skip
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
        _local(line.at),
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


def payments_as_csv(rows: Iterable[Payment]) -> Iterator[str]:
    """Payments in pieces of 1,000 rows; times are local."""
    yield _written([PAYMENT_HEADER])
    lines = (_payment_cells(payment) for payment in rows)
    while piece := list(islice(lines, ROWS_AT_A_TIME)):
        yield _written(piece)


def _payment_cells(payment: Payment) -> tuple[object, ...]:
    return (
        _local(payment.received_at),
        payment.provider,
        harmless(payment.provider_reference),
        payment.kind,
        f"{payment.amount:f}",
        payment.currency,
        payment.state,
        payment.account,
        payment.site,
        harmless(payment.payer_phone),
        harmless(payment.payer_name),
        _plain(payment.kwh),
        _plain(payment.rate),
        _local(payment.posted_at),
        payment.table_name,
        payment.row_id,
        harmless(payment.note),
    )


def _local(moment: datetime | None) -> str:
    return f"{moment.astimezone(meter_zone()):%Y-%m-%d %H:%M:%S}" if moment else ""


def _plain(value: Decimal | float | None) -> object:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"


def _written(rows: Iterable[Iterable[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
