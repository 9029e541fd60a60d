"""What an export is made of: the rows of a table or of a prepared set, ready for CSV and XLSX."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.http import QueryDict

from audit.exports.sets import SETS, Period, picked
from audit.tables import counts
from audit.tables.batches import batches, chosen_columns
from audit.tables.cells import csv_converter, xlsx_converter
from audit.tables.filters import filters_of
from audit.tables.rows import rows_of
from ccportal.acdb.introspection import get_table
from ccportal.acdb.values import json_value
from ccportal.core.errors import InvalidInput
from ccportal.core.spreadsheets import csv_of_batches, harmless

Batches = Iterator[Iterable[Sequence[Any]]]
_CHUNK = 1000


@dataclass(frozen=True)
class Source:
    """Something to export. ``count`` stops counting at the limit it gets; ``batches`` takes ``csv`` or ``xlsx``."""

    title: str
    columns: Sequence[str]
    count: Callable[[int], int]
    batches: Callable[[str], Batches]


def source_of(wanted: Mapping[str, Any]) -> Source:
    """The source that a form or a job's input describes; ``NotFound`` and ``InvalidInput`` say what is wrong.

    Keys: ``set`` or ``table``; ``columns`` (names), ``query`` (filters as in a table's address), ``search``,
    ``since`` and ``until`` (ISO days).
    """
    if wanted.get("set"):
        return _of_set(wanted)
    return _of_table(wanted)


def _of_table(wanted: Mapping[str, Any]) -> Source:
    table = get_table(wanted.get("table", ""))
    clauses = [each.clause() for each in filters_of(table, QueryDict(wanted.get("query", "")))]
    rows = rows_of(table, search=wanted.get("search", ""), clauses=clauses)
    names = [column.name for column in chosen_columns(table, wanted.get("columns", ()))]
    if not names:
        raise InvalidInput("Choose at least one column.", field="columns")
    return Source(
        table.name,
        names,
        lambda limit: counts.up_to(rows, limit),
        lambda kind: batches(rows, xlsx_converter if kind == "xlsx" else csv_converter, names),
    )


def _of_set(wanted: Mapping[str, Any]) -> Source:
    prepared = SETS.get(wanted["set"])
    if prepared is None:
        raise InvalidInput("There is no such prepared set.", field="set")
    places = picked(prepared, wanted.get("columns", ()))
    if not places:
        raise InvalidInput("Choose at least one column.", field="columns")
    period = Period(*(date.fromisoformat(day) if (day := wanted.get(end)) else None for end in ("since", "until")))
    query = prepared.query(period)

    def found(kind: str) -> Batches:
        convert = _number_or_text if kind == "xlsx" else _safe_text
        rows = iter(prepared.rows(query))
        while chunk := list(islice(rows, _CHUNK)):
            yield [[convert(row[place]) for place in places] for row in chunk]

    return Source(
        prepared.title,
        [prepared.columns[place] for place in places],
        lambda limit: query.order_by()[: limit + 1].count(),
        found,
    )


def csv_pieces(source: Source) -> Iterator[bytes]:
    """The file in pieces; CR LF, UTF-8."""
    return csv_of_batches(source.columns, source.batches("csv"))


def _safe_text(value: Any) -> Any:
    text = _number_or_text(value)
    return harmless(text) if isinstance(text, str) else text


def _number_or_text(value: Any) -> Any:
    """A cell: numbers stay numbers, times local text, records JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Decimal):
        return float(value)
    return json_value(value)
