"""Files of readings, CSV in its many dialects and XLSX, as rows of cells; hostile ones are refused early.

A file has a line of headings and then one reading a row: ``site, channel, start, end, kwh`` for intervals or
``site, channel, at, value`` for counters, ``source`` as it likes.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from ccportal.core.errors import InvalidInput
from ccportal.core.sheets import read_rows
from ccportal.core.spreadsheets import csv_file

#: A year of quarter-hours of a channel. Storing them is one transaction, which must not keep other writers waiting:
#: 120,000 rows took 33 seconds on a busy machine.
MOST_ROWS = 50_000
LONGEST_ROW = 2_000
#: Rows that are looked at, empty ones too: a sheet of one row may say that it is the thousand millionth.
MOST_PLACES = 2 * MOST_ROWS
INTERVAL = ("site", "channel", "start", "end", "kwh")
COUNTER = ("site", "channel", "at", "value")
OPTIONAL = "source"
_ALIASES = {"energy": "kwh", "energy_kwh": "kwh", "from": "start", "to": "end", "counter": "value", "time": "at"}
_EXAMPLE = (
    ("MAK", "pv", "2026-03-01 00:00", "2026-03-02 00:00", "412.5", "upload"),
    ("MAK", "delivered", "2026-03-01 00:00", "2026-03-02 00:00", "390.2", "upload"),
)


@dataclass(frozen=True)
class Sheet:
    """The rows of a file by the names of their columns; ``place`` is the row as a spreadsheet counts it."""

    counter: bool
    decimal_comma: bool
    rows: list[tuple[int, dict[str, Any]]]


def read(content: bytes, name: str) -> Sheet:
    """The rows of an uploaded file; ``InvalidInput`` says what is wrong with the file and what to do."""
    found = read_rows(content, name)
    return _sheet(found.rows, decimal_comma=found.delimiter != ",")


def _sheet(rows: Iterable[list[Any]], *, decimal_comma: bool) -> Sheet:
    """Rows under the names of their headings; empty rows are left out."""
    numbered = _numbered(rows)
    names: list[str] = []
    for _, head in numbered:
        if any(_filled(cell) for cell in head):
            names = [_heading(cell) for cell in head]
            break
    counter = _layout(names)
    found: list[tuple[int, dict[str, Any]]] = []
    for place, cells in numbered:
        if not any(_filled(cell) for cell in cells):
            continue
        if len(found) == MOST_ROWS:
            raise InvalidInput(f"The file has more than {MOST_ROWS:,} rows; split it.", field="file")
        if sum(len(cell) for cell in cells if isinstance(cell, str)) > LONGEST_ROW:
            raise InvalidInput(f"Row {place} is longer than any reading; check the file.", field="file")
        found.append((place, {name: cell for name, cell in zip(names, cells, strict=False) if name}))
    if not found:
        raise InvalidInput("The file has headings but no readings below them.", field="file")
    return Sheet(counter, decimal_comma, found)


def _numbered(rows: Iterable[list[Any]]) -> Iterator[tuple[int, list[Any]]]:
    for place, cells in enumerate(rows, 1):
        if place > MOST_PLACES:
            raise InvalidInput(f"The file has more than {MOST_ROWS:,} rows; split it.", field="file")
        yield place, cells


def _filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _heading(cell: Any) -> str:
    name = str(cell or "").strip().lower().replace(" ", "_")[:40]
    return _ALIASES.get(name, name)


def _layout(names: list[str]) -> bool:
    """Whether the columns are those of counters; ``InvalidInput`` when they are neither's."""
    doubled = {name for name in names if name and names.count(name) > 1}
    if doubled:
        raise InvalidInput(f"The column {min(doubled)} is there twice.", field="file")
    if set(COUNTER) <= set(names):
        return True
    if set(INTERVAL) <= set(names):
        return False
    wanted = COUNTER if {"at", "value"} & set(names) else INTERVAL
    missing = ", ".join(name for name in wanted if name not in names)
    raise InvalidInput(
        f"The first row must hold the headings {', '.join(INTERVAL)} (or, for counters, {', '.join(COUNTER)}); "
        f"there is no {missing}.",
        field="file",
    )


# ---------------------------------------------------------------- templates


def template_csv() -> bytes:
    """A file to fill in, with two examples."""
    return csv_file((*INTERVAL, OPTIONAL), _EXAMPLE)


def template_xlsx() -> bytes:
    """The same as a workbook."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("Readings")
    for row, cells in enumerate([(*INTERVAL, OPTIONAL), *_EXAMPLE]):
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 5, 18)
    book.close()
    return buffer.getvalue()
