"""Writes staging tables beside the live ones and swaps them in, on each engine that can hold an imported ACDB.

Staging tables are called ``~import~1``, ``~import~2`` ...; the catalogue hides names with a tilde. A swap renames the
old tables away and the new ones in, in one transaction, and drops the old ones afterwards: readers wait for a rename
only, never for the dropping of a million rows.
"""

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ccportal.acdb.importer.errors import ImportBusy, ImportImpossible
from ccportal.acdb.importer.source import SourceColumn, SourceTable
from ccportal.acdb.introspection import catalogue
from ccportal.acdb.router import ACDB
from ccportal.acdb.sql import POSTGRESQL, SQLITE, named, quoted

STAGING, OLD = "~import~", "~old~"
#: Any number will do, as long as everybody takes the same.
_ADVISORY_LOCK = 7_301_955_021
_COMMIT_ROWS = 10_000
#: Rows in one INSERT on SQLite; measured, half as fast again as single rows into a table with an autonumber.
_STATEMENT_ROWS = 50
_IDENTIFIER_BYTES = 63
#: Columns by which the portal reads, each with the second column of its index where there is one.
_INDEXED: dict[str, tuple[str, ...]] = {
    "accountnumber": ("transaction date",),
    "transaction date": (),
    "customer id": (),
    "customerid": (),
    "meterid": ("whdatetime",),
    "whdatetime": (),
    "reading_datetime": (),
    "yearmonth": (),
}


class _Target:
    """What both engines do alike.

    ``exact_decimals``: keeps all 19 digits of an amount; ``folds_case``: names match in any case.
    """

    exact_decimals = True
    folds_case = False
    _types: dict[str, str]

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._token = secrets.token_hex(4)

    def _run(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def _name(self, name: str) -> str:
        return quoted(self._connection, name)

    def clean(self) -> None:
        """Drop what an import left that was killed."""
        for table in catalogue(self._connection, hidden=True):
            if table.name.startswith((STAGING, OLD)):
                self._run(f"DROP TABLE {self._name(table.name)}")

    def live_tables(self) -> list[str]:
        return [table.name for table in catalogue(self._connection)]

    def check_names(self, table: SourceTable) -> None:
        """Engines may refuse names; SQLite takes any."""

    def create(self, staging: str, table: SourceTable) -> None:
        columns = [f"{self._name(column.name)} {self._declared(column, table)}" for column in table.columns]
        inline = any(self._is_inline_key(column, table) for column in table.columns)
        if table.primary_key and not inline:
            columns.append(f"PRIMARY KEY ({', '.join(map(self._name, table.primary_key))})")
        self._run(f"CREATE TABLE {self._name(staging)} ({', '.join(columns)})")

    def index(self, staging: str, number: int, table: SourceTable) -> None:
        """Indexes that help reading; names are new each time, for indexes keep theirs when a table is renamed."""
        stored = {column.name.casefold(): column.name for column in table.columns}
        for place, (first, further) in enumerate(_INDEXED.items()):
            if first in stored and stored[first] not in table.primary_key:
                names = [stored[name] for name in (first, *further) if name in stored]
                columns = ", ".join(map(self._name, names))
                index = self._name(f"acdb_{self._token}_{number}_{place}")
                self._run(f"CREATE INDEX {index} ON {self._name(staging)} ({columns})")

    def count(self, table: str) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {self._name(table)}")  # noqa: S608 - quoted name
            return int(cursor.fetchone()[0])

    def swap(self, staged: dict[str, str], removed: Iterable[str]) -> None:
        """Put the staging tables in place of those of their names, and take ``removed`` away, all in one step."""
        live = {self._folded(name): name for name in self.live_tables()}
        gone = [live[self._folded(name)] for name in [*staged, *removed] if self._folded(name) in live]
        with transaction.atomic(using=ACDB):
            self._before_swap()
            for number, name in enumerate(gone, 1):
                self._rename(name, f"{OLD}{number}")
            for name, staging in staged.items():
                self._rename(staging, name)

    def _folded(self, name: str) -> str:
        return name.casefold() if self.folds_case else name

    def _rename(self, old: str, new: str) -> None:
        self._run(f"ALTER TABLE {self._name(old)} RENAME TO {self._name(new)}")

    def _before_swap(self) -> None:
        """What the transaction needs first."""

    def _declared(self, column: SourceColumn, table: SourceTable) -> str:
        kind = self._types.get(column.type, self._types["LONGCHAR"])
        if column.type in ("VARCHAR", "BINARY") and column.size:
            kind = self._sized(column, kind)
        if column.type == "DECIMAL" and column.size:
            kind = f"{kind}({column.size},{column.scale or 0})"
        return kind + (" NOT NULL" if not column.nullable and column.type == "BIT" else "")

    def _sized(self, column: SourceColumn, kind: str) -> str:
        return f"{kind}({column.size})"

    def _is_inline_key(self, column: SourceColumn, table: SourceTable) -> bool:
        return False


class SqliteTarget(_Target):
    """Declares Access's own type names, which the catalogue reads back; SQLite stores by affinity anyway."""

    exact_decimals = False
    folds_case = True
    _types = {
        name: name
        for name in (
            "INTEGER", "SMALLINT", "BYTE", "BIGINT", "BIT", "DOUBLE", "REAL", "CURRENCY", "DECIMAL", "DATETIME",
            "VARCHAR", "LONGCHAR", "GUID", "BINARY", "LONGBINARY",
        )
    } | {"COUNTER": "INTEGER"}  # fmt: skip

    @contextmanager
    def lock(self) -> Iterator[None]:
        """A file lock beside the database: it goes when the process goes, however it goes."""
        path = Path(f"{self._connection.settings_dict['NAME']}.import-lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ImportBusy() from None
            yield
        finally:
            os.close(descriptor)

    def load(self, staging: str, table: SourceTable, rows: Iterable[Sequence[Any]]) -> None:
        """Short transactions: the portal's own writes get their turn, and the write-ahead log stays small."""
        self._connection.ensure_connection()
        raw = self._connection.connection
        one = f"({', '.join('?' * len(table.columns))})"
        single = f"INSERT INTO {self._name(staging)} VALUES {one}"  # noqa: S608 - quoted name
        many = f"{single}{f', {one}' * (_STATEMENT_ROWS - 1)}"
        source = iter(rows)
        while batch := list(islice(source, _COMMIT_ROWS)):
            whole = len(batch) - len(batch) % _STATEMENT_ROWS
            groups = (batch[start : start + _STATEMENT_ROWS] for start in range(0, whole, _STATEMENT_ROWS))
            raw.execute("BEGIN IMMEDIATE")
            try:
                raw.executemany(many, (tuple(chain.from_iterable(group)) for group in groups))
                raw.executemany(single, batch[whole:])
                raw.execute("COMMIT")
            except BaseException:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
                raise

    def index(self, staging: str, number: int, table: SourceTable) -> None:
        """Sort on disk: the portal's setting sorts in memory, which for the largest table would not be enough."""
        with self._connection.cursor() as cursor:
            cursor.execute("PRAGMA temp_store")
            (usual,) = cursor.fetchone()
        self._run("PRAGMA temp_store = FILE")
        try:
            super().index(staging, number, table)
        finally:
            self._run(f"PRAGMA temp_store = {usual}")

    def after_swap(self) -> None:
        """Tell the planner what is there; a sample of each index is enough for it."""
        self._run("PRAGMA analysis_limit = 1000")
        self._run("ANALYZE")

    def _declared(self, column: SourceColumn, table: SourceTable) -> str:
        if self._is_inline_key(column, table):
            return "INTEGER PRIMARY KEY AUTOINCREMENT"
        return super()._declared(column, table)

    def _is_inline_key(self, column: SourceColumn, table: SourceTable) -> bool:
        """An autonumber must be the row number to fill itself, and there it cannot be used twice."""
        return column.type == "COUNTER" and table.primary_key == (column.name,)


class PostgresTarget(_Target):
    """Dates become ``timestamptz``, which Django expects; the session's zone makes local times of the file right."""

    _types = {
        "COUNTER": "integer GENERATED BY DEFAULT AS IDENTITY",
        "INTEGER": "integer",
        "SMALLINT": "smallint",
        "BYTE": "smallint",
        "BIGINT": "bigint",
        "BIT": "boolean",
        "DOUBLE": "double precision",
        "REAL": "real",
        "CURRENCY": "numeric(19,4)",
        "DECIMAL": "numeric",
        "DATETIME": "timestamp with time zone",
        "VARCHAR": "varchar",
        "LONGCHAR": "text",
        "GUID": "varchar(38)",
        "BINARY": "bytea",
        "LONGBINARY": "bytea",
    }

    @contextmanager
    def lock(self) -> Iterator[None]:
        """A lock of the session: it goes when the connection goes."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ADVISORY_LOCK])
            if not cursor.fetchone()[0]:
                raise ImportBusy()
        try:
            yield
        finally:
            if self._connection.is_usable():
                self._run(f"SELECT pg_advisory_unlock({_ADVISORY_LOCK})")
            else:
                self._connection.close()

    def check_names(self, table: SourceTable) -> None:
        for name in (table.name, *(column.name for column in table.columns)):
            if len(name.encode()) > _IDENTIFIER_BYTES:
                raise ImportImpossible(
                    f"The name {name!r} in the table {table.name!r} is longer than PostgreSQL allows "
                    f"({_IDENTIFIER_BYTES} bytes); shorten it in a copy of the file."
                )

    def load(self, staging: str, table: SourceTable, rows: Iterable[Sequence[Any]]) -> None:
        columns = ", ".join(self._name(column.name) for column in table.columns)
        with self._connection.cursor() as cursor:
            with cursor.cursor.copy(f"COPY {self._name(staging)} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            for column in table.columns:
                if column.type == "COUNTER":
                    self._continue_counting(cursor, staging, column)

    def _continue_counting(self, cursor: Any, staging: str, column: SourceColumn) -> None:
        """The next autonumber is above those of the file."""
        number, table = named(self._connection, column.name), named(self._connection, staging)
        highest = f"SELECT MAX({number}) FROM {table}"  # noqa: S608 - quoted names
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, %s), COALESCE(({highest}), 0) + 1, false)",
            [self._name(staging), column.name],
        )

    def _sized(self, column: SourceColumn, kind: str) -> str:
        return kind if kind == "bytea" else super()._sized(column, kind)

    def _before_swap(self) -> None:
        """A reader in a long transaction must not hold up everybody behind us."""
        self._run("SET LOCAL lock_timeout = '20s'")

    def after_swap(self) -> None:
        for name in self.live_tables():
            self._run(f"ANALYZE {self._name(name)}")


def target_for(connection: BaseDatabaseWrapper) -> SqliteTarget | PostgresTarget:
    """The writer for the engine of the ACDB; ``ImportImpossible`` on SQL Server, which is fed by Microsoft's tools."""
    if connection.vendor == SQLITE:
        return SqliteTarget(connection)
    if connection.vendor == POSTGRESQL:
        return PostgresTarget(connection)
    raise ImportImpossible(
        "Access files are not imported into SQL Server from here; move the data with Microsoft's migration assistant "
        "as docs/operations.md describes under 'Moving Access to SQL Server'."
    )
