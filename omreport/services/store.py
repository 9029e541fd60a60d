"""Rows of rollup tables in bulk: plain integers and texts, without a model instance for each.

A build moves millions of rows; instances would cost more than the sums themselves, and lists of them would not fit.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

CHUNK = 5000
MOST_PARAMETERS = 500
Row = tuple[Any, ...]


def _columns(model: type[Model], fields: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return ", ".join(quote(columns[name]) for name in fields)


def table_of(model: type[Model]) -> str:
    """The quoted name of a model's table."""
    return connection.ops.quote_name(model._meta.db_table)


def stream(sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
    """The rows of a query on our own database, a few thousand at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def fetch(model: type[Model], fields: Sequence[str], where: str = "", parameters: Sequence[Any] = ()) -> Iterator[Row]:
    """The rows of a rollup table as they are stored: fixed decimals are ten-thousandths."""
    condition = f" WHERE {where}" if where else ""
    return stream(f"SELECT {_columns(model, fields)} FROM {table_of(model)}{condition}", parameters)  # noqa: S608 - names come from the model


def insert(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert rows in the stored form; the number of rows."""
    return _insert(table_of(model), _columns(model, fields), len(fields), rows)


def _insert(table: str, columns: str, width: int, rows: Iterable[Sequence[Any]], ending: str = "") -> int:
    marks = ", ".join(["%s"] * width)
    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}){ending}"  # noqa: S608 - names come from the model
    left, count = iter(rows), 0
    with connection.cursor() as cursor:
        while piece := list(islice(left, CHUNK)):
            cursor.executemany(sql, piece)
            count += len(piece)
    return count


def replace(
    model: type[Model], fields: Sequence[str], key: int, wanted: Iterable[Row], periods: Collection[int] | None = None
) -> int:
    """Make the table, or only these months of it, hold exactly ``wanted``; the number of rows written.

    Only what differs is written. The first ``key`` fields identify a row.
    """
    where, parameters = ("", ()) if periods is None else ("period" + among(periods), tuple(periods))
    new = {row[:key]: row for row in wanted}
    old = {row[:key]: row for row in fetch(model, fields, where, parameters)}
    gone = [name for name, row in old.items() if new.get(name) != row]
    fresh = [row for name, row in new.items() if old.get(name) != row]
    delete(model, fields[:key], gone)
    insert(model, fields, fresh)
    return len(gone) + len(fresh)


def among(values: Collection[Any]) -> str:
    """The end of a condition with a placeholder for each value; of nothing it is never true."""
    return f" IN ({', '.join(['%s'] * len(values)) or 'NULL'})"


def pieces(values: Collection[Any]) -> Iterator[list[Any]]:
    """A few values at a time: statements have a limit of parameters."""
    left = iter(values)
    while piece := list(islice(left, MOST_PARAMETERS)):
        yield piece


def delete(model: type[Model], fields: Sequence[str], keys: Sequence[Row]) -> None:
    where = " AND ".join(f"{_columns(model, [field])} = %s" for field in fields)
    sql = f"DELETE FROM {table_of(model)} WHERE {where}"  # noqa: S608 - names come from the model
    with connection.cursor() as cursor:
        for start in range(0, len(keys), CHUNK):
            cursor.executemany(sql, keys[start : start + CHUNK])


# ---------------------------------------------------------------- staging


class Staged:
    """Wanted rows of a rollup table, in a temporary table beside it.

    Filling it takes as long as reading the ledger does and locks nothing: other people go on writing. The first
    ``key`` fields identify a row; rows come best in their order. Rows of the same key are added up; ``meeting`` says in
    SQL what else becomes of a column then.
    """

    def __init__(
        self, model: type[Model], fields: Sequence[str], key: int, meeting: Mapping[str, str] | None = None
    ) -> None:
        quote = connection.ops.quote_name
        self.model, self.meeting = model, meeting or {}
        self.table, self.target = quote(f"staged_{model._meta.model_name}"), table_of(model)
        self.fields = fields
        self.key, self.rest = [quote(name) for name in fields[:key]], [quote(name) for name in fields[key:]]
        self.names = ", ".join([*self.key, *self.rest])

    def fill(self, rows: Iterable[Row]) -> None:
        types = {field.name: field.db_type(connection) for field in self.model._meta.concrete_fields}
        columns = [f"{connection.ops.quote_name(name)} {types[name]} NOT NULL" for name in self.fields]
        with connection.cursor() as cursor:
            # Connections are kept: something of an earlier try may be left.
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")
            cursor.execute(
                f"CREATE TEMPORARY TABLE {self.table} ({', '.join(columns)}, UNIQUE ({', '.join(self.key)}))"
            )
            with _unlocked_batch(cursor):
                _insert(self.table, self.names, len(self.fields), rows, self._adding(self.table))

    def _adding(self, table: str) -> str:
        """What happens to rows of the same key."""
        changes = []
        for name, quoted in zip(self.fields[len(self.key) :], self.rest, strict=True):
            rule = self.meeting.get(name, "{old} + {new}")
            changes.append(f"{quoted} = {rule.format(old=f'{table}.{quoted}', new=f'excluded.{quoted}')}")
        return f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {', '.join(changes)}"

    def keys(self) -> Iterator[Row]:
        return stream(f"SELECT {', '.join(self.key)} FROM {self.table}")  # noqa: S608 - names come from the model

    def changed(self, periods: Collection[int] | None) -> Iterator[Row]:
        """The keys of rows that are new, different or gone, in these months or all."""
        where, parameters = self._in(periods)
        yield from stream(
            f"SELECT {_each('s', self.key)} FROM {self.table} s LEFT JOIN {self.target} t ON {self._same('t')} "  # noqa: S608 - names come from the model
            f"WHERE t.id IS NULL OR {self._differs('s', 't')}"
        )
        yield from stream(
            f"SELECT {_each(self.target, self.key)} FROM {self.target} WHERE {where} AND {self._lacks}",  # noqa: S608 - names come from the model
            parameters,
        )

    def add(self) -> None:
        """Add the rows to those that are there."""
        with connection.cursor() as cursor:
            cursor.execute(f"{self._copying} {self._adding(self.target)}")

    def replace(self, periods: Collection[int] | None) -> None:
        """Put the rows in the place of those of these months, or of all; rows that stay the same are not written."""
        where, parameters = self._in(periods)
        changes = ", ".join(f"{name} = excluded.{name}" for name in self.rest)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.target} WHERE {where} AND {self._lacks}", parameters)  # noqa: S608 - names come from the model
            cursor.execute(
                f"{self._copying} ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changes} "
                f"WHERE {self._differs(self.target, 'excluded')}"
            )

    @property
    def _copying(self) -> str:
        """In the order in which the table is read, so that its indexes grow at their ends."""
        order = ", ".join(connection.ops.quote_name(str(name)) for name in self.model._meta.ordering or ())
        rows = f"SELECT {self.names} FROM {self.table} WHERE true ORDER BY {order}"  # noqa: S608 - names come from the model
        return f"INSERT INTO {self.target} ({self.names}) {rows}"

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")

    @property
    def _lacks(self) -> str:
        return f"NOT EXISTS (SELECT 1 FROM {self.table} s WHERE {self._same(self.target)})"  # noqa: S608 - names come from the model

    def _same(self, target: str) -> str:
        return " AND ".join(f"s.{name} = {target}.{name}" for name in self.key)

    def _differs(self, one: str, other: str) -> str:
        return f"({_each(one, self.rest)}) <> ({_each(other, self.rest)})"

    def _in(self, periods: Collection[int] | None) -> tuple[str, Sequence[int]]:
        if periods is None:
            return "true", ()
        return f"{self.target}.{connection.ops.quote_name('period')}{among(periods)}", tuple(periods)


def _each(table: str, names: Sequence[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


@contextmanager
def _unlocked_batch(cursor: Any) -> Iterator[None]:
    """One batch of writes to a temporary table.

    A transaction as Django begins it would lock all of SQLite; a savepoint of its own does not, as long as only
    temporary tables are written.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    cursor.execute("SAVEPOINT staging")
    try:
        yield
    finally:
        cursor.execute("RELEASE staging")
