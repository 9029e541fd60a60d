"""Filters of single columns with typed operators, as they stand in an address.

``?col=payment&op=eq&val=1&to=&col=transaction+date&op=between&val=2026-01-01&to=2026-01-31``: four lists side by side,
so that a plain form can write them. Columns are looked up in the catalogue, values converted to the column's type.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict

from audit.tables.rows import Clause, contains, equal, get_column, is_day, parameter
from ccportal.acdb.coercion import coerce_value
from ccportal.acdb.introspection import Column, Table
from ccportal.acdb.sql import acdb, named
from ccportal.core.errors import InvalidInput

MAX_FILTERS = 12
MAX_TEXT = 300
#: Operator -> how people read it, in the order offered.
OPERATORS = {
    "contains": "contains",
    "eq": "is",
    "lt": "is less or earlier than",
    "gt": "is more or later than",
    "between": "is between",
    "empty": "is empty",
    "filled": "is not empty",
}
_ORDERED = ("eq", "lt", "gt", "between", "empty", "filled")
_FITTING = {
    "text": ("contains", "eq", "empty", "filled"),
    "whole number": _ORDERED,
    "number": _ORDERED,
    "date": _ORDERED,
    "yes or no": ("eq", "empty", "filled"),
}
_WITHOUT_VALUE = ("empty", "filled")


@dataclass(frozen=True)
class Filter:
    """One condition on one column; ``upto`` is the other end of ``between``, both ends included."""

    column: Column
    operator: str
    value: str = ""
    upto: str = ""

    @property
    def sentence(self) -> str:
        words = [self.column.name, OPERATORS[self.operator], self.value]
        return " ".join(filter(None, words)) + (f" and {self.upto}" if self.operator == "between" else "")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Names and values in an address."""
        return [("col", self.column.name), ("op", self.operator), ("val", self.value), ("to", self.upto)]

    def clause(self) -> Clause:
        """SQL and its parameters; ``InvalidInput`` when the value does not fit the column."""
        column, name = self.column, named(acdb(), self.column.name)
        if self.operator == "empty":
            return _empty(column)
        if self.operator == "filled":
            condition, params = _empty(column)
            return f"NOT ({condition})", params
        if self.operator == "contains":
            return contains([column], self.value)
        if self.operator == "eq":
            return equal(column, self.value)
        low = coerce_value(column, self.value)
        if self.operator == "lt":
            return f"{name} < %s", [parameter(low)]
        if self.operator == "gt":
            return _above(column, low, self.value)
        high, sign = _upper_end(coerce_value(column, self.upto), self.upto)
        return f"({name} >= %s AND {name} {sign} %s)", [parameter(low), parameter(high)]


def operators_for(column: Column) -> tuple[str, ...]:
    """What can be asked of a column of this type; of pictures and files only whether there is one."""
    return _FITTING.get(column.family, ("empty", "filled"))


def filters_of(table: Table, query: QueryDict) -> list[Filter]:
    """The filters of an address; ``InvalidInput`` names the column that is unknown or what does not fit it."""
    lists = [query.getlist(name) for name in ("col", "op", "val", "to")]
    given = [*_side_by_side(*lists), (query.get("filter_col", ""), "eq", query.get("filter_val", ""), "")]
    found = [_filter(table, *parts) for parts in given if parts[0] and (parts[1] != "eq" or parts[2])]
    if len(found) > MAX_FILTERS:
        raise InvalidInput(f"At most {MAX_FILTERS} filters at once.")
    for each in found:
        each.clause()
    return found


def _side_by_side(columns: Sequence[str], *others: Sequence[str]) -> Iterable[tuple[str, ...]]:
    for place, column in enumerate(columns):
        yield column, *(texts[place] if place < len(texts) else "" for texts in others)


def _filter(table: Table, name: str, operator: str, value: str, upto: str) -> Filter:
    column = get_column(table, name)
    if operator not in operators_for(column):
        fitting = ", ".join(OPERATORS[each] for each in operators_for(column))
        raise InvalidInput(f"{column.name} holds {column.family}; ask whether it {fitting}.", field=column.name)
    value, upto = value.strip(), upto.strip()
    if max(len(value), len(upto)) > MAX_TEXT or "\x00" in value + upto:
        raise InvalidInput(f"What {column.name} is compared with is too long.", field=column.name)
    if operator in _WITHOUT_VALUE:
        return Filter(column, operator)
    if not value or (operator == "between" and not upto):
        raise InvalidInput(f"Say what {column.name} is compared with.", field=column.name)
    return Filter(column, operator, value, upto if operator == "between" else "")


def _empty(column: Column) -> tuple[str, list[Any]]:
    name = named(acdb(), column.name)
    return (f"({name} IS NULL OR {name} = '')" if column.type in ("VARCHAR", "LONGCHAR") else f"{name} IS NULL"), []


def _above(column: Column, value: Any, text: str) -> Clause:
    """Later than a day means after its end."""
    name = named(acdb(), column.name)
    if isinstance(value, datetime) and is_day(text):
        return f"{name} >= %s", [parameter(value + timedelta(days=1))]
    return f"{name} > %s", [parameter(value)]


def _upper_end(value: Any, text: str) -> tuple[Any, str]:
    if isinstance(value, datetime) and is_day(text):
        return value + timedelta(days=1), "<"
    return value, "<="
