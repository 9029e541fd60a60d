"""What somebody types above a table and into a record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from audit.services.records import TRANSACTION_TABLES
from audit.tables.filters import OPERATORS, operators_for
from ccportal.acdb.coercion import coerce
from ccportal.acdb.dates import parse_naive
from ccportal.acdb.introspection import BINARIES, DECIMALS, FLOATS, WHOLE_NUMBERS, Column, Table
from ccportal.acdb.values import Row, jsonable
from ccportal.core.errors import InvalidInput
from ccportal.core.forms import choice_field

MAX_MEMO = 60_000
UNFINISHED = "This form is not complete any more; open the record again."
_YES_OR_NO = [("True", "yes"), ("False", "no")]


class RowsForm(forms.Form):
    """Search, and a further filter; what is there already is kept in the address."""

    search = forms.CharField(required=False, max_length=300, widget=forms.TextInput(attrs={"type": "search"}))
    col = forms.ChoiceField(label="Column", required=False)
    op = forms.ChoiceField(label="Condition", required=False)
    val = forms.CharField(label="Value", required=False, max_length=300)
    to = forms.CharField(label="and (between)", required=False, max_length=300)

    def __init__(self, data: Any, table: Table, column: Column | None = None) -> None:
        """``column`` is the one that is to be filtered: only what fits its type is offered."""
        super().__init__(data, auto_id="filter-%s")
        names = [(name, name) for name in table.column_names]
        operators = operators_for(column) if column else OPERATORS
        choice_field(self, "col").choices = [("", "–"), *names]
        choice_field(self, "op").choices = [(name, OPERATORS[name]) for name in operators]
        if column and column.family == "date":
            for name in ("val", "to"):
                self.fields[name].widget = forms.DateInput(attrs={"type": "date"})


@dataclass(frozen=True)
class Difference:
    """A column that somebody else changed while a form was open."""

    column: str
    opened: Any
    theirs: Any
    mine: Any


class RecordForm(forms.Form):
    """The columns of a record, each with an input of its type, and why it is changed.

    ``seen`` carries the record as it was when the form was opened: only what differs from it is written, and only if
    the record still is like that.
    """

    def __init__(self, table: Table, data: Any = None, *, row: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="record-%s")
        self.table = table
        self.row = row
        self.columns = {f"c{n}": column for n, column in enumerate(table.columns) if _is_typed(column)}
        shown = jsonable(row or {})
        for name, column in self.columns.items():
            self.fields[name] = _field(column, _text(column, shown.get(column.name)))
        self.fields["reason"] = forms.CharField(
            required=table.name.casefold() in TRANSACTION_TABLES,
            max_length=500,
            help_text="For the log of changes.",
            widget=forms.Textarea(attrs={"rows": 2}),
        )
        if row is not None:
            self.fields["seen"] = forms.CharField(
                widget=forms.HiddenInput, initial=json.dumps(shown), strip=False, max_length=1_000_000
            )

    def inputs(self) -> list[tuple[Column, forms.BoundField]]:
        return [(column, self[name]) for name, column in self.columns.items()]

    def clean_seen(self) -> dict[str, Any]:
        seen = _loaded(self.cleaned_data["seen"])
        if set(seen) != set(self.table.column_names):
            raise forms.ValidationError(UNFINISHED)
        return seen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "seen" in self.errors:  # hidden, so that nobody would read it there
            self.add_error(None, UNFINISHED)
        seen = data.get("seen", {})
        typed = {column.name: data.get(name, "") for name, column in self.columns.items()}
        data["values"] = {
            column.name: _unix(typed[column.name])
            for name, column in self.columns.items()
            if name in data
            and self.add_prefix(name) in self.data
            and not _alike(column, typed[column.name], seen.get(column.name))
        }
        for name, column in self.columns.items():
            if column.name in data["values"]:
                self._check(name, column, {**seen, **typed})
        return data

    def _check(self, name: str, column: Column, row: Row) -> None:
        """Every value that does not fit is named at once, not only the first."""
        try:
            coerce(self.table, {column.name: self.cleaned_data[name]}, current=row)
        except InvalidInput as error:
            self.add_error(name, error.message)

    @property
    def values(self) -> Row:
        """What is to be written: the columns that differ from what was seen."""
        return dict(self.cleaned_data["values"])

    @property
    def opened(self) -> Row:
        """The record as it was when the form was opened."""
        return dict(self.cleaned_data.get("seen", {}))

    def rebased(self, row: Mapping[str, Any]) -> "RecordForm":
        """The same input over the record as it is now: what was typed stays, what was not follows the others."""
        mine, now = self.values, jsonable(row)
        data = {name: mine.get(column.name, _text(column, now[column.name])) for name, column in self.columns.items()}
        return RecordForm(self.table, {**data, "reason": self.cleaned_data["reason"], "seen": json.dumps(now)}, row=row)

    def differences(self, row: Mapping[str, Any]) -> list[Difference]:
        """What others changed meanwhile, beside what was typed here."""
        seen, now, mine = self.opened, jsonable(row), self.values
        return [
            Difference(name, seen[name], now[name], mine.get(name, seen[name]))
            for name in self.table.column_names
            if seen[name] != now[name]
        ]


class DeletionForm(forms.Form):
    """Why a record is deleted, and that it is meant."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="For the log.")
    confirmed = forms.BooleanField(label="Yes, delete this record")
    seen = forms.CharField(widget=forms.HiddenInput, strip=False, max_length=1_000_000)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["seen"] = _loaded(data.get("seen", ""))
        if not data["seen"]:
            self.add_error(None, UNFINISHED)
        return data


def _loaded(text: str) -> dict[str, Any]:
    """The record that a form carried; empty when somebody has cut or changed it."""
    try:
        seen = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return seen if isinstance(seen, dict) else {}


def _is_typed(column: Column) -> bool:
    """Whether people write it: not what the database numbers, nor pictures and files."""
    return column.type != "COUNTER" and column.type not in BINARIES


def _field(column: Column, text: str) -> forms.Field:
    """The input that fits a column; what is stored and does not fit it is shown as text, so that nothing is lost."""
    options: dict[str, Any] = {"label": column.name, "required": False, "initial": text}
    if column.type == "BIT" and text in ("", "True", "False"):
        choices = [("", "–"), *_YES_OR_NO] if column.nullable else _YES_OR_NO
        return forms.ChoiceField(choices=choices, **options)
    if column.type == "DATETIME" and (not text or parse_naive(text)):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})
        return forms.CharField(max_length=40, widget=widget, help_text="Date and time", **options)
    if column.type == "LONGCHAR":
        return forms.CharField(max_length=MAX_MEMO, widget=forms.Textarea(attrs={"rows": 3}), **options)
    if column.type in WHOLE_NUMBERS | FLOATS | DECIMALS:
        mode = "numeric" if column.type in WHOLE_NUMBERS else "decimal"
        words = "Whole number" if column.type in WHOLE_NUMBERS else "Number"
        return forms.CharField(
            max_length=60, widget=forms.TextInput(attrs={"inputmode": mode}), help_text=words, **options
        )
    return forms.CharField(max_length=max(column.size or 0, len(text), 255), **options)


def _text(column: Column, value: Any) -> str:
    """A value of the record as its input holds it."""
    if value is None:
        return ""
    text = str(value)
    return text.replace(" ", "T", 1) if column.type == "DATETIME" and parse_naive(text) else text


def _alike(column: Column, typed: str, seen: Any) -> bool:
    """Whether an input still says what was seen; browsers drop seconds that are nought and end lines their own way."""
    before = _text(column, seen)
    if column.type == "DATETIME":
        moment = parse_naive(typed)
        if moment is not None and moment == parse_naive(before):
            return True
    return _unix(typed).strip() == _unix(before).strip()


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
