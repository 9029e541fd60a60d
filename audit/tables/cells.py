"""Cells of a download: what the engine gives, column by column, as text for CSV and as text or number for XLSX.

A million rows pass here, so whole columns of a batch are converted at once and the engine writes the dates.

Spreadsheets run a cell that begins with ``=``, ``+``, ``-``, ``@`` or a tab as a formula (D-93). In CSV such texts get
an apostrophe in front, in XLSX they are typed as text and marked as such. Numbers and phone numbers (a sign, digits,
blanks) cannot do anything and stay as they are.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from ccportal.acdb.introspection import DECIMALS, TEXTS, Column
from ccportal.acdb.sql import POSTGRESQL, SQL_SERVER, acdb, named
from ccportal.acdb.values import from_database, json_value
from ccportal.core.spreadsheets import STARTS_FORMULA, harmless

Cells = Sequence[Any]
Converter = Callable[[Cells], Cells]
#: What is done to a text before it is written.
Guard = Callable[[str], str]

_TIME_LENGTH = len("2026-11-21 14:05:09")
#: Between these four decimals of a float are its own.
_SMALLEST, _LARGEST = 0.0001, 1e11
_BITS: dict[Any, str | None] = {None: None, 0: "False", 1: "True"}


def selected(column: Column) -> str:
    """The column as it is to be selected: dates as local text, everything else as it is."""
    connection = acdb()
    name = named(connection, column.name)
    if column.type != "DATETIME":
        return name
    if connection.vendor == POSTGRESQL:
        return f"to_char({name}, 'YYYY-MM-DD HH24:MI:SS')"
    if connection.vendor == SQL_SERVER:
        return f"CONVERT(varchar(19), {name}, 120)"
    return f"CAST({name} AS TEXT)"


def csv_converter(column: Column) -> Converter:
    """What makes the texts of a column, safe for spreadsheets; NULL stays None, which the writer leaves empty."""
    return _CSV.get(column.type, _values)(column, harmless)


def xlsx_converter(column: Column) -> Converter:
    """What makes texts and numbers of a column; only those, as in CSV everything else is text."""
    return _XLSX.get(column.type, _values)(column, str)


def _odd(column: Column, guard: Guard, cell: Any) -> Any:
    """A cell that takes the long way; what is not of its column's type is the text it is."""
    shown = json_value(from_database(column, cell))
    return guard(shown) if isinstance(cell, str) and isinstance(shown, str) else shown


def _texts(column: Column, guard: Guard) -> Converter:
    def convert(cells: Cells) -> Cells:
        return [
            cell if cell is None or (type(cell) is str and cell[:1] not in STARTS_FORMULA) else guard(str(cell))
            for cell in cells
        ]

    return convert


def _values(column: Column, guard: Guard) -> Converter:
    """Whole numbers and floats as they are."""

    def convert(cells: Cells) -> Cells:
        return [cell if cell is None or _is_number(cell) else _odd(column, guard, cell) for cell in cells]

    return convert


def _amounts(column: Column, guard: Guard) -> Converter:
    """Decimals without trailing zeros, as the API shows them."""

    def convert(cells: Cells) -> Cells:
        return [cell if cell is None else _odd(column, guard, cell) for cell in cells]

    def convert_currency(cells: Cells) -> Cells:
        """The same for what SQLite gives, without a ``Decimal`` for every cell."""
        return [
            cell
            if cell is None
            else f"{cell:.4f}".rstrip("0").rstrip(".")
            if type(cell) is float and _SMALLEST <= abs(cell) < _LARGEST
            else _odd(column, guard, cell)
            for cell in cells
        ]

    return convert_currency if column.scale == 4 else convert


def _times(column: Column, guard: Guard) -> Converter:
    def convert(cells: Cells) -> Cells:
        return [cell if cell is None or _is_time(cell) else _odd(column, guard, cell) for cell in cells]

    return convert


def _bits(column: Column, guard: Guard) -> Converter:
    def convert(cells: Cells) -> Cells:
        return [_BITS[cell] if cell in _BITS else guard(str(from_database(column, cell))) for cell in cells]

    return convert


def _numbers(column: Column, guard: Guard) -> Converter:
    def convert(cells: Cells) -> Cells:
        typed = [from_database(column, cell) for cell in cells]
        return [cell if isinstance(cell, str | None) else float(cell) for cell in typed]

    return convert


def _is_number(cell: Any) -> bool:
    return type(cell) is int or (type(cell) is float and math.isfinite(cell))


def _is_time(cell: Any) -> bool:
    return type(cell) is str and len(cell) == _TIME_LENGTH and cell[10] == " " and cell[:1].isdigit()


_CSV: dict[str, Callable[[Column, Guard], Converter]] = {
    **dict.fromkeys(TEXTS, _texts),
    **dict.fromkeys(DECIMALS, _amounts),
    "BIT": _bits,
    "DATETIME": _times,
}
_XLSX: dict[str, Callable[[Column, Guard], Converter]] = {**_CSV, **dict.fromkeys(DECIMALS, _numbers)}
