"""Pages of a table that cost the same at the end of a million rows as at the beginning.

A page begins after a row, not at a number: its address holds where that row stands in the order (``Place``). Rows that
come or go before it shift nothing.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import DataError, ProgrammingError

from audit.tables.rows import Clause, Rows, reference, typed_row, unique_names
from ccportal.acdb.sql import POSTGRESQL, SQL_SERVER, SQLITE, acdb, named
from ccportal.acdb.values import Row
from ccportal.core.errors import InvalidInput

#: How many pages of 8 kB PostgreSQL first looks at for the next rows of a table without key.
_WINDOW = 64
_CTID = "ctid"
#: No table is as long; a larger number in an address was not written by us.
_MOST_ROWS = 10**12
INCOMPLETE = "The address of this page is not complete. Begin at the first page."


@dataclass(frozen=True)
class Place:
    """Where a row stands: its number on the way here, and its values in the columns that order the rows."""

    number: int
    values: tuple[Any, ...]

    def __str__(self) -> str:
        text = json.dumps([self.number, *map(_packed, self.values)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place in an address; ``InvalidInput`` when somebody has cut or changed it."""
        try:
            number, *values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            if not 0 <= int(number) < _MOST_ROWS:
                raise ValueError(number)
            return cls(int(number), tuple(map(_unpacked, values)))
        except (ValueError, TypeError, KeyError, OverflowError, InvalidOperation, binascii.Error, RecursionError):
            raise InvalidInput(INCOMPLETE) from None


@dataclass(frozen=True)
class Slice:
    """Some rows in order; ``number`` is the first one's, ``before`` and ``after`` are set where there are more."""

    items: list[Row]
    number: int
    before: Place | None
    after: Place | None

    @property
    def last(self) -> int:
        return self.number + len(self.items) - 1


@dataclass(frozen=True)
class _Key:
    """A column of the order. ``nullable`` ones have their NULLs at the end."""

    name: str
    descending: bool
    nullable: bool
    datetime: bool = False

    @property
    def selected(self) -> str:
        """The value as it is to come back; SQLite's dates as the text they are."""
        return f"CAST({reference(self.name)} AS TEXT)" if self.datetime and acdb().vendor == SQLITE else self.sql

    @property
    def sql(self) -> str:
        return reference(self.name)

    @property
    def place(self) -> str:
        return "%s::tid" if self.name == _CTID else "%s"

    def beyond(self, value: Any, *, backwards: bool) -> Clause | None:
        """What stands after ``value`` in this column (``backwards``: before it); None when nothing can."""
        sign = "<" if self.descending != backwards else ">"
        if value is None:
            return (f"{self.sql} IS NOT NULL", []) if backwards else None
        condition = f"{self.sql} {sign} {self.place}"
        if self.nullable and not backwards:
            condition = f"({condition} OR {self.sql} IS NULL)"
        return condition, [value]

    def at(self, value: Any) -> Clause:
        return (f"{self.sql} IS NULL", []) if value is None else (f"{self.sql} = {self.place}", [value])


def first_page(rows: Rows, size: int) -> Slice:
    return _forwards(rows, None, size)


def page_after(rows: Rows, place: Place, size: int) -> Slice:
    return _forwards(rows, place, size)


def page_before(rows: Rows, place: Place, size: int) -> Slice:
    """The rows before a place; the first page when there are fewer than a page of them."""
    found = _fetch(rows, place, size + 1, backwards=True)
    if len(found) <= size:
        return first_page(rows, size)
    return _slice(found[:size][::-1], max(place.number - size, 1), before=True, after=True)


def last_page(rows: Rows, size: int, total: int) -> Slice:
    """The last rows of ``total``, as many as stand on the last page when counted from the first."""
    size = total % size or size
    found = _fetch(rows, None, size + 1, backwards=True)
    number = max(total - min(len(found), size) + 1, 1)
    return _slice(found[:size][::-1], number, before=len(found) > size, after=False)


def _forwards(rows: Rows, place: Place | None, size: int) -> Slice:
    found = _fetch(rows, place, size + 1, backwards=False)
    number = place.number + 1 if place else 1
    return _slice(found[:size], number, before=place is not None, after=len(found) > size)


def _slice(found: list[tuple[Row, tuple]], number: int, *, before: bool, after: bool) -> Slice:
    return Slice(
        [row for row, _ in found],
        number,
        Place(number, found[0][1]) if before and found else None,
        Place(number + len(found) - 1, found[-1][1]) if after and found else None,
    )


def _keys(rows: Rows) -> list[_Key]:
    table, sort = rows.table, rows.sort
    keys = [_Key(sort.name, rows.descending, True, sort.type == "DATETIME")] if sort else []
    by_every_column = not table.primary_key and acdb().vendor == SQL_SERVER
    keys += [
        _Key(name, rows.descending, by_every_column)
        for name in unique_names(table)
        if sort is None or name != sort.name
    ]
    return keys


def _fetch(rows: Rows, place: Place | None, size: int, *, backwards: bool) -> list[tuple[Row, tuple]]:
    """Rows with their values in the columns of the order, beginning next to ``place``."""
    if place is None:
        return _found(rows, None, size, backwards=backwards)
    try:
        return _found(rows, place, size, backwards=backwards)
    except (DataError, ProgrammingError, OverflowError, ValueError) as error:
        raise InvalidInput(INCOMPLETE) from error


def _found(rows: Rows, place: Place | None, size: int, *, backwards: bool) -> list[tuple[Row, tuple]]:
    keys = _keys(rows)
    if place is not None:
        if len(place.values) != len(keys):
            raise InvalidInput(INCOMPLETE)
        rows = _narrowed(rows, _beyond(keys, place.values, backwards=backwards))
    if [key.name for key in keys] == [_CTID]:
        found = _read(_windowed(rows, place, backwards=backwards), keys, size, backwards=backwards)
        if len(found) == size:
            return found
    return _read(rows, keys, size, backwards=backwards)


def _read(rows: Rows, keys: list[_Key], size: int, *, backwards: bool) -> list[tuple[Row, tuple]]:
    connection, table = acdb(), rows.table
    names = ", ".join([*(named(connection, name) for name in table.column_names), *(key.selected for key in keys)])
    tail = f"OFFSET 0 ROWS FETCH NEXT {size} ROWS ONLY" if connection.vendor == SQL_SERVER else f"LIMIT {size}"
    order = ", ".join(_ordered(keys, backwards=backwards))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} {rows.source} ORDER BY {order} {tail}", list(rows.params))
        width = len(table.columns)
        return [(typed_row(table, values[:width]), tuple(values[width:])) for values in cursor.fetchall()]


def _ordered(keys: Sequence[_Key], *, backwards: bool) -> list[str]:
    parts = []
    for key in keys:
        way = "DESC" if key.descending != backwards else "ASC"
        if not key.nullable:
            parts.append(f"{key.sql} {way}")
        elif acdb().vendor == SQL_SERVER:
            parts += [
                f"CASE WHEN {key.sql} IS NULL THEN 1 ELSE 0 END {'DESC' if backwards else 'ASC'}",
                f"{key.sql} {way}",
            ]
        else:
            parts.append(f"{key.sql} {way} NULLS {'FIRST' if backwards else 'LAST'}")
    return parts


def _beyond(keys: Sequence[_Key], values: Sequence[Any], *, backwards: bool) -> Clause:
    """The rows beyond a place: beyond it in the first column, or equal there and beyond it in the second, and so on."""
    alternatives, params = [], []
    for depth, (key, value) in enumerate(zip(keys, values, strict=True)):
        last = key.beyond(value, backwards=backwards)
        if last is None:
            continue
        clauses = [*(keys[n].at(values[n]) for n in range(depth)), last]
        alternatives.append("(" + " AND ".join(condition for condition, _ in clauses) + ")")
        params += [parameter for _, some in clauses for parameter in some]
    return (" OR ".join(alternatives) or "1 = 0"), params


def _narrowed(rows: Rows, clause: Clause) -> Rows:
    condition, params = clause
    return replace(rows, conditions=(*rows.conditions, f"({condition})"), params=(*rows.params, *params))


def _windowed(rows: Rows, place: Place | None, *, backwards: bool) -> Rows:
    """The same within a few of PostgreSQL's pages: it would sort a whole table without key by place."""
    if acdb().vendor != POSTGRESQL:
        return rows
    if place is not None:
        near = int(str(place.values[0]).strip("()").split(",")[0])
    else:
        near = _pages(rows) if backwards else 0
    low, high = (near - _WINDOW, near + 1) if backwards else (near, near + _WINDOW)
    return _narrowed(rows, (f"{_CTID} >= %s::tid AND {_CTID} < %s::tid", [f"({max(low, 0)},0)", f"({high},0)"]))


def _pages(rows: Rows) -> int:
    with acdb().cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass) / 8192", [named(acdb(), rows.table.name)])
        return int(cursor.fetchone()[0])


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, Decimal):
        return {"d": str(value)}
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["t"]) if "t" in value else Decimal(value["d"])
    if isinstance(value, list):
        raise TypeError(value)
    return value
