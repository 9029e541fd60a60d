"""Rows of any ACDB table, searched, filtered, sorted and paged, for the table browser and for exports.

Identifiers come from the catalogue only. Every order ends with what tells rows apart, so that pages neither repeat
nor lose a row; empty values come last on every engine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from ccportal.acdb.coercion import coerce_value
from ccportal.acdb.introspection import TEXTS, WHOLE_NUMBERS, Column, Table
from ccportal.acdb.sql import POSTGRESQL, SQL_SERVER, SQLITE, acdb, named
from ccportal.acdb.values import Row, from_database
from ccportal.core.errors import InvalidInput
from ccportal.core.paging import Page

MAX_PAGE = 1000
_CHUNK = 1000
_TIE_BREAKERS = {SQLITE: "rowid", POSTGRESQL: "ctid"}


@dataclass(frozen=True)
class Wanted:
    """What is asked of a table. Names are matched against the catalogue; ``InvalidInput`` names an unknown one.

    ``search`` is looked for in all texts, and as a whole number in number columns; ``filters`` are column to value,
    exact, blank for empty. ``sort`` is a column, the key when blank.
    """

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False


def rows(table: Table, wanted: Wanted, *, page: int = 1, limit: int = 50) -> Page:
    """One page of rows (dictionaries, columns in stored order); a page past the end gives the last one."""
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(f"The number of rows must be from 1 to {MAX_PAGE}.", field="limit")
    connection = acdb()
    where, params = _where(connection, table, wanted)
    source = f"FROM {named(connection, table.name)}{where}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) {source}", params)
        total = int(cursor.fetchone()[0])
        number = min(max(page, 1), max(-(-total // limit), 1))
        offset = (number - 1) * limit
        cursor.execute(
            f"SELECT {_columns(connection, table)} {source}{_order(connection, table, wanted)} "
            + connection.ops.limit_offset_sql(offset, offset + limit),
            params,
        )
        return Page([_row(table, values) for values in cursor.fetchall()], number, limit, total)


def every_row(table: Table, wanted: Wanted) -> Iterator[Row]:
    """All rows, in the same order, fetched in chunks so that a table of any size fits."""
    connection = acdb()
    where, params = _where(connection, table, wanted)
    source = f"FROM {named(connection, table.name)}{where}"
    sql = f"SELECT {_columns(connection, table)} {source}{_order(connection, table, wanted)}"
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while chunk := cursor.fetchmany(_CHUNK):
            for values in chunk:
                yield _row(table, values)


def _columns(connection: BaseDatabaseWrapper, table: Table) -> str:
    return ", ".join(named(connection, name) for name in table.column_names)


def _row(table: Table, values: Any) -> Row:
    return {column.name: from_database(column, value) for column, value in zip(table.columns, values, strict=True)}


def _where(connection: BaseDatabaseWrapper, table: Table, wanted: Wanted) -> tuple[str, list[Any]]:
    conditions, params = [], []
    for name, text in wanted.filters.items():
        column = _known(table, name)
        condition, values = _equal(connection, column, str(text).strip())
        conditions.append(condition)
        params += values
    if wanted.search.strip():
        condition, values = _contains(connection, table, wanted.search.strip())
        conditions.append(condition)
        params += values
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), params


def _equal(connection: BaseDatabaseWrapper, column: Column, text: str) -> tuple[str, list[Any]]:
    name = named(connection, column.name)
    if text == "":
        return f"{name} IS NULL", []
    value: Any = text if column.type in TEXTS else coerce_value(column, text)
    if column.type == "DATETIME":
        value = value.replace(tzinfo=None) if connection.vendor == SQL_SERVER else value
        value = value if connection.vendor == SQL_SERVER else connection.ops.adapt_datetimefield_value(value)
    return f"{name} = %s", [value]


def _contains(connection: BaseDatabaseWrapper, table: Table, text: str) -> tuple[str, list[Any]]:
    """Text anywhere in a text column, or the number itself in a column of whole numbers."""
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace("[", "![")
    conditions: list[str] = []
    params: list[Any] = []
    for column in table.columns:
        name = named(connection, column.name)
        if column.type in TEXTS:
            conditions.append(f"UPPER({name}) LIKE UPPER(%s) ESCAPE '!'")
            params.append(f"%{escaped}%")
        elif column.type in WHOLE_NUMBERS and text.isdecimal() and len(text) < 19:
            conditions.append(f"{name} = %s")
            params.append(int(text))
    return (f"({' OR '.join(conditions)})" if conditions else "1 = 0"), params


def _order(connection: BaseDatabaseWrapper, table: Table, wanted: Wanted) -> str:
    parts = []
    if wanted.sort:
        column = named(connection, _known(table, wanted.sort).name)
        direction = " DESC" if wanted.descending else ""
        parts += [f"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END", f"{column}{direction}"]
    chosen = {_known(table, wanted.sort).name} if wanted.sort else set()
    parts += [named(connection, name) for name in _tie_breakers(connection, table) if name not in chosen]
    if not table.primary_key and connection.vendor in _TIE_BREAKERS:
        parts.append(_TIE_BREAKERS[connection.vendor])
    return f" ORDER BY {', '.join(parts)}"


def _tie_breakers(connection: BaseDatabaseWrapper, table: Table) -> tuple[str, ...]:
    """What tells rows apart: the key; without one the engine's row number, or else every sortable column."""
    if table.primary_key:
        return table.primary_key
    if connection.vendor in _TIE_BREAKERS:
        return ()
    return tuple(column.name for column in table.columns if column.type not in ("LONGCHAR", "LONGBINARY", "BINARY"))


def _known(table: Table, name: str) -> Column:
    column = table.column(name)
    if column is None:
        raise InvalidInput(f"The table {table.name} has no column {name!r}.", field=name)
    return column
