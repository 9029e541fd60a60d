"""Filters of the payments, and what people type to record, match and reverse them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone

from billing.forms.transactions import CLOCK_SKEW, MinuteInput
from billing.models import PaymentState
from billing.providers import clean_reference, providers
from billing.queries.payments import PaymentFilter
from billing.services.payments import MAX_AMOUNT, Draft
from ccportal.acdb.accountnumbers import looks_like_account, parse_typed
from ccportal.core.errors import InvalidInput
from ccportal.core.fields import DayField
from ccportal.core.forms import choice_field
from ccportal.core.money import symbol
from ccportal.core.periods import local_now
from ccportal.core.phones import parse_typed as parse_phone


def provider_choices() -> list[tuple[str, str]]:
    return [(provider.code, provider.name) for provider in providers().values()]


class PaymentFilterForm(forms.Form):
    """What the list shows, from the address; a field that does not fit restricts nothing and says so."""

    q = forms.CharField(required=False, max_length=60, label="Reference, account, phone or name")
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *PaymentState.choices])
    provider = forms.ChoiceField(required=False)
    site = forms.ChoiceField(required=False)
    first = DayField(required=False, label="From")
    last = DayField(required=False, label="To")

    def __init__(self, data: Mapping[str, Any], sites: Sequence[str]) -> None:
        super().__init__(data)
        choice_field(self, "provider").choices = [("", "All"), *provider_choices()]
        choice_field(self, "site").choices = [("", "All"), *((code, code) for code in sites)]

    def clean(self) -> None:
        super().clean()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day is before the first.")

    def wanted(self) -> PaymentFilter:
        self.is_valid()
        return PaymentFilter(**{name: value for name, value in self.cleaned_data.items() if value})


class AccountField(forms.CharField):
    """An account in any spelling, in canonical form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, label="Account", **options)
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and not looks_like_account(text):
            raise forms.ValidationError("An account is four digits and the letters of the site, such as 0045MAK.")
        return parse_typed(text)


class RecordForm(forms.Form):
    """A payment that somebody has before them. The provider's reference is what makes it count once."""

    provider = forms.ChoiceField(label="Provider")
    provider_reference = forms.CharField(
        max_length=80, label="Provider’s reference", help_text="As on the confirmation, such as QK7ABC12DE."
    )
    account = AccountField()
    amount = forms.DecimalField(max_digits=9, decimal_places=2, min_value=0)
    received_at = forms.DateTimeField(label="Received", widget=MinuteInput)
    payer_phone = forms.CharField(required=False, max_length=24, label="Payer’s phone")
    payer_name = forms.CharField(required=False, max_length=120, label="Payer’s name")
    note = forms.CharField(required=False, max_length=300, label="Note")
    seen = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"received_at": local_now(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        choice_field(self, "provider").choices = provider_choices()
        self.fields["amount"].label = f"Amount, {symbol()}"
        self.fields["provider_reference"].widget.attrs |= {
            "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"
        }  # fmt: skip
        self.fields["payer_phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "off"}

    def clean_provider_reference(self) -> str:
        try:
            return clean_reference(self.cleaned_data["provider_reference"])
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if not 0 < amount <= MAX_AMOUNT:
            raise forms.ValidationError(f"The amount must be above 0 and at most {MAX_AMOUNT:,}.")
        return amount

    def clean_received_at(self) -> Any:
        moment = self.cleaned_data["received_at"]
        if moment > timezone.now() + CLOCK_SKEW or moment.year < 2000:
            raise forms.ValidationError("Give the time at which the provider received it, not one in the future.")
        return moment

    def clean_payer_phone(self) -> str:
        text = self.cleaned_data["payer_phone"]
        if not text:
            return ""
        try:
            phone = parse_phone(text)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error
        return phone.e164 or phone.digits

    def draft(self) -> Draft:
        """What a valid form says."""
        values = self.cleaned_data
        return Draft(
            provider=values["provider"],
            reference=values["provider_reference"],
            amount=values["amount"],
            received_at=values["received_at"],
            account=values["account"],
            payer_phone=values["payer_phone"],
            payer_name=values["payer_name"],
            note=values["note"],
        )


class MatchForm(forms.Form):
    """The account that a payment is for; ``seen`` stands for the effect that was shown."""

    account = AccountField()
    seen = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    note = forms.CharField(
        max_length=300,
        label="Note",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why, for whoever looks at this later."},
    )


class ReverseForm(forms.Form):
    """Why a payment is taken back, and where its money goes."""

    moves = forms.ChoiceField(
        label="The money",
        choices=[("no", "goes back to the payer"), ("yes", "belongs to another account: match it again")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(max_length=300, label="Reason", widget=forms.Textarea(attrs={"rows": 2}))


class MessageForm(forms.Form):
    """A confirmation message, pasted."""

    text = forms.CharField(
        max_length=1000,
        strip=False,
        label="Confirmation message",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
