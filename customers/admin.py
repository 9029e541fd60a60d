"""Sites in the admin site."""

from typing import Any

from django import forms
from django.contrib import admin

from ccportal.accounts.admin_site import PortalModelAdmin
from ccportal.core import audited
from customers.models import Site

audited.register(Site)


class LinesField(forms.CharField):
    """A list of words, written one a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


class SiteForm(forms.ModelForm):
    aliases = LinesField(
        required=False,
        label="Other names",
        help_text="One a line. The search and the import know the site by them too.",
    )

    class Meta:
        model = Site
        fields = [
            "code", "name", "aliases", "district", "country", "currency", "dial_code",
            "latitude", "longitude", "active",
        ]  # fmt: skip


@admin.register(Site)
class SiteAdmin(PortalModelAdmin):
    form = SiteForm
    permission = "manage_sites"
    list_display = ["code", "name", "district", "country", "currency", "active"]
    list_filter = ["active", "country"]
    search_fields = ["code", "name"]
