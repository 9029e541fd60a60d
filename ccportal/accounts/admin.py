"""People, roles and keys in the admin site. What happens is in the services; secrets are shown once."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from ccportal.accounts import keys, lockout, roles, services, sessions
from ccportal.accounts.admin_forms import (
    ApiKeyForm,
    DepartmentRoleForm,
    EmployeeForm,
    RoleAssignmentForm,
    RoleGroupForm,
)
from ccportal.accounts.admin_site import PortalModelAdmin
from ccportal.accounts.models import (
    ApiKey,
    CustomerLogin,
    DepartmentRole,
    Employee,
    EmployeeEmail,
    RoleAssignment,
    SignIn,
)
from ccportal.accounts.registration import lockout_name
from ccportal.core.audited import happened
from ccportal.core.errors import PortalError


def show_once(request: HttpRequest, what: str, secret: str, back: str, advice: str) -> HttpResponse:
    """The page with a secret that cannot be had again; nothing keeps it."""
    context = {**admin.site.each_context(request), "title": what, "secret": secret, "back": back, "advice": advice}
    response = TemplateResponse(request, "admin/show_once.html", context)
    response["Cache-Control"] = "no-store"
    return response


@admin.register(Employee)
class EmployeeAdmin(PortalModelAdmin):
    form = EmployeeForm
    list_display = ["employee_no", "name", "role", "department", "is_active", "must_change_password", "last_login"]
    list_filter = ["role", "is_active", "must_change_password"]
    search_fields = ["employee_no", "name", "email"]
    readonly_fields = ["must_change_password", "last_login", "date_joined"]
    actions = ["temporary_password", "unlock", "sign_out"]

    def get_readonly_fields(self, request: HttpRequest, obj: Employee | None = None) -> list[str]:
        return [*self.readonly_fields, "employee_no"] if obj else []

    def save_model(self, request: HttpRequest, obj: Employee, form: Any, change: bool) -> None:
        if not change:
            obj.must_change_password = True
            self._shown = services.generated_password()
            obj.set_password(self._shown)
        super().save_model(request, obj, form, change)
        if not change or "role" in form.changed_data:
            services.assign_role(obj.employee_no, obj.role, assigned_by=request.user.get_username())
        if change and "is_active" in form.changed_data and not obj.is_active:
            services.sign_out_everywhere(obj)

    def response_add(self, request: HttpRequest, obj: Employee, post_url_continue: str | None = None) -> HttpResponse:
        return _show_password(request, obj, self.__dict__.pop("_shown"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # switched off instead: the log of changes names them

    @admin.action(description="Give a temporary password")
    def temporary_password(self, request: HttpRequest, queryset: QuerySet[Employee]) -> HttpResponse | None:
        employee = queryset.first()
        if employee is None or queryset.count() != 1:
            self.message_user(request, "Choose one employee for a temporary password.", messages.ERROR)
            return None
        password = services.give_temporary_password(employee)
        happened.send(sender=Employee, event="accounts.password.reset", record=employee)
        return _show_password(request, employee, password)

    @admin.action(description="Unlock after wrong passwords")
    def unlock(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        for employee in queryset:
            unlocked = lockout.unlock(employee.employee_no)
            if unlocked:
                happened.send(sender=Employee, event="accounts.lockout.lifted", record=employee)
            text = f"{employee} can try again now." if unlocked else f"{employee} was not locked."
            self.message_user(request, text)

    @admin.action(description="Sign out everywhere")
    def sign_out(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        for employee in queryset:
            services.sign_out_everywhere(employee)
            happened.send(sender=Employee, event="accounts.sign_ins.ended", record=employee)
        self.message_user(request, f"{queryset.count()} signed out everywhere.")


def _show_password(request: HttpRequest, employee: Employee, password: str) -> HttpResponse:
    return show_once(
        request,
        f"Temporary password of {employee}",
        password,
        reverse("admin:accounts_employee_changelist"),
        "Hand it over in person or by telephone. It must be changed at the first sign-in.",
    )


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(PortalModelAdmin):
    form = RoleAssignmentForm
    list_display = ["employee_no", "role", "assigned_by", "assigned_at"]
    list_filter = ["role"]
    search_fields = ["employee_no"]

    def get_readonly_fields(self, request: HttpRequest, obj: RoleAssignment | None = None) -> list[str]:
        return ["employee_no", "assigned_by", "assigned_at"] if obj else []

    def save_model(self, request: HttpRequest, obj: RoleAssignment, form: Any, change: bool) -> None:
        saved = services.assign_role(obj.employee_no, obj.role, assigned_by=request.user.get_username())
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: RoleAssignment) -> None:
        try:
            role = services.remove_assignment(obj.employee_no)
        except PortalError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, f"{obj.employee_no} now has the role {roles.ROLES[role].label}.")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # one at a time, so that each gets its automatic role back


@admin.register(DepartmentRole)
class DepartmentRoleAdmin(PortalModelAdmin):
    form = DepartmentRoleForm
    list_display = ["department", "role"]
    list_filter = ["role"]


@admin.register(EmployeeEmail)
class EmployeeEmailAdmin(PortalModelAdmin):
    list_display = ["employee_no", "email"]
    search_fields = ["employee_no", "email"]


@admin.register(ApiKey)
class ApiKeyAdmin(PortalModelAdmin):
    permission = "manage_api_keys"
    form = ApiKeyForm
    list_display = ["name", "prefix", "scopes", "expires_at", "revoked_at", "last_used_at"]
    fields = ["name", "scopes", "expires_at"]
    actions = ["revoke"]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        row, self._shown = keys.issue(obj.name, obj.scopes, request.user.get_username(), obj.expires_at)
        obj.pk = row.pk

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return show_once(
            request,
            f"API key of {obj.name}",
            self.__dict__.pop("_shown"),
            reverse("admin:accounts_apikey_changelist"),
            "Put it into the program's secrets now. Send it as X-API-Key, or as Authorization: Api-Key.",
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # revoked instead: the log of changes names it

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for row in queryset:
            keys.revoke(row)
        self.message_user(request, f"{queryset.count()} revoked.")


@admin.register(CustomerLogin)
class CustomerLoginAdmin(PortalModelAdmin):
    list_display = ["account", "is_active", "last_login", "created_at"]
    search_fields = ["account"]
    fields = ["account", "is_active", "last_login"]
    readonly_fields = ["account", "last_login"]
    actions = ["unlock"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # customers register themselves with their phone

    @admin.action(description="Unlock after wrong passwords")
    def unlock(self, request: HttpRequest, queryset: QuerySet[CustomerLogin]) -> None:
        for login in queryset:
            if lockout.unlock(lockout_name(login.account)):
                happened.send(sender=CustomerLogin, event="accounts.lockout.lifted", record=login)
        self.message_user(request, "They can try again now.")


class ReadOnlyAdmin(PortalModelAdmin):
    """Looked at, never edited."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _owner_of_lock(name: str) -> Employee | CustomerLogin | None:
    """Whose wrong passwords are counted under a name; None for a number or account that does not exist."""
    account = name.removeprefix(lockout_name(""))
    if account != name:
        return CustomerLogin.objects.filter(account=account).first()
    return Employee.objects.filter(employee_no=name).first()


class LockoutAdmin(ReadOnlyAdmin):
    """Recent wrong passwords, and the locks that come of them."""

    list_display = ["username", "ip_address", "failures_since_start", "attempt_time"]
    search_fields = ["username", "ip_address"]
    fields = ["username", "ip_address", "user_agent", "failures_since_start", "attempt_time"]
    actions = ["unlock"]

    @admin.action(description="Unlock these numbers")
    def unlock(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        names = sorted({attempt.username for attempt in queryset if attempt.username})
        for name in names:
            lockout.unlock(name)
            owner = _owner_of_lock(name)
            if owner:
                happened.send(sender=type(owner), event="accounts.lockout.lifted", record=owner)
        self.message_user(request, f"Unlocked: {', '.join(names)}.")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    list_display = ["employee", "customer", "kind", "ip_address", "started_at", "seen_at", "ended_at"]
    list_filter = ["kind"]
    fields = ["employee", "customer", "kind", "ip_address", "user_agent", "started_at", "seen_at", "ended_at"]
    search_fields = ["employee__employee_no", "customer__account"]
    actions = ["end"]

    @admin.action(description="End these sign-ins")
    def end(self, request: HttpRequest, queryset: QuerySet[SignIn]) -> None:
        still_open = list(queryset.filter(ended_at=None))
        self.message_user(request, f"{sessions.end(queryset)} ended.")
        for row in still_open:
            happened.send(sender=SignIn, event="accounts.sign_in.ended", record=row)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RoleGroupAdmin(PortalModelAdmin):
    """The four roles; what is edited here is kept when the portal is updated."""

    form = RoleGroupForm
    list_display = ["name"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.register(AccessAttempt, LockoutAdmin)
if admin.site.is_registered(Group):
    admin.site.unregister(Group)
admin.site.register(Group, RoleGroupAdmin)
