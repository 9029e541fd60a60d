"""The history of rates as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from ccportal.core.money import rounded
from ccportal.core.periods import meter_zone
from ccportal.core.spreadsheets import harmless
from tariffs.models import TariffChange
from tariffs.simulation import Replay

HEADER = (
    "time", "what", "level", "key", "rate_per_kwh", "previous_rate_per_kwh", "effective_from", "set_by", "set_by_name",
    "reason",
)  # fmt: skip
ROWS_AT_A_TIME = 1000


def as_csv(rows: Iterable[TariffChange]) -> Iterator[str]:
    """CSV in pieces of 1,000 rows; times are local."""
    yield written([HEADER])
    lines = (_cells(row) for row in rows)
    while piece := list(islice(lines, ROWS_AT_A_TIME)):
        yield written(piece)


def _cells(row: TariffChange) -> tuple[object, ...]:
    return (
        _local(row.at), row.kind, row.scope, row.scope_key,
        "" if row.rate is None else f"{row.rate.normalize():f}",
        "" if row.previous_rate is None else f"{row.previous_rate.normalize():f}",
        _local(row.effective_from), harmless(row.set_by), harmless(row.set_by_name), harmless(row.notes),
    )  # fmt: skip


def _local(moment: datetime | None) -> str:
    return f"{moment.astimezone(meter_zone()):%Y-%m-%d %H:%M:%S}" if moment else ""


def written(rows: Iterable[Iterable[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


SIMULATION_HEADER = (
    "account", "customer", "site", "type", "kwh", "paid", "present_rate", "proposed_rate", "at_present_rate",
    "at_proposed_rate", "change", "expected_kwh", "expected",
)  # fmt: skip


def simulation_csv(result: Replay) -> str:
    """One row for each account of a simulation; amounts with two decimals, over twelve months."""
    rows: list[Iterable[object]] = [SIMULATION_HEADER]
    for line in result.lines:
        one = line.purchases
        amounts = (line.present, line.proposed, line.change, line.expected_kwh, line.expected)
        rows.append(
            (
                harmless(one.account), "" if one.customer is None else one.customer, harmless(one.site),
                harmless(one.customer_type), rounded(one.kwh), rounded(one.paid), line.present_rate,
                line.proposed_rate, *(rounded(amount) for amount in amounts),
            )
        )  # fmt: skip
    return written(rows)
