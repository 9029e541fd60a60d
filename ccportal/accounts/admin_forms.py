"""Forms of the admin site."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, Permission

from ccportal.accounts import roles
from ccportal.accounts.models import ApiKey, DepartmentRole, Employee, RoleAssignment, normalise_employee_no
from ccportal.accounts.scopes import SCOPES
from ccportal.accounts.services import check_not_last_superadmin
from ccportal.core.errors import Conflict


class EmployeeForm(forms.ModelForm):
    """A new employee, or changes to one. Passwords are made by the portal, never typed by an administrator."""

    class Meta:
        model = Employee
        fields = ["employee_no", "name", "email", "department", "role", "is_active"]

    def clean_employee_no(self) -> str:
        return normalise_employee_no(self.cleaned_data["employee_no"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        was_superadmin = bool(self.instance.pk) and self.initial.get("role") == roles.SUPERADMIN
        stays = data.get("role") == roles.SUPERADMIN and data.get("is_active")
        if was_superadmin and not stays:
            try:
                check_not_last_superadmin(self.instance)
            except Conflict as error:
                raise forms.ValidationError(error.message) from None
        return data


class RoleAssignmentForm(forms.ModelForm):
    class Meta:
        model = RoleAssignment
        fields = ["employee_no", "role"]

    def clean_employee_no(self) -> str:
        return normalise_employee_no(self.cleaned_data["employee_no"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        employee = Employee.objects.filter(employee_no=data.get("employee_no", "")).first()
        if employee and employee.role == roles.SUPERADMIN and data.get("role") != roles.SUPERADMIN:
            try:
                check_not_last_superadmin(employee)
            except Conflict as error:
                raise forms.ValidationError(error.message) from None
        return data


class DepartmentRoleForm(forms.ModelForm):
    class Meta:
        model = DepartmentRole
        fields = ["department", "role"]

    def clean_department(self) -> str:
        return self.cleaned_data["department"].strip().lower()


class RoleGroupForm(forms.ModelForm):
    """The permissions of a role."""

    permissions = forms.ModelMultipleChoiceField(
        queryset=Permission.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = Group
        fields = ["permissions"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["permissions"]
        field.queryset = Permission.objects.filter(
            content_type__app_label="accounts", codename__in=roles.PERMISSIONS
        ).order_by("codename")
        field.label_from_instance = lambda permission: f"{permission.name} ({permission.codename})"

    def clean_permissions(self) -> Any:
        chosen = self.cleaned_data["permissions"]
        if self.instance.name == roles.SUPERADMIN and not chosen.filter(codename="manage_roles").exists():
            raise forms.ValidationError("Super admins keep manage_roles; without it nobody could give it back.")
        return chosen


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope.name, f"{scope.name}: {scope.label}") for scope in SCOPES.values()],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "expires_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The admin asks for date and time in two inputs and leaves their words without a link to them.
        inputs = getattr(self.fields["expires_at"].widget, "widgets", [])
        for part, word in zip(inputs, ("date", "time"), strict=False):
            part.attrs["aria-label"] = f"Expires at, {word}"
