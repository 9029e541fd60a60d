"""Records of any ACDB table, typed: what the audited write path and the table browser stand on.

Writing here leaves no audit entry; call ``audit.services``, which calls this (DESIGN 3).

A record is addressed by a record id, a text. In a table with a key it is the key's value (several columns: their
values joined with ``|``). Many ACDB tables have none; there it is the value of the column that semantics 18.3 names,
and ``value@fingerprint`` where several rows share the value: the fingerprint is taken of the whole row, so it
also stops a write to a row that has changed. Two rows that are equal in every column cannot be told apart; writing to
one of them is a ``Conflict``.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ccportal.acdb.coercion import coerce, coerce_value
from ccportal.acdb.introspection import Column, Table, get_table
from ccportal.acdb.router import ACDB
from ccportal.acdb.sql import POSTGRESQL, SQL_SERVER, SQLITE, acdb, named, quoted
from ccportal.acdb.values import Row, differing, from_database, json_value, jsonable
from ccportal.core.errors import Conflict, InvalidInput, NotAllowed, NotFound

__all__ = [
    "coerce", "delete", "fetch_record", "get_table", "insert", "json_value", "jsonable", "key_of", "record_id_of",
    "refuse_if_read_only", "update",
]  # fmt: skip

#: Semantics 18.3: the column that serves as key where the table declares none.
_HABITUAL_KEYS = ("ID", "Id", "id", "CUSTOMER ID", "customerid", "accountnumber")
_FINGERPRINT = re.compile(r"(.*)@([0-9a-f]{16})", re.DOTALL)
_LOCATORS = {SQLITE: "rowid", POSTGRESQL: "ctid"}
READ_ONLY = (
    "The customer database is read-only here: it is changed in Access and imported again. "
    "Make the change in Access, or ask a super admin."
)


def refuse_if_read_only() -> None:
    """``NotAllowed`` while an Access file is the master (``ACDB_READ_ONLY``)."""
    if settings.ACDB_READ_ONLY:
        raise NotAllowed(READ_ONLY)


def key_of(table: Table) -> tuple[str, ...]:
    """The columns that address a record: the primary key, else the habitual column, else the first one."""
    if table.primary_key:
        return table.primary_key
    for name in _HABITUAL_KEYS:
        if name in table.column_names:
            return (name,)
    return (table.columns[0].name,)


def record_id_of(table: Table, row: Mapping[str, Any]) -> str:
    """The record id of a row that was read; with a fingerprint where the table has no key."""
    key = "|".join(_key_text(row[name], several=len(key_of(table)) > 1) for name in key_of(table))
    return key if table.primary_key else f"{key}@{fingerprint(row)}"


def fingerprint(row: Mapping[str, Any]) -> str:
    """Sixteen hexadecimal digits that stand for the values of a row in every column."""
    text = json.dumps([json_value(value) for value in row.values()], ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def fetch_record(table: Table, record_id: str) -> Row | None:
    """The record with that id, columns in stored order; None when there is none.

    ``Conflict`` when the id of a table without key is that of several rows: use their ids with fingerprint.
    """
    connection = acdb()
    with connection.cursor() as cursor:
        found = [row for _, row in _matching(connection, cursor, table, record_id, lock=False)]
    return _only(table, record_id, found) if found else None


def insert(table: Table, values: Mapping[str, Any]) -> str:
    """Write a new row of values as ``coerce`` gives them or as they were logged; its record id.

    An autonumber is filled by the engine unless ``values`` holds it, which is how a deleted row comes back.
    """
    refuse_if_read_only()
    row = {**_unticked(table), **_writable(table, values)}
    connection = acdb()
    with _writing(table), connection.cursor() as cursor:
        created = _insert(connection, cursor, table, row)
    return record_id_of(table, created)


def update(table: Table, record_id: str, changes: Mapping[str, Any], expected_old: Mapping[str, Any]) -> str:
    """Write ``changes`` to one row, if its columns still are as ``expected_old`` says; its record id afterwards.

    ``NotFound`` when it is gone, ``Conflict`` when it has changed meanwhile. Exactly one row is changed or none.
    """
    refuse_if_read_only()
    row = _writable(table, changes)
    if table.counter and table.counter.name in row:
        raise InvalidInput(f"{table.counter.name} is numbered by the database and cannot be changed.")
    connection = acdb()
    with _writing(table), connection.cursor() as cursor:
        where, params, old = _guarded(connection, cursor, table, record_id, expected_old)
        assignments = ", ".join(f"{named(connection, name)} = %s" for name in row)
        cursor.execute(
            f"UPDATE {named(connection, table.name)} SET {assignments} WHERE {where}",  # noqa: S608 - catalogue names
            [*_parameters(connection, table, row), *params],
        )
        _exactly_one(table, cursor.rowcount)
    written = {name: from_database(_column(table, name), value) for name, value in row.items()}
    return record_id_of(table, {**old, **written})


def delete(table: Table, record_id: str, expected_old: Mapping[str, Any]) -> None:
    """Remove one row, if its columns still are as ``expected_old`` says; faults as for ``update``."""
    refuse_if_read_only()
    connection = acdb()
    with _writing(table), connection.cursor() as cursor:
        where, params, _ = _guarded(connection, cursor, table, record_id, expected_old)
        cursor.execute(f"DELETE FROM {named(connection, table.name)} WHERE {where}", params)  # noqa: S608 - catalogue names
        _exactly_one(table, cursor.rowcount)


# ---------------------------------------------------------------- finding rows


def _matching(
    connection: BaseDatabaseWrapper, cursor: Any, table: Table, record_id: str, *, lock: bool
) -> Iterator[tuple[Any, Row]]:
    """The rows that an id addresses, each with what locates it inside this transaction."""
    keys, wanted_print = _parse_id(table, record_id)
    if keys is None:
        return
    conditions, params = _equal_keys(connection, table, keys)
    locator = _LOCATORS.get(connection.vendor) if not table.primary_key else None
    columns = [named(connection, name) for name in table.column_names]
    hint = " WITH (UPDLOCK, ROWLOCK)" if lock and connection.vendor == SQL_SERVER else ""
    tail = " FOR UPDATE" if lock and connection.vendor == POSTGRESQL else ""
    cursor.execute(
        f"SELECT {locator or 'NULL'}, {', '.join(columns)} FROM {named(connection, table.name)}{hint} "  # noqa: S608 - catalogue names
        f"WHERE {conditions}{tail}",
        params,
    )
    for place, *values in cursor.fetchall():
        row = _row(table, values)
        if wanted_print is None or fingerprint(row) == wanted_print:
            yield place, row


def _parse_id(table: Table, record_id: str) -> tuple[list[Any] | None, str | None]:
    """The key values an id holds, None when it cannot be one of this table, and the fingerprint."""
    text, wanted_print = str(record_id), None
    if not table.primary_key:
        match = _FINGERPRINT.fullmatch(text)
        if match:
            text, wanted_print = match[1], match[2]
    names = key_of(table)
    parts = [text] if len(names) == 1 else [unquote(part) for part in text.split("|")]
    if len(parts) != len(names):
        return None, None
    try:
        return [_key_value(_column(table, name), part) for name, part in zip(names, parts, strict=True)], wanted_print
    except InvalidInput:
        return None, None


def _key_value(column: Column, text: str) -> Any:
    """A part of an id as the column's value; empty is NULL, texts stay as they are stored."""
    if column.family == "text":
        return text
    return None if text == "" else coerce_value(column, text)


def _equal_keys(connection: BaseDatabaseWrapper, table: Table, keys: list[Any]) -> tuple[str, list[Any]]:
    conditions, params = [], []
    for name, value in zip(key_of(table), keys, strict=True):
        column = named(connection, name)
        if value is None:
            conditions.append(f"{column} IS NULL")
        elif value == "":
            conditions.append(f"({column} IS NULL OR {column} = '')")
        else:
            conditions.append(f"{column} = %s")
            params.append(_parameter(connection, _column(table, name), value))
    return " AND ".join(conditions), params


def _guarded(
    connection: BaseDatabaseWrapper, cursor: Any, table: Table, record_id: str, expected: Mapping[str, Any]
) -> tuple[str, list[Any], Row]:
    """The condition that selects the one row to be written, after locking and comparing it."""
    found = list(_matching(connection, cursor, table, record_id, lock=True))
    if not found:
        raise _gone(connection, cursor, table, record_id)
    row = _only(table, record_id, [row for _, row in found])
    changed = differing(table, row, expected)
    if changed:
        raise Conflict(
            f"Somebody changed {', '.join(changed)} of this record meanwhile. Look at it again, then decide."
        )
    place = found[0][0]
    if place is not None:
        value = "%s::tid" if connection.vendor == POSTGRESQL else "%s"
        return f"{_LOCATORS[connection.vendor]} = {value}", [place], row
    if table.primary_key:
        where, params = _equal_keys(connection, table, [row[name] for name in table.primary_key])
        return where, params, row
    return *_equal_everywhere(connection, table, row), row


def _equal_everywhere(connection: BaseDatabaseWrapper, table: Table, row: Row) -> tuple[str, list[Any]]:
    conditions, params = [], []
    for name, value in row.items():
        if value is None:
            conditions.append(f"{named(connection, name)} IS NULL")
        else:
            conditions.append(f"{named(connection, name)} = %s")
            params.append(_parameter(connection, _column(table, name), value))
    return " AND ".join(conditions), params


def _gone(connection: BaseDatabaseWrapper, cursor: Any, table: Table, record_id: str) -> NotFound | Conflict:
    """Why an id finds nothing: with a fingerprint, a row that was changed looks like one that was deleted."""
    match = _FINGERPRINT.fullmatch(record_id)
    if match and not table.primary_key and any(_matching(connection, cursor, table, match[1], lock=False)):
        return Conflict("Somebody changed this record meanwhile. Look at it again, then decide.")
    return NotFound(f"The record {record_id} of {table.name} is not there any more.")


def _only(table: Table, record_id: str, rows: list[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    if all(row == rows[0] for row in rows[1:]):
        raise Conflict(f"{table.name} holds this row {len(rows)} times; equal rows cannot be told apart.")
    raise Conflict(f"{len(rows)} rows of {table.name} share the key {record_id}; choose one of them in the table.")


# ---------------------------------------------------------------- writing rows


@contextmanager
def _writing(table: Table) -> Iterator[None]:
    """One transaction on the ACDB; what the engine refuses becomes a sentence."""
    try:
        with transaction.atomic(using=ACDB):
            yield
    except IntegrityError as error:
        raise Conflict(f"{table.name} holds a record with this key already, or a needed value is missing.") from error
    except DataError as error:
        raise InvalidInput(f"A value does not fit its column of {table.name}.") from error


def _insert(connection: BaseDatabaseWrapper, cursor: Any, table: Table, row: Row) -> Row:
    names = ", ".join(named(connection, name) for name in row)
    places = ", ".join(["%s"] * len(row))
    params = _parameters(connection, table, row)
    target = named(connection, table.name)
    if connection.vendor == SQL_SERVER:
        output = ", ".join(f"INSERTED.{named(connection, name)}" for name in table.column_names)
        sql = f"INSERT INTO {target} ({names}) OUTPUT {output} VALUES ({places})"  # noqa: S608 - catalogue names
    else:
        output = ", ".join(named(connection, name) for name in table.column_names)
        sql = f"INSERT INTO {target} ({names}) VALUES ({places}) RETURNING {output}"  # noqa: S608 - catalogue names
    with _numbering(connection, cursor, table, row):
        cursor.execute(sql, params)
        return _row(table, cursor.fetchone())


@contextmanager
def _numbering(connection: BaseDatabaseWrapper, cursor: Any, table: Table, row: Row) -> Iterator[None]:
    """SQL Server takes an autonumber from outside only while it is told to."""
    if connection.vendor != SQL_SERVER or table.counter is None or table.counter.name not in row:
        yield
        return
    cursor.execute(f"SET IDENTITY_INSERT {quoted(connection, table.name)} ON")
    try:
        yield
    finally:
        cursor.execute(f"SET IDENTITY_INSERT {quoted(connection, table.name)} OFF")


def _unticked(table: Table) -> Row:
    """What a new row has in columns that can only be yes or no, as in Access: no."""
    return {column.name: False for column in table.columns if column.type == "BIT" and not column.nullable}


def _writable(table: Table, values: Mapping[str, Any]) -> Row:
    """The values under their stored names and in the portal's types, also when they come from the log as JSON."""
    row: Row = {}
    for name, value in values.items():
        column = table.column(name)
        if column is None:
            raise InvalidInput(f"The table {table.name} has no column {name!r}.", field=name)
        row[column.name] = from_database(column, value)
    if not row:
        raise InvalidInput(f"Nothing to write to {table.name}.")
    return row


def _parameters(connection: BaseDatabaseWrapper, table: Table, row: Row) -> list[Any]:
    return [_parameter(connection, _column(table, name), value) for name, value in row.items()]


def _parameter(connection: BaseDatabaseWrapper, column: Column, value: Any) -> Any:
    """A value as the engine's driver takes it: times local where the engine keeps no zone."""
    if column.type == "DATETIME" and hasattr(value, "tzinfo"):
        if connection.vendor == SQL_SERVER:
            return value.replace(tzinfo=None)
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _row(table: Table, values: list[Any]) -> Row:
    return {column.name: from_database(column, value) for column, value in zip(table.columns, values, strict=True)}


def _column(table: Table, name: str) -> Column:
    column = table.column(name)
    if column is None:
        raise LookupError(name)
    return column


def _key_text(value: Any, *, several: bool) -> str:
    text = "" if value is None else str(json_value(value))
    return quote(text, safe="") if several else text


def _exactly_one(table: Table, affected: int) -> None:
    if affected != 1:
        raise Conflict(
            f"The change would have touched {affected} rows of {table.name} instead of one; nothing was changed."
        )
