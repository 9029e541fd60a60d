"""What a person may ask of an account's transactions."""

from django import forms

from billing.queries.ledger import TransactionFilter
from ccportal.core.fields import DayField


class TransactionForm(forms.Form):
    """Filters of the list, from the address."""

    kind = forms.ChoiceField(
        required=False,
        label="Kind",
        choices=[
            ("", "All"),
            ("payments", "Payments"),
            ("consumption", "Consumption"),
            ("other", "Reversals and others"),
        ],
    )
    first = DayField(required=False, label="From")
    last = DayField(required=False, label="To")

    def clean(self) -> None:
        super().clean()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day is before the first.")

    def wanted(self) -> TransactionFilter:
        """The filter; a field that does not fit restricts nothing, and its error is shown beside it."""
        self.is_valid()
        values = self.cleaned_data
        return TransactionFilter(kind=values.get("kind") or "", first=values.get("first"), last=values.get("last"))
