"""Forms of tickets."""

from typing import Any

from django import forms

from ccportal.core.forms import choice_field
from whatsapp.forms.inbox import site_choices
from whatsapp.models import Category, Priority, Technician, TicketState
from whatsapp.queries.tickets import STATES, TicketFilter


class BoardForm(forms.Form):
    """The filters of the board; what does not fit is left out."""

    q = forms.CharField(required=False, max_length=100, label="Find")
    state = forms.ChoiceField(required=False, choices=[*STATES, *TicketState.choices])
    site = forms.ChoiceField(required=False)
    priority = forms.ChoiceField(required=False, choices=[("", "All priorities"), *Priority.choices])
    category = forms.ChoiceField(required=False, choices=[("", "All categories"), *Category.choices])

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        choice_field(self, "site").choices = site_choices("All sites")

    def wanted(self) -> TicketFilter:
        self.is_valid()
        given = self.cleaned_data
        return TicketFilter(
            state=given.get("state") or "unfinished",
            site=given.get("site", ""),
            priority=given.get("priority", ""),
            category=given.get("category", ""),
            q=given.get("q", "").strip(),
        )


class NewTicketForm(forms.Form):
    """A ticket that staff write down."""

    site_code = forms.ChoiceField(label="Site")
    category = forms.ChoiceField(choices=Category.choices)
    priority = forms.ChoiceField(choices=Priority.choices, initial=Priority.P2)
    description = forms.CharField(max_length=4000, label="What is wrong", widget=forms.Textarea(attrs={"rows": 4}))
    customer_number = forms.CharField(required=False, max_length=12, label="Customer number")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice_field(self, "site_code").choices = site_choices("Choose a site")


class StepForm(forms.Form):
    """A step of a ticket's life, decided on the page of this ``version``."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(required=False, max_length=1000, label="Note")


class ChangeForm(forms.Form):
    """Corrections of a ticket."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    priority = forms.ChoiceField(choices=Priority.choices)
    category = forms.ChoiceField(choices=Category.choices)
    site_code = forms.ChoiceField(label="Site", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice_field(self, "site_code").choices = site_choices("Not known")


class CommentForm(forms.Form):
    text = forms.CharField(max_length=4000, label="Comment", widget=forms.Textarea(attrs={"rows": 2}))


class AssignForm(forms.Form):
    technician = forms.ModelChoiceField(Technician.objects.filter(is_active=True), empty_label="Choose a technician")


class IncidentForm(forms.Form):
    """What is known of an outage as a whole."""

    customers_affected = forms.IntegerField(min_value=1, max_value=100_000)
    feeder = forms.CharField(required=False, max_length=40)


class MergeForm(forms.Form):
    number = forms.CharField(max_length=40, label="Into ticket")
