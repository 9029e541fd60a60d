"""What a file to be imported looks like to the rest of the importer, whatever its format."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

#: Rows of a table, column by column: as many sequences as the table has columns, all of one length.
Block = list[Sequence[Any]]
BLOCK_ROWS = 5000


class Progress(Protocol):
    """Who is told how far an import is; ``ccportal.jobs.progress.Progress`` is one."""

    def step(self, text: str, total: int = 0) -> None: ...

    def advance(self, done: int) -> None: ...


@dataclass(frozen=True)
class SourceColumn:
    """A column of the file; ``type`` is the Access name as in ``introspection``."""

    name: str
    type: str
    size: int | None = None
    scale: int | None = None
    nullable: bool = True


@dataclass(frozen=True)
class SourceTable:
    """A table of the file; ``rows`` is the number of rows that the file itself claims."""

    name: str
    columns: tuple[SourceColumn, ...]
    primary_key: tuple[str, ...]
    rows: int


class Reader(Protocol):
    """Reads one file. Values come as text (``null`` for nothing), except where the file holds a number already."""

    @property
    def format(self) -> str: ...

    @property
    def null(self) -> str | None: ...

    def tables(self) -> list[SourceTable]: ...

    def linked_tables(self) -> list[str]: ...

    def blocks(self, table: SourceTable) -> AbstractContextManager[Iterator[Block]]:
        """The rows in blocks. Leaving the context raises when the reading did not end as it should."""
        ...
