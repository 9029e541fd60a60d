"""The history of rates as a file for a spreadsheet."""

from collections.abc import Iterable, Iterator

from ccportal.core.money import rounded
from ccportal.core.periods import stamp
from ccportal.core.spreadsheets import csv_file, csv_pieces
from tariffs.models import TariffChange
from tariffs.simulation import Line, Replay

HEADER = (
    "time", "what", "level", "key", "rate_per_kwh", "previous_rate_per_kwh", "effective_from", "set_by", "set_by_name",
    "reason",
)  # fmt: skip


def as_csv(rows: Iterable[TariffChange]) -> Iterator[bytes]:
    """CSV in pieces; times are local."""
    return csv_pieces(HEADER, map(_cells, rows))


def _cells(row: TariffChange) -> tuple[object, ...]:
    return (
        stamp(row.at), row.kind, row.scope, row.scope_key,
        "" if row.rate is None else f"{row.rate.normalize():f}",
        "" if row.previous_rate is None else f"{row.previous_rate.normalize():f}",
        stamp(row.effective_from), row.set_by, row.set_by_name, row.notes,
    )  # fmt: skip


SIMULATION_HEADER = (
    "account", "customer", "site", "type", "kwh", "paid", "present_rate", "proposed_rate", "at_present_rate",
    "at_proposed_rate", "change", "expected_kwh", "expected",
)  # fmt: skip


def simulation_csv(result: Replay) -> bytes:
    """One row for each account of a simulation; amounts with two decimals, over twelve months."""
    return csv_file(SIMULATION_HEADER, map(_simulated, result.lines))


def _simulated(line: Line) -> tuple[object, ...]:
    one = line.purchases
    amounts = (line.present, line.proposed, line.change, line.expected_kwh, line.expected)
    return (
        one.account, one.customer, one.site, one.customer_type, rounded(one.kwh), rounded(one.paid),
        line.present_rate, line.proposed_rate, *(rounded(amount) for amount in amounts),
    )  # fmt: skip
