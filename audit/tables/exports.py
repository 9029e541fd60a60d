"""Downloads of a table (semantics 22): CSV as a stream, XLSX by way of a temporary file; flat memory for any size."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from audit.tables.cells import Converter, csv_converter, is_formula, selected, xlsx_converter
from audit.tables.rows import Rows
from ccportal.acdb.introspection import Column
from ccportal.acdb.sql import acdb
from ccportal.core.errors import InvalidInput

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Joined per thousand rows: one row at a time is four times slower.
BATCH = 1000
#: What a sheet holds, its header included.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767
_WIDEST = 50
_MEASURED_ROWS = 100
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
_CUT = "… (cut; the CSV has the whole text)"


def csv_pieces(rows: Rows) -> Iterator[bytes]:
    """The file in pieces: a header of column names, then the rows; CR LF, UTF-8 without mark, NULL empty.

    The query is run before this returns, so that a database that does not answer is an answer of its own.
    """
    batches = _batches(rows, csv_converter)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(rows.table.column_names)

    def pieces() -> Iterator[bytes]:
        for batch in batches:
            writer.writerows(batch)
            yield _taken(buffer)
        yield _taken(buffer)

    return pieces()


def xlsx_file(rows: Rows, count: int) -> BinaryIO:
    """The workbook, complete, in an unnamed temporary file that is gone when it is closed.

    ``InvalidInput`` when the rows are more than a sheet holds.
    """
    if count >= SHEET_ROWS:
        raise InvalidInput(
            f"{rows.table.name} has {count:,} such rows; a sheet holds {SHEET_ROWS - 1:,}. "
            "Take the CSV, or filter the table."
        )
    batches = _batches(rows, xlsx_converter)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        with tempfile.TemporaryDirectory() as folder:
            _write_workbook(file, folder, rows, batches)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _write_workbook(file: BinaryIO, folder: str, rows: Rows, batches: Iterator[Iterator[tuple]]) -> None:
    """One sheet: bold header, columns as wide as their first rows need."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder, "strings_to_urls": False})
    sheet = book.add_worksheet(sheet_name(rows.table.name))
    bold, as_text = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
    names = rows.table.column_names
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, bold)
    widths = [len(name) for name in names]
    for number, row in enumerate(chain.from_iterable(batches), 1):
        _write_row(sheet, number, row, as_text)
        if number <= _MEASURED_ROWS:
            widths = [max(width, len(str(cell or ""))) for width, cell in zip(widths, row, strict=True)]
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(width + 2, _WIDEST))
    book.close()


def _write_row(sheet: Worksheet, number: int, row: tuple, as_text: Format) -> None:
    for place, cell in enumerate(row):
        if type(cell) is str:
            fitting = cell if len(cell) <= CELL_CHARACTERS else cell[: CELL_CHARACTERS - len(_CUT)] + _CUT
            sheet.write_string(number, place, fitting, as_text if is_formula(cell) else None)
        elif cell is not None:
            sheet.write_number(number, place, cell)


def sheet_name(table: str) -> str:
    """The table's name as a sheet can bear it: 31 characters, no brackets, not in apostrophes, not empty."""
    return table.translate(_NOT_IN_SHEET_NAMES)[:31].strip("'") or "table"


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def _batches(rows: Rows, converter: Callable[[Column], Converter]) -> Iterator[Iterator[tuple]]:
    """The rows in batches of converted ones; the query is run now, read later."""
    columns = rows.table.columns
    convert = [converter(column) for column in columns]
    names = ", ".join(selected(column) for column in columns)
    connection = acdb()
    # A cursor that stays on the server: PostgreSQL's ordinary one fetches everything.
    cursor = connection.chunked_cursor()
    cursor.execute(f"SELECT {names} {rows.source}", list(rows.params))
    first = cursor.fetchmany(BATCH)

    def batches() -> Iterator[Iterator[tuple]]:
        batch: Sequence[Any] = first
        try:
            while batch:
                cells = zip(*batch, strict=True)
                yield zip(*(change(column) for change, column in zip(convert, cells, strict=True)), strict=True)
                batch = cursor.fetchmany(BATCH)
        finally:
            cursor.close()

    return batches()
