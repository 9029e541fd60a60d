"""Decodes the values of a file, strictly: what cannot be read becomes NULL and is counted, never guessed.

Works on whole columns of a block, and looks at single values only in columns that hold something unusual: an import
has millions of rows, and a function call for every value would take longer than everything else together.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from ccportal.acdb.accountnumbers import normalise
from ccportal.acdb.coercion import ACCOUNT_COLUMNS
from ccportal.acdb.dates import parse_naive
from ccportal.acdb.importer.report import Finding
from ccportal.acdb.importer.source import Block, SourceColumn, SourceTable

#: How Access stores "no date", and how mdbtools 1.0.0 prints what it cannot print (years before 1899).
ZERO_DATE, UNPRINTABLE = "1899-12-30", "1900-01-00"
#: SQLite keeps fifteen digits of a number exactly; a text of so many characters cannot have more.
EXACT_DIGITS = EXACT_CHARACTERS = 15
#: Enough for every second of a day and every day of two centuries; a hostile file cannot fill the memory.
REMEMBERED = 100_000
_EARLIEST = datetime(1900, 1, 1)  # noqa: DTZ001 - local by definition
_WHOLE = re.compile(r"-?\d{1,19}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_GUID = re.compile(r"\{?([0-9A-Fa-f]{8})-?([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{12})\}?")
_BITS = {"0": False, "1": True, 0: False, 1: True, "-1": True, -1: True}

Converted = Sequence[Any]


class Converter:
    """Turns blocks of one table into rows for an engine; ``findings`` is what was not as it should be.

    ``exact_decimals`` says whether the engine keeps all digits of an amount.
    """

    def __init__(self, table: SourceTable, null: str | None, *, exact_decimals: bool) -> None:
        self._null = null
        self._findings: dict[tuple[str, str], Finding] = {}
        self._key = [index for index, column in enumerate(table.columns) if column.name in table.primary_key]
        self._rows = 0
        self._block: Block = []
        self._days: dict[str, bool] = {}
        self._clocks: dict[str, bool] = {}
        self._accounts: dict[Any, Any] = {}
        self._odd_accounts: set[Any] = set()
        self._times: set[Any] = set()
        self._exact_decimals = exact_decimals
        self._converters = [self._converter(column) for column in table.columns]

    @property
    def findings(self) -> list[Finding]:
        return [finding for _, finding in sorted(self._findings.items())]

    def rows(self, block: Block) -> Iterator[tuple]:
        """The rows of a block, decoded."""
        self._block = block
        columns = [convert(values) for convert, values in zip(self._converters, block, strict=True)]
        self._rows += len(block[0])
        return zip(*columns, strict=True)

    # ------------------------------------------------------------ one function for each type, over a whole column

    def _converter(self, column: SourceColumn) -> Callable[[Converted], Converted]:
        if column.name.casefold() in ACCOUNT_COLUMNS and column.type in ("VARCHAR", "LONGCHAR"):
            return partial(self._account_column, column)
        return partial(getattr(self, _OVER.get(column.type, "_text_column")), column)

    def _text_column(self, column: SourceColumn, values: Converted) -> Converted:
        null = self._null
        return [None if value == null else value for value in values] if null in values else values

    def _account_column(self, column: SourceColumn, values: Converted) -> Converted:
        values = self._text_column(column, values)
        known, odd = self._accounts, self._odd_accounts
        if len(known) > REMEMBERED:
            known.clear()
            odd.clear()
        for value in set(values) - known.keys():
            known[value] = value if value is None else normalise(value)
            if known[value] != value:
                odd.add(value)
        if odd.isdisjoint(values):
            return values
        for index, value in enumerate(values):
            if value in odd:
                self._found(column, "account", index)
        return [known[value] for value in values]

    def _float_column(self, column: SourceColumn, values: Converted) -> Converted:
        null = self._null
        try:
            if null not in values:
                numbers: list[float | None] = list(map(float, values))
            else:
                numbers = [None if value == null else float(value) for value in values]
        except (ValueError, TypeError):
            return self._each(column, values, _float)
        return numbers if math.isfinite(sum(filter(None, numbers))) else self._each(column, values, _float)

    def _whole_column(self, column: SourceColumn, values: Converted) -> Converted:
        if self._null not in values and all(map(str.isdecimal, values)):
            return list(map(int, values))
        return self._each(column, values, _whole)

    def _decimal_column(self, column: SourceColumn, values: Converted) -> Converted:
        """Amounts stay text, which both engines take without a detour over binary numbers."""
        texts = self._text_column(column, values)
        try:
            fine = "" not in texts and math.isfinite(sum(map(float, filter(None, texts))))
        except (ValueError, TypeError):
            fine = False
        if not fine:
            texts = self._each(column, values, _decimal)
        if not self._exact_decimals and max(map(len, filter(None, texts)), default=0) > EXACT_CHARACTERS:
            for index, text in enumerate(texts):
                if text and len(_digits(text)) > EXACT_DIGITS:
                    self._found(column, "rounded", index)
        return texts

    def _bit_column(self, column: SourceColumn, values: Converted) -> Converted:
        try:
            return [_BITS[value] for value in values]
        except KeyError:
            return self._each(column, values, _bit)

    def _time_column(self, column: SourceColumn, values: Converted) -> Converted:
        """Days and times of day repeat, so each is judged once and remembered; whole times repeat in readings."""
        values = self._text_column(column, values)
        fresh = set(values) - self._times
        odd = {value for value in fresh if value is not None and not self._is_plain_time(value)}
        if len(self._times) < REMEMBERED:
            self._times |= fresh - odd
        if not odd:
            return values
        return [
            self._unusual_time(column, index, value) if value in odd else value for index, value in enumerate(values)
        ]

    def _is_plain_time(self, value: str) -> bool:
        day, clock = value[:10], value[10:]
        if day not in self._days:
            self._days[day] = len(self._days) < REMEMBERED and _is_plain(day + " 00:00:00")
        if clock not in self._clocks:
            self._clocks[clock] = len(self._clocks) < REMEMBERED and _is_plain("2000-01-01" + clock)
        return self._days[day] and self._clocks[clock]

    def _unusual_time(self, column: SourceColumn, index: int, value: str) -> str | None:
        moment = parse_naive(value)
        if value.startswith(ZERO_DATE):
            empty = moment is not None and (moment.hour, moment.minute, moment.second) == (0, 0, 0)
            self._found(column, "empty date" if empty else "time without day", index)
            return None
        if moment is None or moment < _EARLIEST:
            self._found(column, "rejected", index)
            return None
        if value[11:19] == "24:00:00":
            self._found(column, "next midnight", index)
        return moment.isoformat(sep=" ")

    def _guid_column(self, column: SourceColumn, values: Converted) -> Converted:
        return self._each(column, values, _guid)

    def _binary_column(self, column: SourceColumn, values: Converted) -> Converted:
        return self._each(column, values, _bytes)

    # ------------------------------------------------------------ one value

    def _each(self, column: SourceColumn, values: Converted, decode: Callable[[Any], Any]) -> Converted:
        null = self._null
        converted: list[Any] = []
        for index, value in enumerate(values):
            if value == null:
                converted.append(None)
                continue
            try:
                converted.append(decode(value))
            except (ValueError, TypeError, ArithmeticError):
                self._found(column, "rejected", index)
                converted.append(None)
        return converted

    def _found(self, column: SourceColumn, kind: str, index: int) -> None:
        finding = self._findings.setdefault((column.name, kind), Finding(column.name, kind))
        key = " ".join(str(self._block[place][index]) for place in self._key)
        finding.add(key or f"row {self._rows + index + 1}")


def _is_plain(text: str) -> bool:
    """True for ``2026-11-21 14:05:09`` in exactly that spelling, from 1900 on."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - local by definition
    except ValueError:
        return False
    return moment >= _EARLIEST and moment.isoformat(sep=" ") == text


def _float(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("not a whole number")
    return int(value)


def _decimal(value: Any) -> str:
    text = str(value)
    if not _DECIMAL.fullmatch(text):
        try:
            number = Decimal(text)  # 1e+15 and the like
        except InvalidOperation:
            raise ValueError("not a number") from None
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise ValueError("not a number")
        text = f"{number:f}"
    return text


def _digits(value: str) -> str:
    """The digits that carry the value."""
    return value.replace(".", "").lstrip("-0").rstrip("0")


def _bit(value: Any) -> bool:
    try:
        return _BITS[value]
    except KeyError:
        raise ValueError("neither yes nor no") from None


def _guid(value: str) -> str:
    """mdbtools leaves out a dash."""
    match = _GUID.fullmatch(value)
    if not match:
        raise ValueError("not a GUID")
    return "{" + "-".join(match.groups()).upper() + "}"


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else bytes.fromhex(value)


#: Access type to the method that decodes a column of it.
_OVER = {
    **dict.fromkeys(("COUNTER", "INTEGER", "SMALLINT", "BYTE", "BIGINT"), "_whole_column"),
    **dict.fromkeys(("DOUBLE", "REAL"), "_float_column"),
    **dict.fromkeys(("CURRENCY", "DECIMAL"), "_decimal_column"),
    **dict.fromkeys(("BINARY", "LONGBINARY"), "_binary_column"),
    "BIT": "_bit_column",
    "DATETIME": "_time_column",
    "GUID": "_guid_column",
}
