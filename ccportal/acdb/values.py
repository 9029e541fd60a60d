"""Values of ACDB columns: as engines give them, as the portal holds them, as the API shows them.

The portal holds: int, float, ``Decimal`` (CURRENCY and DECIMAL), str, bool, aware ``datetime`` in the meters' zone,
bytes, None.
"""

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ccportal.acdb.dates import local_text, parse_local, to_local
from ccportal.acdb.introspection import BINARIES, DECIMALS, FLOATS, TEXTS, WHOLE_NUMBERS, Column, Table

Row = dict[str, Any]


def from_database(column: Column, value: Any) -> Any:
    """A value as a cursor gives it, or as it was logged in JSON, in the portal's type.

    A value that is not of its column's type (text in a number column of SQLite) stays as it is.
    """
    if value is None:
        return None
    try:
        return _READERS.get(column.type, _unchanged)(column, value)
    except (ValueError, ArithmeticError, LookupError):
        return value


def json_value(value: Any) -> Any:
    """A value as the API shows it: times local without zone, decimals as text, binary as a remark."""
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, date):
        return local_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"(binary, {len(value)} bytes)"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def jsonable(row: Mapping[str, Any]) -> Row:
    """A whole row as the API shows it, its columns in order and named as stored."""
    return {name: json_value(value) for name, value in row.items()}


def same(column: Column, one: Any, other: Any) -> bool:
    """Whether two values of a column are equal, however each was written (JSON text, float, Decimal, time)."""
    return _comparable(column, one) == _comparable(column, other)


def differing(table: Table, row: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The columns in which ``row`` is not as ``expected`` says; columns that are not expected do not count."""
    names = []
    for name, value in expected.items():
        column = table.column(name)
        if column is not None and not same(column, row.get(column.name), value):
            names.append(column.name)
    return names


def _comparable(column: Column, value: Any) -> Any:
    value = from_database(column, value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return json_value(value) if isinstance(value, bytes) else value


def _plain(value: Decimal) -> str:
    """``55`` for 55.0000 and ``55.5`` for 55.5000, never an exponent."""
    text = f"{value + 0:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unchanged(column: Column, value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _whole(column: Column, value: Any) -> int:
    number = int(value)
    if number != float(value):
        raise ValueError("a fraction")
    return number


def _decimal(column: Column, value: Any) -> Decimal:
    number = Decimal(repr(value) if isinstance(value, float) else str(value))
    if column.scale is None:
        return number
    try:
        return number.quantize(Decimal(1).scaleb(-column.scale))
    except InvalidOperation:
        return number


def _bit(column: Column, value: Any) -> bool:
    if isinstance(value, str):
        return {"true": True, "1": True, "-1": True, "false": False, "0": False}[value.strip().lower()]
    return bool(value)


def _time(column: Column, value: Any) -> Any:
    if isinstance(value, date):
        return to_local(value)
    return (parse_local(value) or value) if isinstance(value, str) else value


def _text(column: Column, value: Any) -> str:
    return str(value)


_READERS = {
    **dict.fromkeys(WHOLE_NUMBERS, _whole),
    **dict.fromkeys(FLOATS, lambda column, value: float(value)),
    **dict.fromkeys(DECIMALS, _decimal),
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(BINARIES, _unchanged),
    "BIT": _bit,
    "DATETIME": _time,
}
