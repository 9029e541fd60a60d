"""Rows of rollup tables in bulk: plain integers and texts, without a model instance for each.

A refresh moves tens of thousands of rows; instances would cost more than the sums themselves.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Model

CHUNK = 5000
Row = tuple[Any, ...]


def _columns(model: type[Model], fields: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return ", ".join(quote(columns[name]) for name in fields)


def fetch(model: type[Model], fields: Sequence[str], order_by: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a rollup table as they are stored: fixed decimals are ten-thousandths."""
    sql = f"SELECT {_columns(model, fields)} FROM {connection.ops.quote_name(model._meta.db_table)}"  # noqa: S608 - names come from the model
    if order_by:
        sql += f" ORDER BY {_columns(model, order_by)}"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def insert(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert rows in the stored form; the number of rows."""
    marks = ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(model._meta.db_table)
    sql = f"INSERT INTO {table} ({_columns(model, fields)}) VALUES ({marks})"  # noqa: S608 - names come from the model
    left, count = iter(rows), 0
    with connection.cursor() as cursor:
        while piece := list(islice(left, CHUNK)):
            cursor.executemany(sql, piece)
            count += len(piece)
    return count


def replace(model: type[Model], fields: Sequence[str], key: int, wanted: Iterable[Row]) -> int:
    """Make the table hold exactly ``wanted``, writing only what differs; the number of rows written.

    The first ``key`` fields identify a row.
    """
    new = {row[:key]: row for row in wanted}
    old = {row[:key]: row for row in fetch(model, fields)}
    gone = [name for name, row in old.items() if new.get(name) != row]
    fresh = [row for name, row in new.items() if old.get(name) != row]
    _delete(model, fields[:key], gone)
    insert(model, fields, fresh)
    return len(gone) + len(fresh)


def _delete(model: type[Model], fields: Sequence[str], keys: Sequence[Row]) -> None:
    quote = connection.ops.quote_name
    where = " AND ".join(f"{_columns(model, [field])} = %s" for field in fields)
    sql = f"DELETE FROM {quote(model._meta.db_table)} WHERE {where}"  # noqa: S608 - names come from the model
    with connection.cursor() as cursor:
        for start in range(0, len(keys), CHUNK):
            cursor.executemany(sql, keys[start : start + CHUNK])


def delete_periods(model: type[Model], periods: Iterable[int] | None) -> None:
    """Delete the rows of some months, or all, without loading them (signals of deletions would)."""
    sql = f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}"  # noqa: S608 - names come from the model
    with connection.cursor() as cursor:
        if periods is None:
            cursor.execute(sql)
        else:
            cursor.executemany(f"{sql} WHERE {_columns(model, ['period'])} = %s", [(period,) for period in periods])
