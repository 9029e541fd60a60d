"""Pages of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ccportal.core.errors import InvalidInput


@dataclass(frozen=True)
class Page:
    """One page of a list; ``total`` is the number of items on all pages."""

    items: Sequence[Any]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(-(-self.total // self.size), 1)

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def page_number(text: str | None) -> int:
    """The ``page`` parameter of a list, 1 when absent."""
    if text in (None, ""):
        return 1
    if not str(text).isdecimal() or not 1 <= int(str(text)) <= 10**9:
        raise InvalidInput("The page must be a whole number from 1.", field="page")
    return int(str(text))


def paged(rows: QuerySet | Sequence, number: int, size: int) -> Page:
    """Slice ``rows``; a number past the end gives the last page."""
    total = rows.count() if isinstance(rows, QuerySet) else len(rows)
    number = min(number, max(-(-total // size), 1))
    start = (number - 1) * size
    return Page(list(rows[start : start + size]), number, size, total)
