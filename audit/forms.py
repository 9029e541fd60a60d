"""Filters of the log of changes."""

from collections.abc import Mapping
from typing import Any

from django import forms

from audit.models import Action, MutationState
from audit.queries import MutationFilter


def day_field(label: str) -> forms.DateField:
    return forms.DateField(required=False, label=label, widget=forms.DateInput(attrs={"type": "date"}))


class MutationFilterForm(forms.Form):
    """What to show of the log, from the address; a field that does not fit restricts nothing and says so."""

    table = forms.ChoiceField(required=False)
    record = forms.CharField(required=False, max_length=80, label="Record")
    user = forms.CharField(required=False, max_length=40, label="Employee number")
    action = forms.ChoiceField(required=False, choices=[("", "Any action"), *Action.choices])
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *MutationState.choices])
    since = day_field("From")
    until = day_field("To")

    def __init__(self, data: Mapping[str, Any], tables: list[str]) -> None:
        super().__init__(data)
        choices = [("", "All tables"), *((name, name) for name in tables)]
        self.fields["table"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def wanted(self) -> MutationFilter:
        self.is_valid()
        return MutationFilter(**{name: value for name, value in self.cleaned_data.items() if value})


class RevertForm(forms.Form):
    """Why a change is undone."""

    reason = forms.CharField(required=False, max_length=500, label="Reason", widget=forms.Textarea(attrs={"rows": 2}))
