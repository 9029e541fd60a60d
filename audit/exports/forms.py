"""What somebody asks for on the page Export."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from audit.exports.sets import SETS, PreparedSet
from audit.tables.filters import OPERATORS
from ccportal.acdb.introspection import Table
from ccportal.core.errors import InvalidInput
from ccportal.core.fields import DayField
from ccportal.core.forms import choice_field

FILTER_ROWS = 3


class ChoiceForm(forms.Form):
    """Which table; prepared sets have links."""

    table = forms.ChoiceField(label="Any table")

    def __init__(self, data: Any, tables: Sequence[str]) -> None:
        super().__init__(data)
        choice_field(self, "table").choices = [("", "–"), *((name, name) for name in tables)]


class ExportForm(forms.Form):
    """Columns, rows and format of one source: of a table or of a prepared set."""

    table: Table | None = None
    prepared: PreparedSet | None = None
    columns = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose at least one column."}
    )
    format = forms.ChoiceField(choices=[("csv", "CSV"), ("xlsx", "XLSX (Excel)")], initial="csv")

    def __init__(self, names: Sequence[str], data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"columns": list(names), **(initial or {})}, auto_id="export-%s")
        choice_field(self, "columns").choices = [(name, name) for name in names]

    @property
    def title(self) -> str:
        """What is exported, for people."""
        return self.prepared.title if self.prepared else self.table.name if self.table else ""

    def wanted(self) -> dict[str, Any]:
        """The input of ``sources.source_of``."""
        return {name: self.cleaned_data[name] for name in ("columns", "format")}


class TableForm(ExportForm):
    """Of a table: search, and filters by column as in the table browser."""

    search = forms.CharField(required=False, max_length=300)

    def __init__(self, table: Table, data: QueryDict | None = None, query: QueryDict | None = None) -> None:
        """``query`` is the address of the table browser that leads here."""
        given = data if data is not None else query
        super().__init__(table.column_names, data, {"search": given.get("search", "") if given else ""})
        self.table = table
        lists = [given.getlist(name) if given else [] for name in ("col", "op", "val", "to")]
        shown = max(FILTER_ROWS, len(lists[0]) + 1)
        self.filter_rows = [FilterRow(n, [texts[n : n + 1] for texts in lists]) for n in range(shown)]
        self.operators = OPERATORS

    def wanted(self) -> dict[str, Any]:
        pairs = [pair for row in self.filter_rows if row.column for pair in row.pairs]
        return {
            **super().wanted(),
            "table": self.title,
            "search": self.cleaned_data["search"],
            "query": urlencode(pairs),
        }


class FilterRow:
    """One filter as its four inputs hold it."""

    def __init__(self, number: int, texts: Sequence[Sequence[str]]) -> None:
        self.number = number + 1
        self.column, self.operator, self.value, self.upto = (next(iter(text), "") for text in texts)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [("col", self.column), ("op", self.operator), ("val", self.value), ("to", self.upto)]


class SetForm(ExportForm):
    """Of a prepared set; those of a period ask for it."""

    since = DayField(required=False, label="From")
    until = DayField(required=False, label="To, included")

    def __init__(self, name: str, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        prepared = SETS.get(name)
        if prepared is None:
            raise InvalidInput("There is no such prepared set.", field="set")
        super().__init__(prepared.columns, data, initial)
        self.prepared = prepared
        if not prepared.dated:
            del self.fields["since"], self.fields["until"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", "This is before the first day.")
        return data

    def wanted(self) -> dict[str, Any]:
        days = {end: self.cleaned_data.get(end) for end in ("since", "until")}
        return {
            **super().wanted(),
            "set": self.prepared.name if self.prepared else "",
            **{end: day.isoformat() for end, day in days.items() if day},
        }
