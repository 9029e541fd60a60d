"""Filters of the log of changes."""

from django import forms
from django.http import QueryDict

from audit.models import Action, MutationState
from audit.queries import MutationFilter
from ccportal.core.fields import DayField, MomentField
from ccportal.core.forms import choice_field
from ccportal.core.templatetags.portal import table as table_words


class MutationFilterForm(forms.Form):
    """What to show of the log, from the address; a field that does not fit restricts nothing and says so."""

    table = forms.ChoiceField(required=False)
    record = forms.CharField(required=False, max_length=80, label="Record")
    who = forms.CharField(required=False, max_length=100, label="Who (name or number)")
    event = forms.ChoiceField(required=False)
    action = forms.ChoiceField(required=False, choices=[("", "Any action"), *Action.choices])
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *MutationState.choices])
    since = DayField(required=False, label="From")
    until = DayField(required=False, label="To")

    def __init__(self, data: QueryDict, tables: list[str], events: list[str]) -> None:
        # Links of other pages and programs name the number as the API does.
        super().__init__({**data.dict(), "who": data.get("who") or data.get("user", "")})
        for field, everything, names in (("table", "All tables", tables), ("event", "Any event", events)):
            choices = [("", everything), *((name, table_words(name) if field == "table" else name) for name in names)]
            choice_field(self, field).choices = choices

    def wanted(self) -> MutationFilter:
        self.is_valid()
        return MutationFilter(**{name: value for name, value in self.cleaned_data.items() if value})


class AsOfForm(forms.Form):
    """The moment at which a record is wanted, in the portal's zone."""

    at = MomentField(required=False, label="As of")


class RevertForm(forms.Form):
    """Why a change is undone."""

    reason = forms.CharField(required=False, max_length=500, label="Reason", widget=forms.Textarea(attrs={"rows": 2}))
