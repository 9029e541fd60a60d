"""The catalogue of the ACDB on any engine: which tables there are, with columns and types named as in Access.

Names that come with a request are looked up here and never put into SQL as they came (D-84).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from ccportal.acdb.sql import POSTGRESQL, SQL_SERVER, SQLITE, acdb, quoted
from ccportal.core.errors import NotFound

#: Types by what their values are. Names are those of Access and its drivers (acdb_schema, "Type column").
WHOLE_NUMBERS = frozenset({"COUNTER", "INTEGER", "SMALLINT", "BYTE", "BIGINT"})
FLOATS = frozenset({"DOUBLE", "REAL"})
DECIMALS = frozenset({"CURRENCY", "DECIMAL"})
TEXTS = frozenset({"VARCHAR", "LONGCHAR", "GUID"})
BINARIES = frozenset({"BINARY", "LONGBINARY"})
_FAMILIES = {
    **dict.fromkeys(WHOLE_NUMBERS, "whole number"),
    **dict.fromkeys(FLOATS | DECIMALS, "number"),
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(BINARIES, "binary"),
    "BIT": "yes or no",
    "DATETIME": "date",
}

_HIDDEN = re.compile(r"^(msys|~|f_|sqlite_|django_migrations$|sysdiagrams$)", re.IGNORECASE)
_DECLARED = re.compile(r"^\s*([A-Za-z][A-Za-z0-9 _]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*$")
_TYPES = {
    # Access's own names, as our import declares them on SQLite
    **{name.lower(): name for name in _FAMILIES},
    # Django's and SQL's names
    "int": "INTEGER", "mediumint": "INTEGER", "long": "INTEGER", "tinyint": "BYTE",
    "bool": "BIT", "boolean": "BIT", "yesno": "BIT",
    "float": "DOUBLE", "double precision": "DOUBLE", "single": "REAL",
    "numeric": "DECIMAL", "money": "CURRENCY", "smallmoney": "CURRENCY",
    "date": "DATETIME", "timestamp": "DATETIME", "datetime2": "DATETIME", "smalldatetime": "DATETIME",
    "datetimeoffset": "DATETIME", "timestamp with time zone": "DATETIME", "timestamp without time zone": "DATETIME",
    "char": "VARCHAR", "nchar": "VARCHAR", "nvarchar": "VARCHAR", "character": "VARCHAR",
    "character varying": "VARCHAR",
    "text": "LONGCHAR", "ntext": "LONGCHAR", "memo": "LONGCHAR", "clob": "LONGCHAR",
    "uuid": "GUID", "uniqueidentifier": "GUID",
    "blob": "LONGBINARY", "bytea": "LONGBINARY", "varbinary": "LONGBINARY", "image": "LONGBINARY",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column; ``type`` is the Access name, ``size`` characters of a text or digits of a decimal.

    ``scale`` is the number of decimals of CURRENCY and DECIMAL, ``declared`` the type as the engine names it.
    """

    name: str
    type: str
    size: int | None
    scale: int | None
    nullable: bool
    primary_key: bool
    declared: str

    @property
    def family(self) -> str:
        """What its values are, in a word: whole number, number, text, date, yes or no, binary."""
        return _FAMILIES.get(self.type, "other")


@dataclass(frozen=True)
class Table:
    """A table with its columns in stored order and the columns of its primary key, in key order."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]

    def column(self, name: str) -> Column | None:
        """The column of that name, ignoring case and outer blanks as Access does; None when there is none."""
        wanted = name.strip().casefold()
        return next((column for column in self.columns if column.name.casefold() == wanted), None)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def counter(self) -> Column | None:
        """The autonumber column, if there is one."""
        return next((column for column in self.columns if column.type == "COUNTER"), None)


def is_hidden(name: str) -> bool:
    """True for tables that belong to Access, to the engine or to our import, not to the utility."""
    return bool(_HIDDEN.match(name))


def access_type(declared: str, *, autonumber: bool = False) -> tuple[str, int | None, int | None]:
    """The Access type, size and scale of a declared type.

    >>> access_type("VARCHAR(80)")
    ('VARCHAR', 80, None)
    >>> access_type("numeric(19,4)")
    ('CURRENCY', 19, 4)
    """
    match = _DECLARED.match(declared)
    if not match:
        return declared.upper() or "LONGCHAR", None, None
    word, size, scale = match[1].lower(), match[2], match[3]
    name = _TYPES.get(word) or _TYPES.get(word.split()[0], word.upper())
    if autonumber:
        return "COUNTER", None, None
    if name == "CURRENCY" or (name == "DECIMAL" and (size, scale) == ("19", "4")):
        return "CURRENCY", 19, 4
    if name == "DECIMAL":
        return name, int(size) if size else None, int(scale or 0) if size else None
    if name in ("VARCHAR", "BINARY"):
        return (name, int(size), None) if size and int(size) <= 4000 else ("LONGCHAR", None, None)
    return name, None, None


def tables() -> list[Table]:
    """Every user table of the ACDB, in the order of their names."""
    return catalogue(acdb())


def get_table(name: str) -> Table:
    """The table of that name (case ignored, as Access does); ``NotFound`` names it when there is none."""
    wanted = name.strip().casefold()
    found = [table for table in tables() if table.name.casefold() == wanted]
    exact = [table for table in found if table.name == name.strip()]
    if not found:
        raise NotFound(f"There is no table {name!r} in the customer database.")
    return (exact or found)[0]


def row_count(table: Table) -> int:
    """How many rows the table holds, counted."""
    connection = acdb()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {quoted(connection, table.name)}")  # noqa: S608 - name from the catalogue
        return int(cursor.fetchone()[0])


def row_estimates() -> dict[str, int]:
    """About how many rows each table holds, from the engine's statistics; counted where it keeps none."""
    connection = acdb()
    known = dict(_statistics(connection))
    return {table.name: known[table.name] if table.name in known else row_count(table) for table in tables()}


def row_estimate(table: Table) -> int:
    """About how many rows a table holds, from the engine's statistics; counted where it keeps none."""
    known = dict(_statistics(acdb()))
    return known[table.name] if table.name in known else row_count(table)


def catalogue(connection: BaseDatabaseWrapper, *, hidden: bool = False) -> list[Table]:
    """The tables of any connection; ``hidden`` ones only on request."""
    query = {SQLITE: _SQLITE, POSTGRESQL: _POSTGRESQL, SQL_SERVER: _SQL_SERVER}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        found: dict[str, list[tuple]] = {}
        for table, *column in cursor.fetchall():
            found.setdefault(table, []).append(tuple(column))
    names = sorted((name for name in found if hidden or not is_hidden(name)), key=str.casefold)
    return [_table(connection.vendor, name, found[name]) for name in names]


def _table(vendor: str, name: str, described: Iterable[tuple]) -> Table:
    described = list(described)
    keys = [(place, column) for column, _, _, place, _ in described if place]
    only_key = len(keys) == 1
    columns = []
    for column, declared, nullable, place, autonumber in described:
        # On SQLite an INTEGER key is the row number and fills itself; there is no other autonumber.
        counts = bool(autonumber) or (vendor == SQLITE and only_key and bool(place) and declared.upper() == "INTEGER")
        kind, size, scale = access_type(declared, autonumber=counts)
        columns.append(Column(column, kind, size, scale, bool(nullable) and not place, bool(place), declared))
    return Table(name, tuple(columns), tuple(column for _, column in sorted(keys)))


def _statistics(connection: BaseDatabaseWrapper) -> Iterable[tuple[str, int]]:
    query = {POSTGRESQL: _POSTGRESQL_ROWS, SQL_SERVER: _SQL_SERVER_ROWS}.get(connection.vendor)
    if query is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [(name, int(rows)) for name, rows in cursor.fetchall()]


# Each gives: table, column, declared type, nullable, place in the primary key (0: none), autonumber.
_SQLITE = """
SELECT m.name, p.name, p.type, NOT p."notnull", p.pk, 0
FROM sqlite_master m JOIN pragma_table_info(m.name) p
WHERE m.type = 'table' ORDER BY m.name, p.cid
"""
_POSTGRESQL = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0),
       a.attidentity <> '' OR COALESCE(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
ORDER BY c.relname, a.attnum
"""
_POSTGRESQL_ROWS = """
SELECT relname, reltuples::bigint FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND reltuples > 100000
"""
_SQL_SERVER = """
SELECT t.name, c.name,
       CASE WHEN y.name IN ('nvarchar', 'nchar') AND c.max_length > 0 THEN CONCAT(y.name, '(', c.max_length / 2, ')')
            WHEN y.name IN ('varchar', 'char', 'binary') AND c.max_length > 0
                THEN CONCAT(y.name, '(', c.max_length, ')')
            WHEN y.name IN ('decimal', 'numeric') THEN CONCAT(y.name, '(', c.precision, ',', c.scale, ')')
            ELSE y.name END,
       c.is_nullable, COALESCE(k.key_ordinal, 0), c.is_identity
FROM sys.tables t
JOIN sys.columns c ON c.object_id = t.object_id
JOIN sys.types y ON y.user_type_id = c.user_type_id
LEFT JOIN sys.indexes i ON i.object_id = t.object_id AND i.is_primary_key = 1
LEFT JOIN sys.index_columns k ON k.object_id = t.object_id AND k.index_id = i.index_id AND k.column_id = c.column_id
WHERE t.is_ms_shipped = 0 AND t.schema_id = SCHEMA_ID()
ORDER BY t.name, c.column_id
"""
_SQL_SERVER_ROWS = """
SELECT t.name, SUM(p.rows) FROM sys.tables t
JOIN sys.partitions p ON p.object_id = t.object_id AND p.index_id IN (0, 1)
WHERE t.schema_id = SCHEMA_ID() GROUP BY t.name
"""
