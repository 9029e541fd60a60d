"""What a person may ask of the customer list."""

from django import forms

from ccportal.core.forms import choice_field
from customers.models import Status
from customers.queries import NO_SITE, SORTS, CustomerFilter, SiteCount


class CustomerListForm(forms.Form):
    """Filters of the customer list, from the address; anything odd falls back to no restriction."""

    q = forms.CharField(required=False, max_length=100, label="Search")
    site = forms.ChoiceField(required=False, label="Site")
    customer_type = forms.ChoiceField(required=False, label="Type")
    status = forms.ChoiceField(required=False, label="Status", choices=[("", "Any status"), *Status.choices])
    sort = forms.ChoiceField(required=False, choices=[(name, name) for name in SORTS], widget=forms.HiddenInput)
    order = forms.ChoiceField(required=False, choices=[("asc", "asc"), ("desc", "desc")], widget=forms.HiddenInput)

    def __init__(self, data: object, sites: list[SiteCount], types: list[str]) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict
        choice_field(self, "site").choices = [
            ("", "All sites"),
            *((site.code or NO_SITE, f"{site.code} {site.name}" if site.code else "No site") for site in sites),
        ]
        choice_field(self, "customer_type").choices = [
            ("", "All types"), *((code, code) for code in types)
        ]  # fmt: skip

    def wanted(self) -> CustomerFilter:
        """The filter; a field that does not fit restricts nothing and its error is shown beside it."""
        self.is_valid()
        values = self.cleaned_data
        return CustomerFilter(
            q=values.get("q", ""),
            site=values.get("site", ""),
            customer_type=values.get("customer_type", ""),
            status=values.get("status", ""),
            sort=values.get("sort") or "name",
            descending=values.get("order") == "desc",
        )
