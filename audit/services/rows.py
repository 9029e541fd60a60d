"""Rows of the ACDB as the log holds them (JSON) and as the gateway takes them (typed)."""

from collections.abc import Mapping
from typing import Any

from ccportal.acdb import gateway
from ccportal.acdb.introspection import Table
from ccportal.acdb.sql import acdb, named
from ccportal.acdb.values import differing, from_database

Row = dict[str, Any]
#: Columns that every engine compares alike; the others are compared here.
_COMPARED_BY_ENGINE = frozenset({"INTEGER", "SMALLINT", "BYTE", "BIGINT", "VARCHAR"})


def typed(table: Table, logged: Mapping[str, Any]) -> Row:
    """A logged row in the portal's types, every column of the table, absent ones NULL."""
    return {column.name: from_database(column, logged.get(column.name)) for column in table.columns}


def address(table: Table, logged: Mapping[str, Any]) -> str:
    """The record id of the row as it was logged; in a table without key only that very row has it."""
    return gateway.record_id_of(table, typed(table, logged))


def shown_id(table: Table, record_id: str) -> str:
    """A record id as the log shows it and finds it: without the fingerprint, which changes with the row."""
    return record_id if table.primary_key else record_id.rpartition("@")[0] or record_id


def is_like(table: Table, row: Mapping[str, Any], logged: Mapping[str, Any]) -> bool:
    """Whether a row has the logged values, in the columns that were logged."""
    return not differing(table, row, logged)


def rows_like(table: Table, values: Mapping[str, Any]) -> list[Row]:
    """All rows that have these values."""
    connection = acdb()
    conditions, parameters = ["1 = 1"], []
    for name, value in values.items():
        column = table.column(name)
        if column is not None and column.type in _COMPARED_BY_ENGINE and value not in (None, ""):
            conditions.append(f"{named(connection, column.name)} = %s")
            parameters.append(value)
    names = ", ".join(named(connection, name) for name in table.column_names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {names} FROM {named(connection, table.name)} WHERE {' AND '.join(conditions)}",  # noqa: S608 - catalogue names
            parameters,
        )
        found = [
            {column.name: from_database(column, value) for column, value in zip(table.columns, row, strict=True)}
            for row in cursor
        ]
    return [row for row in found if is_like(table, row, values)]


def floor(table: Table, values: Mapping[str, Any]) -> int | None:
    """What tells a row that is about to be written from those that are there (``Mutation.floor``)."""
    if table.counter and table.counter.name not in values:
        connection = acdb()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT MAX({named(connection, table.counter.name)}) FROM {named(connection, table.name)}",  # noqa: S608 - catalogue names
                [],
            )
            return cursor.fetchone()[0] or 0
    return None if table.primary_key else len(rows_like(table, values))
