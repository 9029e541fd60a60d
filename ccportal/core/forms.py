"""What forms of every app share."""

from typing import cast

from django import forms


def choice_field(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    """A field whose choices are set or asked for when the form is made; it must be declared as one with choices."""
    return cast(forms.ChoiceField, form.fields[name])
