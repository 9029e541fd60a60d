"""Reads an Access file through mdbtools."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from ccportal.acdb.importer import mdbtools, tdef
from ccportal.acdb.importer.errors import BadFile
from ccportal.acdb.importer.source import BLOCK_ROWS, Block, SourceColumn, SourceTable
from ccportal.acdb.introspection import is_hidden

#: Stands for NULL in the CSV. Control characters, so that no text a person typed can be mistaken for it.
NULL = "\x1anull\x1a"
_STAMP = "%Y-%m-%d %H:%M:%S"
#: -D holds for columns formatted as Short Date only, -T for the others: both are needed. -0 tells NULL from text.
_EXPORT = ("-T", _STAMP, "-D", _STAMP, "-0", NULL, "-b", "hex", "--")
_CREATED_COLUMN = re.compile(r"^\t\[(.*)\]\t+([A-Za-z/ ]+?)(?: \((\d+)(?:, (\d+))?\))?( NOT NULL)?,? ?$")
_KEY = re.compile(r"PRIMARY KEY \((.*)\);")
_LINKED_TYPES = {"4", "6"}
_TYPES = {
    "Boolean": "BIT",
    "Byte": "BYTE",
    "Integer": "SMALLINT",
    "Long Integer": "INTEGER",
    "Currency": "CURRENCY",
    "Single": "REAL",
    "Double": "DOUBLE",
    "DateTime": "DATETIME",
    "Text": "VARCHAR",
    "Memo/Hyperlink": "LONGCHAR",
    "Binary": "BINARY",
    "OLE": "LONGBINARY",
    "Replication ID": "GUID",
    "Numeric": "DECIMAL",
}


class AccessReader:
    """A private copy of an ``.accdb`` or ``.mdb`` file. Faults of the file are ``BadFile``."""

    null = NULL

    def __init__(self, path: Path) -> None:
        mdbtools.require_programs()
        self._path = path
        with path.open("rb") as file:
            self.format = "Access 97 to 2003" if b"Jet" in file.read(32) else "Access 2007 or newer"
        self._pages: dict[str, int] = {}
        self._linked: list[str] = []

    def tables(self) -> list[SourceTable]:
        listing = mdbtools.output(
            "mdb-tables", "-1", "--", str(self._path), path=self._path, fault="The tables cannot be listed."
        )
        # A name may hold anything but a line end; the system's and deleted ones are not the utility's.
        names = [name for name in listing.splitlines() if name and not is_hidden(name)]
        self._read_objects()
        return [self._table(name) for name in names]

    def linked_tables(self) -> list[str]:
        """Tables that are kept in another file; their rows are not in this one."""
        return self._linked

    @contextmanager
    def blocks(self, table: SourceTable) -> Iterator[Iterator[Block]]:
        fault = f"The table {table.name} cannot be read."
        csv.field_size_limit(2**31 - 1)
        with mdbtools.stream("mdb-export", *_EXPORT, str(self._path), table.name, path=self._path, fault=fault) as text:
            rows = csv.reader(text, strict=True)
            header = next(rows, [])
            if header != [column.name for column in table.columns]:
                raise BadFile(f"{fault} Its columns could not be made out.")
            yield self._blocks(rows, len(header), fault)

    def _blocks(self, rows: Iterator[list[str]], width: int, fault: str) -> Iterator[Block]:
        try:
            while chunk := list(islice(rows, BLOCK_ROWS)):
                block: Block = list(zip(*chunk, strict=True))
                if len(block) != width:
                    raise ValueError("a row of another width")
                yield block
        except (csv.Error, ValueError):
            raise BadFile(f"{fault} Its rows do not have as many values as it has columns.") from None

    def _read_objects(self) -> None:
        """Where each table's definition begins, and which tables are only linked."""
        fault = "The list of its objects cannot be read."
        arguments = ("mdb-export", "-0", NULL, "-b", "strip", "--", str(self._path), "MSysObjects")
        listing = mdbtools.output(*arguments, path=self._path, fault=fault)
        for row in csv.DictReader(listing.splitlines(keepends=True)):
            kind, name, number = row.get("Type") or "", row.get("Name") or "", row.get("Id") or ""
            if kind in _LINKED_TYPES and not is_hidden(name):
                self._linked.append(name)
            elif kind == "1" and number.lstrip("-").isdecimal():
                self._pages[name] = int(number) & 0xFFFFFF

    def _table(self, name: str) -> SourceTable:
        fault = f"The table {name} cannot be read."
        self._refuse_calculated(name, fault)
        columns = self._columns(name, fault)
        key = self._primary_key(name, columns, fault)
        counters = tdef.autonumbers(self._path, self._pages.get(name, 0)) & {column.name for column in columns}
        if not counters and self.format.startswith("Access 97") and len(key) == 1:
            counters = frozenset(key)
        columns = [_counted(column) if column.name in counters else column for column in columns]
        count = mdbtools.output("mdb-count", "--", str(self._path), name, path=self._path, fault=fault).strip()
        if not count.isdecimal():
            raise BadFile(f"{fault} It does not say how many rows it has.")
        return SourceTable(name, tuple(columns), key, int(count))

    def _columns(self, name: str, fault: str) -> list[SourceColumn]:
        arguments = ("mdb-schema", "-T", name, "--no-indexes", "--no-relations", "--not-null", "--")
        schema = mdbtools.output(*arguments, str(self._path), path=self._path, fault=fault)
        columns = []
        for line in schema.splitlines():
            match = _CREATED_COLUMN.match(line)
            if match:
                label, kind, size, scale, required = match.groups()
                known = _TYPES.get(kind, "LONGCHAR")
                width = 19 if known == "CURRENCY" else int(size) if size and known in _SIZED else None
                places = 4 if known == "CURRENCY" else int(scale or 0) if known == "DECIMAL" else None
                columns.append(SourceColumn(label, known, width or None, places, not required))
        if not columns:
            raise BadFile(f"{fault} Its columns could not be made out.")
        return columns

    def _primary_key(self, name: str, columns: list[SourceColumn], fault: str) -> tuple[str, ...]:
        """The key's columns. The only back end of mdb-schema that names them writes them in lower case."""
        arguments = ("mdb-schema", "-T", name, "--indexes", "--no-relations", "--", str(self._path), "postgres")
        match = _KEY.search(mdbtools.output(*arguments, path=self._path, fault=fault))
        if not match:
            return ()
        stored = {_lowered(column.name): column.name for column in columns}
        keys = [stored.get(_lowered(part.strip().strip('"'))) for part in match[1].split('", "')]
        return tuple(key for key in keys if key) if all(keys) else ()

    def _refuse_calculated(self, name: str, fault: str) -> None:
        properties = mdbtools.output("mdb-prop", "--", str(self._path), name, path=self._path, fault=fault)
        if re.search(r"^\s*Expression:", properties, re.MULTILINE):
            raise BadFile(
                f"The table {name} has a calculated column, whose values cannot be read from outside Access. "
                "Replace it by an ordinary column in a copy of the file."
            )


_SIZED = frozenset({"VARCHAR", "BINARY", "DECIMAL"})


def _counted(column: SourceColumn) -> SourceColumn:
    return SourceColumn(column.name, "COUNTER", nullable=False) if column.type == "INTEGER" else column


def _lowered(name: str) -> str:
    return name.lower()
