"""Sites in the admin site."""

from django.contrib import admin

from ccportal.core import audited
from customers.models import Site

audited.register(Site)


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "district", "country", "currency", "active"]
    list_filter = ["active", "country", "district"]
    search_fields = ["code", "name"]
