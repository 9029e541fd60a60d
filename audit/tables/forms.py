"""What somebody types above a table."""

from typing import Any

from django import forms

from ccportal.acdb.introspection import Table


class RowsForm(forms.Form):
    """Search and one filter; sorting and its direction are kept while they change."""

    search = forms.CharField(required=False, max_length=300, widget=forms.TextInput(attrs={"type": "search"}))
    filter_col = forms.ChoiceField(label="Column", required=False)
    filter_val = forms.CharField(label="equals", required=False, max_length=300)
    sort = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)
    order = forms.ChoiceField(choices=[("asc", "asc"), ("desc", "desc")], required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, table: Table) -> None:
        super().__init__(data)
        columns = [(name, name) for name in table.column_names]
        self.fields["filter_col"].choices = [("", "any"), *columns]  # type: ignore[attr-defined]  # a ChoiceField

    def wanted(self) -> dict[str, str]:
        """The arguments of ``rows_of``; what does not fit is left out and marked in the form."""
        self.is_valid()
        return {name: self.cleaned_data[name] for name in self.fields if self.cleaned_data.get(name)}
