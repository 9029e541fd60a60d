"""Forms of the inbox."""

from typing import Any

from django import forms

from ccportal.core.forms import choice_field
from customers.models import Site
from whatsapp.models import Category, Priority
from whatsapp.queries.inbox import SHOWN, InboxFilter


def site_choices(empty: str) -> list[tuple[str, str]]:
    rows = Site.objects.order_by("name").values_list("code", "name")
    return [("", empty), *((code, f"{name} ({code})") for code, name in rows)]


class InboxForm(forms.Form):
    """The filters of the inbox; what does not fit is left out."""

    q = forms.CharField(required=False, max_length=100, label="Find")
    show = forms.ChoiceField(required=False, choices=SHOWN, label="Show")
    site = forms.ChoiceField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        choice_field(self, "site").choices = site_choices("All sites")

    def wanted(self, mine: str) -> InboxFilter:
        self.is_valid()
        given = self.cleaned_data
        return InboxFilter(given.get("show") or "open", given.get("site", ""), given.get("q", "").strip(), mine)


class ReplyForm(forms.Form):
    """What a person sends to a customer; ``token`` makes two presses one message."""

    text = forms.CharField(
        label="Message", strip=False, required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    file = forms.FileField(
        label="Photo or PDF",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
    )
    token = forms.RegexField(r"^[0-9a-f]{16}$", widget=forms.HiddenInput)


class CorrectionForm(forms.Form):
    """What a message really was about."""

    category = forms.ChoiceField(choices=Category.choices)
    priority = forms.ChoiceField(choices=Priority.choices)


class LinkForm(forms.Form):
    """The ticket that a conversation is about."""

    number = forms.CharField(max_length=40, label="Ticket number")
