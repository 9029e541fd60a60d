"""Forms of the page Roles."""

from django import forms

from ccportal.accounts.models import EMPLOYEE_NO, ROLE_CHOICES
from ccportal.accounts.role_changes import AUTOMATIC


class RoleListForm(forms.Form):
    q = forms.CharField(
        required=False, max_length=100, label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    role = forms.ChoiceField(required=False, choices=[("", "Any role"), *ROLE_CHOICES])

    def wanted(self) -> dict[str, str]:
        self.is_valid()
        return {"search": self.cleaned_data.get("q", ""), "role": self.cleaned_data.get("role", "")}


class RoleForm(forms.Form):
    """Another role for an employee, and why."""

    role = forms.ChoiceField(choices=[*ROLE_CHOICES, (AUTOMATIC, "Automatic: by department, else generic")])
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="For the log.")
    own_confirmed = forms.BooleanField(
        required=False, label="I mean it: I give up my own right to manage roles", help_text="Only for your own role."
    )


class EmailForm(forms.Form):
    """The e-mail of an employee number."""

    employee_no = forms.CharField(label="Employee number", max_length=20, validators=[EMPLOYEE_NO])
    email = forms.EmailField(label="E-mail", max_length=254)


class ImportForm(forms.Form):
    """Rows of a spreadsheet, pasted; those of a file are put there to be checked."""

    use_required_attribute = False  # a file will do instead of rows

    file = forms.FileField(
        required=False,
        label="File",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        help_text="CSV or XLSX with the headings employee_no, role, email. Its rows take the place of pasted ones.",
    )
    rows = forms.CharField(
        label="Or paste rows",
        error_messages={"required": "Choose a file, or paste rows."},
        max_length=300_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "placeholder": "employee_no,role,email"}),
        help_text="Commas, semicolons or tabs; copied cells of a spreadsheet will do. Role or e-mail may be left out.",
    )
    reason = forms.CharField(max_length=500, help_text="For the log, of every row.")
