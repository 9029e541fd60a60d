"""The filters of the reports."""

from collections.abc import Mapping
from typing import Any

from django import forms

from ccportal.core.errors import InvalidInput
from ccportal.core.periods import Quarter
from customers.queries import site_names
from omreport import queries
from omreport.queries import Basis
from omreport.report import ReportFilter


class ReportFilterForm(forms.Form):
    """Quarters, site, customer type and basis from the address; ``wanted()`` in domain types.

    ``from`` is a word of the language, so the fields are added by name.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        sites = queries.site_choices(site_names().names)
        quarters = [str(quarter) for quarter in reversed(queries.quarters())]
        self.fields["from"] = _Quarter("From quarter", "the first", quarters)
        self.fields["to"] = _Quarter("To quarter", "the last", quarters)
        self.fields["site"] = _choice("Site", "All sites", [(code, f"{code} {name}") for code, name in sites])
        self.fields["type"] = _choice("Customer type", "All types", [(kind, kind) for kind in queries.type_choices()])
        self.fields["basis"] = _choice("Counted", "", [(basis.value, basis.label) for basis in Basis])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and last < first:
            self.add_error("to", "The last quarter is before the first.")
        return cleaned

    def wanted(self) -> ReportFilter:
        """The filter; ``InvalidInput`` with the first fault when a value does not fit."""
        if not self.is_valid():
            field, faults = next(iter(self.errors.items()))
            raise InvalidInput(str(faults[0]), field=field)
        values = self.cleaned_data
        return ReportFilter(
            values["from"], values["to"], values["site"], values["type"], Basis(values["basis"] or Basis.CONTRACT)
        )


class _Quarter(forms.ChoiceField):
    """A quarter that has rows, or one typed into the address."""

    def __init__(self, label: str, none: str, quarters: list[str]) -> None:
        super().__init__(label=label, required=False, choices=[("", none), *((text, text) for text in quarters)])

    def clean(self, value: Any) -> Quarter | None:
        if not value:
            return None
        try:
            return Quarter.parse(str(value))
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error


def _choice(label: str, none: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    everything = [("", none), *choices] if none else choices
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=everything,
        error_messages={"invalid_choice": f"{label}: there is no %(value)s here; choose one of the list."},
    )


def filter_of(parameters: Mapping[str, str]) -> ReportFilter:
    """The filter that ``ReportFilter.parameters`` described; ``InvalidInput`` when the data no longer has it."""
    return ReportFilterForm(parameters).wanted()
