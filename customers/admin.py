"""Sites in the admin site."""

from django.contrib import admin

from ccportal.accounts.admin_site import PortalModelAdmin
from ccportal.core import audited
from customers.models import Site

audited.register(Site)


@admin.register(Site)
class SiteAdmin(PortalModelAdmin):
    permission = "manage_sites"
    list_display = ["code", "name", "district", "country", "currency", "active"]
    list_filter = ["active", "country", "district"]
    search_fields = ["code", "name"]
