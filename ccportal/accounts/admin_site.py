"""The admin site: people, roles, sites, keys. Signing in happens on the portal's own page."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ccportal.accounts.navigation import safe_next
from ccportal.accounts.permissions import SIGNED_IN
from ccportal.core.errors import NotAllowed

APP_NAMES = {"accounts": "People and keys", "auth": "Roles", "axes": "Sign-in locks", "customers": "Sites"}
MODEL_NAMES = {"Group": "What each role may do", "AccessAttempt": "Wrong passwords"}


class PortalAdminConfig(AdminConfig):
    """Django's admin with the site below."""

    default_site = "ccportal.accounts.admin_site.PortalAdminSite"


class PortalAdminSite(admin.AdminSite):
    """Who may open it is said by ``Employee.is_staff``; who may do what, by each ``PortalModelAdmin``."""

    site_title = site_header = "Administration"
    index_title = "People, roles, sites and keys"
    enable_nav_sidebar = False

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The lists under names that administrators know; Django and django-axes have their own."""
        groups = super().get_app_list(request, app_label)
        for group in groups:
            group["name"] = APP_NAMES.get(group["app_label"], group["name"])
            for model in group["models"]:
                model["name"] = MODEL_NAMES.get(model["object_name"], model["name"])
        return groups

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Where Django's admin sends whoever may not open a page; LoginRequiredMiddleware has asked for the sign-in."""
        if self.has_permission(request):
            return redirect(safe_next(request, default="admin:index"))
        raise NotAllowed("The administration takes the role Super admin; a super admin can grant it.")

    login.permission = SIGNED_IN  # type: ignore[attr-defined]  # the URL walk looks for it

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("password_change")


class PortalModelAdmin(admin.ModelAdmin):
    """Open to whoever has ``permission`` (a name of ``roles.PERMISSIONS``); Django's own permissions do not count."""

    permission = "manage_roles"

    def _may(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"accounts.{self.permission}"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)
