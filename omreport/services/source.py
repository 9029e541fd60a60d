"""Rows of the ACDB as the engine returns them.

Sums of the ledger need none of the conversions that Django makes for each value, and these cost as much as the query.
"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from ccportal.acdb.router import ACDB

CHUNK = 5000


def rows(query: QuerySet[Any, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a ``values_list`` query, a few thousand at a time: integers may come as ``Decimal``, NULL as None."""
    try:
        sql, parameters = query.query.get_compiler(ACDB).as_sql()
    except EmptyResultSet:  # Django sees by itself that no row can fit
        return
    with connections[ACDB].chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while piece := cursor.fetchmany(CHUNK):
            yield from piece
