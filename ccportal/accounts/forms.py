"""Forms of the pages of this app."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts

from ccportal.accounts.models import Employee
from ccportal.accounts.services import check_password_rules
from ccportal.core.errors import InvalidInput


class SignInForm(forms.Form):
    employee_no = forms.CharField(
        label="Employee number",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}),
    )
    password = forms.CharField(
        strip=False, max_length=1000, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class PasswordForm(forms.Form):
    """The old password, and the new one twice; ``employee`` is whose it is."""

    old_password = forms.CharField(
        label="Current password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        label="New password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label="New password again",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, employee: Employee, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.employee = employee

    @property
    def rules(self) -> list[str]:
        """What a password must be, as sentences."""
        return [*password_validators_help_texts(), "Your new password must differ from the current one."]

    def clean_new_password(self) -> str:
        password = self.cleaned_data["new_password"]
        try:
            check_password_rules(password, self.employee)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from None
        return password

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        new = data.get("new_password")
        if new and data.get("repeated") and new != data["repeated"]:
            self.add_error("repeated", "This differs from the new password.")
        if new and new == data.get("old_password"):
            self.add_error("new_password", "Your new password must differ from the current one.")
        return data


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=[("", ""), ("light", ""), ("dark", "")], required=False)
