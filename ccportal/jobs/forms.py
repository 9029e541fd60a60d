"""Filters of the lists of background work."""

from collections.abc import Mapping
from typing import Any

from django import forms

from ccportal.core.forms import choice_field
from ccportal.jobs import registry
from ccportal.jobs.models import JobState, OutboxState


class FilterForm(forms.Form):
    """Kind and state, from the address; what does not fit restricts nothing and is said beside the field."""

    kind = forms.ChoiceField(required=False)
    state = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, Any], kinds: list[tuple[str, str]], states: list[tuple[str, str]]) -> None:
        super().__init__(data)
        choice_field(self, "kind").choices = [("", "All kinds"), *kinds]
        choice_field(self, "state").choices = [("", "Any state"), *states]

    def wanted(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in ("kind", "state")}


def job_filter(data: Mapping[str, Any], kinds: list[str]) -> FilterForm:
    return FilterForm(data, [(kind, registry.label_of(kind)) for kind in kinds], JobState.choices)


def outbox_filter(data: Mapping[str, Any], kinds: list[str]) -> FilterForm:
    states = [("waiting", "Not sent yet"), *OutboxState.choices]
    return FilterForm(data, [(kind, kind) for kind in kinds], states)
