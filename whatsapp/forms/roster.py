"""Forms of the on-call lists."""

from typing import Any

from django import forms

from ccportal.core.forms import choice_field
from whatsapp.forms.inbox import site_choices
from whatsapp.models import Technician


class TechnicianForm(forms.Form):
    """Somebody who repairs."""

    name = forms.CharField(max_length=150)
    phone = forms.CharField(max_length=30, help_text="The one they use for WhatsApp, like +266 5812 3456.")
    email = forms.EmailField(required=False, label="E-mail")
    language = forms.ChoiceField(choices=[("st", "Sesotho"), ("en", "English"), ("fr", "French")])
    employee_number = forms.CharField(required=False, max_length=20)
    is_active = forms.BooleanField(required=False, initial=True, label="Takes jobs")


class DutyForm(forms.Form):
    """Somebody on a site's list."""

    technician = forms.ModelChoiceField(Technician.objects.filter(is_active=True), empty_label="Choose a technician")
    site_code = forms.ChoiceField(required=False, label="Site")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice_field(self, "site_code").choices = site_choices("Any site")
