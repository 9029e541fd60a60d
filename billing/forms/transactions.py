"""What somebody types to add or change a row of a ledger."""

import secrets
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from billing.calculations import Kind, kind_of, number
from billing.models import HistoryRow
from billing.services.transactions import Draft
from ccportal.core.forms import choice_field
from ccportal.core.money import symbol
from ccportal.core.periods import local_now, meter_zone

KINDS = [
    (Kind.PAYMENT.value, "Payment"),
    (Kind.REVERSAL.value, "Reversal"),
    (Kind.CONSUMPTION.value, "Consumption"),
]
MAX_AMOUNT, MAX_KWH = Decimal("1000000"), Decimal("100000")
CLOCK_SKEW = timedelta(minutes=5)


class MinuteInput(forms.DateTimeInput):
    """The browser's own calendar and clock; it sends and takes ``2026-10-31T14:05``."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M:%S", attrs={"step": "1"})


class ReasonForm(forms.Form):
    """Why a ledger is changed; ``token`` makes the form count once, ``seen`` stands for what was shown before."""

    reason = forms.CharField(
        max_length=300,
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept in the log of changes.",
    )
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)
    seen = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"token": secrets.token_urlsafe(24), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)


class DraftForm(ReasonForm):
    """A row: a payment or a reversal has an amount of money, consumption has kWh."""

    kind = forms.ChoiceField(choices=KINDS, label="Kind")
    at = forms.DateTimeField(label="Date and time", widget=MinuteInput)
    amount = forms.DecimalField(
        required=False, label="Amount", max_digits=12, decimal_places=2, help_text="What was paid, or taken back."
    )
    used_kwh = forms.DecimalField(
        required=False, label="Used, kWh", max_digits=12, decimal_places=4, help_text="For consumption only."
    )
    field_order = ["kind", "at", "amount", "used_kwh", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"kind": Kind.PAYMENT.value, "at": local_now(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = f"Amount, {symbol()}"

    @classmethod
    def of_row(cls, row: HistoryRow) -> "DraftForm":
        """The form as the row is now."""
        kind = kind_of(row.is_payment, row.amount, row.kwh)
        used = kind == Kind.CONSUMPTION
        amount = abs(number(row.amount))
        at = row.at.astimezone(meter_zone()) if row.at else None
        form = cls(
            initial={
                "kind": kind.value,
                "at": at,
                "amount": None if used else f"{amount.normalize():f}",
                "used_kwh": f"{amount.normalize():f}" if used else None,
            }
        )
        if kind == Kind.OTHER:  # neither of the three: nothing is chosen for anybody
            choice_field(form, "kind").choices = [("", "Choose"), *KINDS]
        return form

    def clean_at(self) -> Any:
        moment = self.cleaned_data["at"]
        if moment > timezone.now() + CLOCK_SKEW:
            raise forms.ValidationError("This lies in the future.")
        if moment.year < 2000:
            raise forms.ValidationError("This lies too far back.")
        return moment

    def clean(self) -> None:
        super().clean()
        wanted, other, most = "amount", "used_kwh", MAX_AMOUNT
        if self.cleaned_data.get("kind") == Kind.CONSUMPTION:
            wanted, other, most = "used_kwh", "amount", MAX_KWH
        value = self.cleaned_data.get(wanted)
        if wanted not in self.errors and (value is None or not 0 < value <= most):
            self.add_error(wanted, f"Give a number above 0, at most {most:,}.")
        if self.cleaned_data.get(other) is not None:
            self.add_error(other, "Leave this empty for this kind.")

    def draft(self) -> Draft:
        """What a valid form says."""
        values = self.cleaned_data
        return Draft(
            Kind(values["kind"]), values["at"], values["amount"] or Decimal(0), values["used_kwh"] or Decimal(0)
        )
