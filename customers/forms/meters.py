"""What is asked when a meter is given to an account, and when it is taken away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms

from ccportal.core.errors import InvalidInput
from ccportal.core.fields import DayField
from ccportal.core.forms import choice_field
from ccportal.core.periods import local_today
from customers.formats import CUSTOMER_TYPES, parse_serial
from customers.positions import Position, parse_degrees
from customers.registries import Placement

#: The utility's first connections; an earlier date is a slip.
FIRST_DAY = date(2010, 1, 1)
NEW = "new"


@dataclass(frozen=True)
class OwnAccount:
    """An account that the customer has; ``from_plot`` when nothing but the plot number says so."""

    account: str
    from_plot: bool
    running: Sequence[Placement]

    def __str__(self) -> str:
        if self.running:
            return f"{self.account} – replaces {', '.join(placement.meter_id for placement in self.running)}"
        return f"{self.account} – {'as the plot number implies' if self.from_plot else 'no meter runs on it'}"


class FindCustomerForm(forms.Form):
    """For whom a meter is meant."""

    q = forms.CharField(
        required=False, max_length=100, label="Customer", widget=forms.TextInput(attrs={"type": "search"})
    )


class AssignForm(forms.Form):
    """A meter for a customer. ``accounts`` are the accounts he has."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    offered = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    meter_id = forms.CharField(
        max_length=60,
        label="Meter serial",
        help_text="From the label, like SMRSD-03-0001963E.",
        error_messages={"required": "Give the serial of the meter, from its label."},
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )
    account = forms.ChoiceField(
        widget=forms.RadioSelect, error_messages={"required": "Choose the account that the meter is for."}
    )
    reason = forms.CharField(
        required=False,
        max_length=300,
        label="Reason",
        help_text="Needed when a meter is replaced: what is wrong with the old one.",
    )
    customer_type = forms.ChoiceField(required=False, label="Customer type")
    village = forms.CharField(required=False, max_length=80)
    connected_on = DayField(
        label="Installed on",
        error_messages={"required": "Give the day on which the meter was installed."},
    )

    def __init__(self, data: Any = None, *, offered: str, accounts: Sequence[OwnAccount], **options: Any) -> None:
        super().__init__(data, **options)
        choices = [(NEW, f"{offered} – the next free number")] if offered else []
        choices += [(own.account, str(own)) for own in accounts]
        choice_field(self, "account").choices = choices
        if not any(own.running for own in accounts):
            del self.fields["reason"]  # nothing can be replaced
        types = [("", "Not stated"), *((code, f"{code} – {words}") for code, words in CUSTOMER_TYPES.items())]
        written = self.initial.get("customer_type", "")
        if written and written not in CUSTOMER_TYPES:
            types.append((written, written))
        choice_field(self, "customer_type").choices = types

    def clean_meter_id(self) -> str:
        try:
            return parse_serial(self.cleaned_data["meter_id"])
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error

    def clean_connected_on(self) -> date:
        day: date = self.cleaned_data["connected_on"]
        if not FIRST_DAY <= day <= local_today() + timedelta(days=1):
            raise forms.ValidationError("The day lies in the future or too far back. Correct the date.")
        return day

    def clean_reason(self) -> str:
        return " ".join(self.cleaned_data["reason"].split())

    @property
    def chosen(self) -> str:
        """The account, empty for the next free number."""
        account = self.cleaned_data["account"]
        return "" if account == NEW else account


class RemoveForm(forms.Form):
    """Why a meter is taken away."""

    reason = forms.CharField(
        max_length=300,
        label="Reason",
        error_messages={"required": "Say why the meter is taken away; the log of changes keeps it."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def position_of(latitude: object, longitude: object) -> Position | None:
    """The position of a customer's record for his meter; None when it is unknown or no number."""
    try:
        place = Position(parse_degrees(str(latitude), "latitude"), parse_degrees(str(longitude), "longitude"))
    except InvalidInput:
        return None
    return place if place.latitude and place.longitude else None
