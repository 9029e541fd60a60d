"""The admin site: roles, sites, keys."""

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    """Django's admin; signing in happens on the portal's own page."""
