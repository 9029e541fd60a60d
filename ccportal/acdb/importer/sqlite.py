"""Reads a SQLite file that holds the tables of an ACDB, such as a copy of another installation's."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from ccportal.acdb.importer.errors import BadFile
from ccportal.acdb.importer.source import BLOCK_ROWS, Block, SourceColumn, SourceTable
from ccportal.acdb.introspection import BINARIES, FLOATS, access_type, is_hidden

#: Numbers with a binary point and files come as they are; the rest as text, as from any other reader.
_NATIVE = FLOATS | BINARIES


class SqliteReader:
    """A private copy of a SQLite file, opened for reading only. Faults of the file are ``BadFile``."""

    format = "SQLite"
    null = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def tables(self) -> list[SourceTable]:
        with self._open("The tables cannot be listed.") as source:
            names = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return [self._table(source, name) for name in names if not is_hidden(name)]

    def linked_tables(self) -> list[str]:
        return []

    @contextmanager
    def blocks(self, table: SourceTable) -> Iterator[Iterator[Block]]:
        columns = ", ".join(
            _quoted(column.name) if column.type in _NATIVE else f"CAST({_quoted(column.name)} AS TEXT)"
            for column in table.columns
        )
        with self._open(f"The table {table.name} cannot be read.") as source:
            cursor = source.execute(f"SELECT {columns} FROM {_quoted(table.name)}")  # noqa: S608 - quoted names
            yield iter(lambda: list(zip(*cursor.fetchmany(BLOCK_ROWS), strict=True)), [])

    @contextmanager
    def _open(self, fault: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True)) as source:
                yield source
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            raise BadFile(f"{fault} The file is damaged.") from None

    def _table(self, source: sqlite3.Connection, name: str) -> SourceTable:
        columns, keys = [], []
        described = source.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', [name]).fetchall()
        only_key = sum(1 for _, _, _, place in described if place) == 1
        for column, declared, required, place in described:
            counts = bool(place) and only_key and declared.upper() in ("INTEGER", "COUNTER")
            kind, size, scale = access_type(declared, autonumber=counts)
            columns.append(SourceColumn(column, kind, size, scale, not required and not place))
            if place:
                keys.append((place, column))
        (rows,) = source.execute(f"SELECT COUNT(*) FROM {_quoted(name)}").fetchone()  # noqa: S608 - quoted names
        return SourceTable(name, tuple(columns), tuple(column for _, column in sorted(keys)), rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
