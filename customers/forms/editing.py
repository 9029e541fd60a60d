"""The page on which a customer's record is changed, guarded against somebody else's change meanwhile."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms

from ccportal.acdb.introspection import Table
from ccportal.acdb.values import Row
from ccportal.core.forms import choice_field
from ccportal.core.text import clean
from customers.forms.person import COLUMNS, COUNTRY_NAMES, LocationFields, PersonalFields, ServiceFields


@dataclass(frozen=True)
class Clash:
    """A field that somebody else changed while this page was open."""

    label: str
    seen: str
    typed: str
    now: str


class EditForm(ServiceFields, LocationFields, PersonalFields):
    """Every field of a customer. ``seen`` are the texts that the person saw; only what differs from them is written."""

    phone_3 = forms.CharField(max_length=30, required=False, label="Third phone")
    reason = forms.CharField(required=False, max_length=300, label="Reason of the change")
    field_order = (*COLUMNS, "plot_shared", "far_away", "reason")

    def __init__(self, data: Any = None, *, seen: Mapping[str, str], **options: Any) -> None:
        super().__init__(data, initial=dict(seen), **options)
        self.seen = seen
        for name, known in (("country", COUNTRY_NAMES.values()), ("gender", ("", "Female", "Male"))):
            if name in self.fields and seen.get(name, "") not in known:
                self._also(name, seen.get(name, ""))
        written = seen.get("customer_type", "")
        if written and written not in dict(self._choices("customer_type")):
            self._also("customer_type", written)

    def _also(self, name: str, written: str) -> None:
        """What the record says can be chosen too, however odd."""
        choice_field(self, name).choices = [(written, written or "Not stated"), *self._choices(name)]

    def _choices(self, name: str) -> list[tuple[str, str]]:
        return cast(list[tuple[str, str]], choice_field(self, name).choices)

    def changes(self) -> Row:
        """Columns with their new values; empty texts become NULL."""
        changed = [name for name in self.changed_data if name in COLUMNS]
        return {COLUMNS[name]: self.cleaned_data[name] for name in changed}

    @property
    def seen_json(self) -> str:
        """What goes with the form so that the next request knows what was seen."""
        return json.dumps(dict(self.seen))


def shown_texts(table: Table, row: Row) -> dict[str, str]:
    """The record as the fields of the form show it."""
    texts = {}
    for name, written in COLUMNS.items():
        column = table.column(written)
        if column is not None:
            # Addresses of several lines fit a field of one line, and are not taken for changed because of it.
            texts[name] = " ".join(clean(row[column.name]).split())
    return texts


def read_seen(text: str, current: Mapping[str, str]) -> dict[str, str]:
    """What the person saw, as his form sent it back; anything else counts as having seen the present state."""
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        return dict(current)
    return {name: str(sent.get(name, now)) for name, now in current.items()}


def clashes(seen: Mapping[str, str], typed: Mapping[str, str], now: Mapping[str, str]) -> dict[str, Clash]:
    """The fields whose record has changed since it was seen, by name."""
    found = {}
    for name, value in now.items():
        if value != seen[name]:
            label = str(EditForm.base_fields[name].label or name.replace("_", " ").capitalize())
            found[name] = Clash(label, seen[name], typed.get(name, seen[name]), value)
    return found


def merged(seen: Mapping[str, str], typed: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What the form shows after a clash: the person's own changes, and the present state of the rest."""
    mine = {name for name in now if typed.get(name, seen[name]).strip() != seen[name]}
    return {name: typed[name] if name in mine else value for name, value in now.items()}
