"""The rows of a download, read in batches: flat memory for any size."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from audit.tables.cells import Converter, selected
from audit.tables.rows import Rows
from ccportal.acdb.introspection import Column, Table
from ccportal.acdb.sql import SQLITE, acdb

#: Joined per thousand rows: one row at a time is four times slower.
SIZE = 1000


def batches(
    rows: Rows, converter: Callable[[Column], Converter], names: Sequence[str] = ()
) -> Iterator[Iterator[tuple]]:
    """The rows in batches of converted ones, in the order the engine finds them; only the columns of ``names``.

    The query is run before this returns, so that a database that does not answer is an answer of its own.
    """
    columns = chosen_columns(rows.table, names)
    convert = [converter(column) for column in columns]
    pieces = _fetched(f"SELECT {', '.join(map(selected, columns))} {rows.source}", list(rows.params))
    first = next(pieces)

    def converted() -> Iterator[Iterator[tuple]]:
        batch = first
        while batch:
            cells = zip(*batch, strict=True)
            yield zip(*(change(column) for change, column in zip(convert, cells, strict=True)), strict=True)
            batch = next(pieces)

    return _closing(converted(), pieces)


def chosen_columns(table: Table, names: Sequence[str]) -> list[Column]:
    """The columns of these names in stored order; all of them when none is named."""
    wanted = set(names)
    return [column for column in table.columns if not wanted or column.name in wanted]


def _closing(wanted: Iterator[Any], source: Any) -> Iterator[Any]:
    """``wanted``, with ``source`` closed at the end, also when the reader goes away in the middle."""
    try:
        yield from wanted
    finally:
        source.close()


def _fetched(sql: str, params: list[Any]) -> Iterator[Sequence[Any]]:
    """Batches of rows as the engine gives them; the last one is empty."""
    # A cursor that stays on the server: PostgreSQL's ordinary one fetches everything.
    with _unmapped(), acdb().chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while batch := cursor.fetchmany(SIZE):
            yield batch
        yield []


@contextmanager
def _unmapped() -> Iterator[None]:
    """Keep SQLite from mapping the file into memory: a read of everything would make all of it resident."""
    usual = _mapped_bytes()
    if not usual:
        yield
        return
    with acdb().cursor() as cursor:
        cursor.execute("PRAGMA mmap_size = 0")
    try:
        yield
    finally:
        with acdb().cursor() as cursor:
            cursor.execute(f"PRAGMA mmap_size = {usual}")


def _mapped_bytes() -> int:
    """How much of the file SQLite may map; 0 for other engines and databases in memory."""
    if acdb().vendor != SQLITE:
        return 0
    with acdb().cursor() as cursor:
        answer = cursor.execute("PRAGMA mmap_size").fetchone()
    return int(answer[0]) if answer else 0
