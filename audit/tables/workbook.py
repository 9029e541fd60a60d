"""A table as a workbook of one sheet, row by row."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ccportal.core.spreadsheets import is_formula

CELL_CHARACTERS = 32_767
_WIDEST = 50
_MEASURED_ROWS = 100
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
_CUT = "… (cut; the CSV has the whole text)"


def write_workbook(
    file: BinaryIO, folder: str, title: str, names: Sequence[str], batches: Iterator[Iterable[Sequence[Any]]]
) -> None:
    """Write batches of rows to ``file``: bold header, columns as wide as their first rows need.

    ``folder`` takes what is not in the file yet; nothing is kept in memory.
    """
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder, "strings_to_urls": False})
    sheet = book.add_worksheet(sheet_name(title))
    bold, as_text = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
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


def _write_row(sheet: Worksheet, number: int, row: Sequence[Any], as_text: Format) -> None:
    for place, cell in enumerate(row):
        if type(cell) is str:
            fitting = cell if len(cell) <= CELL_CHARACTERS else cell[: CELL_CHARACTERS - len(_CUT)] + _CUT
            sheet.write_string(number, place, fitting, as_text if is_formula(cell) else None)
        elif cell is not None:
            sheet.write_number(number, place, cell)


def sheet_name(table: str) -> str:
    """The table's name as a sheet can bear it: 31 characters, no brackets, not in apostrophes, not empty."""
    return table.translate(_NOT_IN_SHEET_NAMES)[:31].strip("'") or "table"
