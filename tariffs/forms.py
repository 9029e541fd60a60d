"""What people type about rates, in domain types."""

from collections.abc import Callable, Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from ccportal.core.errors import InvalidInput
from ccportal.core.fields import DayField
from ccportal.core.money import symbol
from ccportal.core.periods import meter_zone
from tariffs.models import ChangeKind, Scope
from tariffs.parsing import LONGEST_REASON, parse_moment, parse_rate
from tariffs.queries.overview import HistoryFilter


def cleaned(parse: Callable[..., Any], *arguments: Any) -> Any:
    """What a parser makes of a value; its fault becomes the field's."""
    try:
        return parse(*arguments)
    except InvalidInput as error:
        raise ValidationError(error.message) from error


class RateField(forms.CharField):
    """A rate per kWh as ``Decimal``; None when it may be left empty and is."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=30, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return cleaned(parse_rate, text) if text else None


class MomentField(forms.CharField):
    """A moment to come in the meters' zone; None for now."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"})
        super().__init__(required=options.pop("required", False), max_length=40, widget=widget, **options)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        moment: datetime | None = cleaned(parse_moment, text, timezone.now())
        if self.required and moment is None:
            raise ValidationError("Choose a moment to come.")
        return moment


def reason_field() -> forms.CharField:
    return forms.CharField(
        label="Reason", max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Who decided it and why; it stays in the history.",
    )  # fmt: skip


class RateForm(forms.Form):
    """A new rate, from when, and why; ``seen`` is the state the person decides on."""

    rate = RateField()
    effective_from = MomentField(
        label="From", help_text="Local time. Leave it empty to change the rate now; until then the present one holds."
    )
    reason = reason_field()
    seen = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["rate"].label = f"New rate, {symbol()} per kWh"


class ReasonForm(forms.Form):
    """Why a rate is removed or a change called off."""

    reason = reason_field()
    seen = forms.CharField(max_length=60, widget=forms.HiddenInput, required=False)


class PlanForm(forms.Form):
    """When and why several rates change together."""

    effective_from = MomentField(label="From", required=True, help_text="Local time; a moment to come.")
    reason = reason_field()


class HistoryForm(forms.Form):
    """Filters of the history, from the address; a field that does not fit restricts nothing and says so."""

    scope = forms.ChoiceField(required=False, label="Level", choices=[("", "All levels"), *Scope.choices])
    key = forms.CharField(required=False, max_length=40, label="Site or customer number")
    kind = forms.ChoiceField(required=False, label="What", choices=[("", "Anything"), *ChangeKind.choices])
    user = forms.CharField(required=False, max_length=40, label="Employee number")
    since = DayField(required=False, label="From")
    until = DayField(required=False, label="To")

    def wanted(self) -> HistoryFilter:
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        for name, edge in (("since", time.min), ("until", time.max)):
            if name in given:
                given[name] = datetime.combine(given[name], edge, meter_zone())
        return HistoryFilter(**given | {"key": given.get("key", "").strip().upper()})


class ProposalForm(forms.Form):
    """Rates to try out: everybody's, and one for each site and customer type; empty ones stay as they are."""

    everybody = RateField(required=False, label="Everybody")
    elasticity = forms.DecimalField(
        required=False, min_value=Decimal("-2"), max_value=Decimal(0), max_digits=4, decimal_places=2,
        help_text="How use reacts: -0.3 means 10 % dearer, about 3 % less. Empty: use stays the same.",
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any], sites: Mapping[str, str], types: list[str]) -> None:
        super().__init__(data)
        self.sites, self.types = sites, types
        for code, label in sites.items():
            self.fields[f"site_{code}"] = RateField(required=False, label=label)
        for kind in types:
            self.fields[f"type_{kind}"] = RateField(required=False, label=kind)

    @property
    def asked(self) -> bool:
        """Whether at least one rate was typed."""
        return self._typed("everybody") or self.sites_typed or self.types_typed

    @property
    def sites_typed(self) -> bool:
        return any(self._typed(f"site_{code}") for code in self.sites)

    @property
    def types_typed(self) -> bool:
        return any(self._typed(f"type_{kind}") for kind in self.types)

    def _typed(self, name: str) -> bool:
        return bool(str(self.data.get(name, "")).strip())

    def type_fields(self) -> list[forms.BoundField]:
        return [self[f"type_{kind}"] for kind in self.types]
