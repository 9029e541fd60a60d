"""Transactions of an account, and payments, as files for a spreadsheet."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from billing.models import HistoryRow, Payment
from billing.queries.ledger import line_of
from ccportal.core.periods import stamp
from ccportal.core.spreadsheets import csv_pieces

HEADER = ("date", "kind", "amount", "kwh", "rate", "balance_kwh", "meter", "account", "table", "id")
PAYMENT_HEADER = (
    "received", "provider", "reference", "kind", "amount", "currency", "state", "account", "site", "payer_phone",
    "payer_name", "kwh", "rate", "posted", "table", "row_id", "note",
)  # fmt: skip


def as_csv(rows: Iterable[HistoryRow], account: str) -> Iterator[bytes]:
    """CSV in pieces: flat memory whatever the length of the history."""
    return csv_pieces(HEADER, (_cells(row, account) for row in rows))


def _cells(row: HistoryRow, account: str) -> tuple[object, ...]:
    line = line_of(row)
    return (
        stamp(line.at),
        line.kind.value,
        _plain(line.amount),
        _plain(line.kwh),
        _plain(line.rate),
        _plain(line.balance),
        line.meter_id,
        account,
        row._meta.db_table,
        line.id,
    )


def payments_as_csv(rows: Iterable[Payment]) -> Iterator[bytes]:
    """Payments in pieces; times are local."""
    return csv_pieces(PAYMENT_HEADER, map(_payment_cells, rows))


def _payment_cells(payment: Payment) -> tuple[object, ...]:
    return (
        stamp(payment.received_at),
        payment.provider,
        payment.provider_reference,
        payment.kind,
        f"{payment.amount:f}",
        payment.currency,
        payment.state,
        payment.account,
        payment.site,
        payment.payer_phone,
        payment.payer_name,
        _plain(payment.kwh),
        _plain(payment.rate),
        stamp(payment.posted_at),
        payment.table_name,
        payment.row_id,
        payment.note,
    )


def _plain(value: Decimal | float | None) -> object:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"
