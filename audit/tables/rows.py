"""Which rows of a table a reader asks for, as SQL: filter, search, order, page (semantics 22.2, D-84).

wanted = rows_of(table, search="mak", filter_col="payment", filter_val="1", sort="transaction date", order="desc")
page(wanted, total=total(wanted), start=0, size=50)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ccportal.acdb.coercion import ACCOUNT_COLUMNS, coerce_value
from ccportal.acdb.introspection import Column, Table
from ccportal.acdb.sql import POSTGRESQL, SQL_SERVER, SQLITE, acdb, named
from ccportal.acdb.values import Row, from_database
from ccportal.core.errors import InvalidInput

SEARCHED_COLUMNS = 10
#: Where a row without key stands; SQL Server has nothing that is documented, there all columns order the rows.
_LOCATORS = {SQLITE: "rowid", POSTGRESQL: "ctid"}
_SEARCHED = frozenset({"VARCHAR", "LONGCHAR"})
_UNORDERED = frozenset({"LONGBINARY", "BINARY"})
_DAY = len("2026-11-21")
#: A condition in SQL with its parameters.
Clause = tuple[str, list[Any]]


@dataclass(frozen=True)
class Rows:
    """A table, what its rows must fulfil (SQL with its parameters), and their order."""

    table: Table
    conditions: tuple[str, ...] = ()
    params: tuple[Any, ...] = ()
    sort: Column | None = None
    descending: bool = False

    @property
    def source(self) -> str:
        """Everything from FROM to the end of WHERE."""
        where = " AND ".join(self.conditions)
        return f"FROM {named(acdb(), self.table.name)}" + (f" WHERE {where}" if where else "")

    def ordering(self, *, backwards: bool = False) -> str:
        """The columns after ORDER BY: the wanted one with NULLs last, then what makes the order unique."""
        connection = acdb()
        parts = []
        if self.sort is not None:
            name = named(connection, self.sort.name)
            parts += _nulls_last(connection.vendor, name, descending=self.descending, backwards=backwards)
        way = "DESC" if self.descending != backwards else "ASC"
        unique = [name for name in unique_names(self.table) if self.sort is None or name != self.sort.name]
        parts += [f"{reference(name)} {way}" for name in unique]
        return ", ".join(parts)


def rows_of(
    table: Table,
    *,
    search: str = "",
    filter_col: str = "",
    filter_val: str = "",
    sort: str = "",
    order: str = "asc",
    only: Mapping[str, Any] | None = None,
    clauses: Iterable[Clause] = (),
) -> Rows:
    """The rows that a reader asks for; ``InvalidInput`` names an unknown column or a value that does not fit it.

    ``filter_col`` and ``filter_val`` act only together. ``only`` (column to value) is a restriction of the caller's,
    ``clauses`` are further conditions (``filters``).
    """
    conditions: list[str] = []
    params: list[Any] = []
    wanted = [equal(get_column(table, filter_col), filter_val)] if filter_col and filter_val else []
    wanted += [_same(get_column(table, name), value) for name, value in (only or {}).items()]
    wanted += clauses
    if search:
        columns = [column for column in table.columns if column.type in _SEARCHED][:SEARCHED_COLUMNS]
        wanted += [contains(columns, search)] if columns else []
    for condition, values in wanted:
        conditions.append(condition)
        params += values
    by = get_column(table, sort) if sort else None
    if by is not None and by.type in _UNORDERED:
        raise InvalidInput(f"{by.name} holds pictures or files, which have no order.", field=by.name)
    return Rows(table, tuple(conditions), tuple(params), by, order == "desc")


def get_column(table: Table, name: str) -> Column:
    """The column of that name; ``InvalidInput`` when the table has none."""
    column = table.column(name)
    if column is None:
        raise InvalidInput(f"The table {table.name} has no column {name!r}.", field=name)
    return column


def page(rows: Rows, *, total: int, start: int, size: int) -> list[Row]:
    """``size`` rows from the place ``start`` (0 is the first), typed, of ``total`` that there are.

    The engine first finds the keys of the page, from the nearer end, then reads those rows only.
    """
    size = min(size, total - start)
    if size <= 0:
        return []
    backwards = start > total // 2
    first = total - start - size if backwards else start
    connection = acdb()
    names = ", ".join(named(connection, name) for name in rows.table.column_names)
    with connection.cursor() as cursor:
        cursor.execute(_page_sql(rows, names, first, size, backwards=backwards), list(rows.params))
        found = [typed_row(rows.table, values) for values in cursor.fetchall()]
    return found[::-1] if backwards else found


def unique_names(table: Table) -> list[str]:
    """What orders rows uniquely: the key, else where the engine keeps the row, else every column."""
    locator = _LOCATORS.get(acdb().vendor)
    if table.primary_key:
        return list(table.primary_key)
    if locator:
        return [locator]
    return [column.name for column in table.columns if column.type not in _UNORDERED]


def _page_sql(rows: Rows, names: str, first: int, size: int, *, backwards: bool) -> str:
    vendor, table = acdb().vendor, named(acdb(), rows.table.name)
    order = rows.ordering(backwards=backwards)
    if vendor == SQL_SERVER:
        return f"SELECT {names} {rows.source} ORDER BY {order} OFFSET {first} ROWS FETCH NEXT {size} ROWS ONLY"
    unique = unique_names(rows.table)
    piece = f"{rows.source} ORDER BY {order} LIMIT {size} OFFSET {first}"
    if len(unique) > 1:
        return f"SELECT {names} {piece}"
    key = reference(unique[0])
    keys = f"SELECT {key} {piece}"
    # PostgreSQL looks rows up by a list of places, but joins with a query of them by reading the whole table.
    chosen = f"= ANY(ARRAY({keys}))" if vendor == POSTGRESQL else f"IN ({keys})"
    return f"SELECT {names} FROM {table} WHERE {key} {chosen} ORDER BY {order}"  # noqa: S608 - catalogue names, numbers


def reference(name: str) -> str:
    """A column, quoted, or the engine's own place of a row, which must not be."""
    return name if name in _LOCATORS.values() else named(acdb(), name)


def _nulls_last(vendor: str, name: str, *, descending: bool, backwards: bool) -> list[str]:
    way = "DESC" if descending != backwards else "ASC"
    if vendor == SQL_SERVER:
        return [f"CASE WHEN {name} IS NULL THEN 1 ELSE 0 END {'DESC' if backwards else 'ASC'}", f"{name} {way}"]
    return [f"{name} {way} NULLS {'FIRST' if backwards else 'LAST'}"]


def equal(column: Column, text: str) -> Clause:
    """A column equal to what somebody typed: texts without case as in Access, a day alone means all of it."""
    name = named(acdb(), column.name)
    if column.family == "binary":
        raise InvalidInput(f"{column.name} holds pictures or files and cannot be filtered.", field=column.name)
    if column.family == "text" and column.name.casefold() not in ACCOUNT_COLUMNS:
        return f"UPPER({_as_text(column)}) = UPPER(%s)", [text]
    value = coerce_value(column, text)
    if isinstance(value, datetime) and is_day(text):
        return f"({name} >= %s AND {name} < %s)", [parameter(value), parameter(value + timedelta(days=1))]
    return _same(column, value)


def _same(column: Column, value: Any) -> Clause:
    name = named(acdb(), column.name)
    return (f"{name} IS NULL", []) if value is None else (f"{name} = %s", [parameter(value)])


def is_day(text: str) -> bool:
    """Whether a date was given without a time; then all of the day is meant."""
    return len(text.strip()) == _DAY


def contains(columns: Sequence[Column], text: str) -> Clause:
    """The text anywhere in one of the columns, in any case."""
    pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("[", "\\[") + "%"
    if acdb().vendor != SQL_SERVER:
        pattern = pattern.replace("\\[", "[")  # a wildcard on SQL Server alone
    each = [f"UPPER({_as_text(column)}) LIKE UPPER(%s) ESCAPE '\\'" for column in columns]
    return f"({' OR '.join(each)})", [pattern] * len(columns)


def _as_text(column: Column) -> str:
    name = named(acdb(), column.name)
    return f"CAST({name} AS {'text' if acdb().vendor == POSTGRESQL else 'nvarchar(40)'})" if _is_guid(column) else name


def _is_guid(column: Column) -> bool:
    return column.type == "GUID" and acdb().vendor != SQLITE


def parameter(value: Any) -> Any:
    """A typed value as the engine's driver takes it."""
    if isinstance(value, datetime):
        connection = acdb()
        if connection.vendor == SQL_SERVER:
            return value.replace(tzinfo=None)
        return connection.ops.adapt_datetimefield_value(value)
    return value


def typed_row(table: Table, values: Sequence[Any]) -> Row:
    """A row as a cursor gives it, in the portal's types."""
    return {column.name: from_database(column, value) for column, value in zip(table.columns, values, strict=True)}
