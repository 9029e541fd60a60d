"""How many rows there are, exactly, without counting again for every page.

A count is kept until the portal changes or imports anything, and for at most ``KEPT_FOR`` seconds, because other
programs may write to the ACDB too.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError

from audit.models import Mutation, MutationState
from audit.tables.rows import Rows
from ccportal.acdb.introspection import Table, row_count, row_estimate, row_estimates, tables
from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.acdb.sql import SQL_SERVER, acdb

KEPT_FOR = 30
SIZE_KEPT_FOR = 600
#: Pages count so many rows at most.
COUNTED = 10_000
UNREADABLE = -1


def total(rows: Rows) -> int:
    """The number of rows, as of at most ``KEPT_FOR`` seconds ago."""
    key = _key(rows)
    known = cache.get(key)
    if known is None:
        known = _count(rows)
        cache.set(key, known, KEPT_FOR)
    return int(known)


@dataclass(frozen=True)
class Count:
    """How many rows: exactly, or (``exact`` false) about so many of a whole table, more than so many of some."""

    number: int
    exact: bool
    words: str


def about(rows: Rows) -> Count:
    """How many rows there are without counting more than ``COUNTED``: for pages, which must not read a whole table."""
    key = "few:" + _key(rows)
    known = cache.get(key)
    if known is None:
        known = up_to(rows, COUNTED)
        cache.set(key, known, KEPT_FOR)
    if known <= COUNTED:
        return Count(int(known), True, f"{known:,}")
    if rows.conditions:
        return Count(COUNTED, False, f"more than {COUNTED:,}")
    size = _size_now_and_then(rows)
    return Count(size, False, f"about {size:,}")


def _size_now_and_then(rows: Rows) -> int:
    """The size of a large table: the engine's own figure, or one that is counted a few times an hour."""
    key = "table-size:" + hashlib.blake2b(repr((acdb().settings_dict["NAME"], rows.source)).encode()).hexdigest()[:32]
    known = cache.get(key)
    if known is None:
        known = row_estimate(rows.table)
        cache.set(key, known, SIZE_KEPT_FOR)
    return max(int(known), COUNTED)


def table_sizes() -> dict[Table, int]:
    """Every table with its number of rows: of large ones the engine's own figure, ``UNREADABLE`` where it fails."""
    try:
        sizes = row_estimates()
    except DatabaseError:
        return {table: _size(table) for table in tables()}
    return {table: sizes.get(table.name, UNREADABLE) for table in tables()}


def _size(table: Table) -> int:
    try:
        return row_count(table)
    except DatabaseError:
        return UNREADABLE


def up_to(rows: Rows, limit: int) -> int:
    """The number of rows, or ``limit + 1`` when there are more: counting stops there."""
    connection = acdb()
    limited = f"SELECT 1 AS one {rows.source} LIMIT {int(limit) + 1}"
    if connection.vendor == SQL_SERVER:
        limited = f"SELECT TOP {int(limit) + 1} 1 AS one {rows.source}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({limited}) found", list(rows.params))  # noqa: S608 - catalogue names
        return int(cursor.fetchone()[0])


def _count(rows: Rows) -> int:
    with acdb().cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) {rows.source}", list(rows.params))
        return int(cursor.fetchone()[0])


def _key(rows: Rows) -> str:
    parts = (acdb().settings_dict["NAME"], rows.source, rows.params, _version())
    return "table-count:" + hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _version() -> tuple[Any, ...]:
    """Changes with every change the portal makes: when one is begun, when it is settled, with each import."""
    last = Mutation.objects.order_by("-pk").values_list("pk", flat=True).first()
    unsettled = Mutation.objects.filter(state=MutationState.PENDING).count()
    imported = AcdbImport.objects.filter(state=ImportState.DONE).values_list("pk", flat=True).first()
    return last, unsettled, imported
