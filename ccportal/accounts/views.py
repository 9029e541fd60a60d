"""Sign-in, sign-out, password and profile."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ccportal.accounts import lockout, queries, services, sessions
from ccportal.accounts.directory import enrich
from ccportal.accounts.forms import PasswordForm, SignInForm, ThemeForm
from ccportal.accounts.lockout import LockedOut
from ccportal.accounts.models import Employee
from ccportal.accounts.navigation import safe_next
from ccportal.accounts.permissions import public, signed_in
from ccportal.core.errors import PortalError

BACKEND = "django.contrib.auth.backends.ModelBackend"
WHY_SIGNED_OUT = {
    "idle": "You were signed out because the portal was not used for a while. Sign in to go on where you were.",
    "lifetime": "Your working day here has ended; sign in again to go on where you were.",
    "everywhere": "You are signed out everywhere. Programs that used your sign-in must sign in again too.",
    "signed-out": "You are signed out.",
}


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The page that everybody without a session sees first."""
    target = safe_next(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                employee = services.prove(request, form.cleaned_data["employee_no"], form.cleaned_data["password"])
            except PortalError as error:
                form.add_error(None, error.message)
                status = error.status
            else:
                return _enter(request, employee, target)
    context = {"form": form, "next": target, "why": WHY_SIGNED_OUT.get(request.GET.get("why", ""))}
    return render(request, "accounts/sign_in.html", context, status=status)


def _enter(request: HttpRequest, employee: Employee, target: str) -> HttpResponse:
    enrich(employee)
    login(request, employee, backend=BACKEND)
    response = redirect("password_change" if employee.must_change_password else target)
    lockout.remember_device(request, response, employee.employee_no)
    return response


@signed_in
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(f"{resolve_url('login')}?why=signed-out")


@signed_in
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Ends every browser's session and every program's tokens, this browser included."""
    services.sign_out_everywhere(request.user)  # type: ignore[arg-type]  # signed_in: an Employee
    logout(request)
    return redirect(f"{resolve_url('login')}?why=everywhere")


@signed_in
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    """Change one's own password; whoever has a temporary one comes here first."""
    employee: Employee = request.user  # type: ignore[assignment]  # signed_in: an Employee
    form = PasswordForm(employee, request.POST or None)
    status = 200
    if request.method == "POST":
        status = _proven_own(request, form, employee)
        if status == 200:
            key = request.session.session_key
            services.change_password(employee, form.cleaned_data["new_password"], keep_session=key)
            update_session_auth_hash(request, employee)
            sessions.renewed(request, key)
            messages.success(request, "Your password is changed. Other browsers and programs are signed out.")
            return redirect("profile")
    return render(request, "accounts/password_change.html", {"form": form}, status=status)


def _proven_own(request: HttpRequest, form: PasswordForm, employee: Employee) -> int:
    """200 when the form is right, the current password included; wrong ones count as they do at sign-in."""
    if not form.is_valid():
        return 422
    try:
        services.prove(request, employee.employee_no, form.cleaned_data["old_password"])
    except LockedOut as error:
        form.add_error(None, error.message)
        return error.status
    except services.WrongCredentials:
        form.add_error("old_password", "This is not your current password.")
        return 422
    return 200


@signed_in
@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    """Who the portal thinks one is, what one may do, and where one is signed in."""
    employee: Employee = request.user  # type: ignore[assignment]  # signed_in: an Employee
    return render(request, "accounts/profile.html", queries.profile_of(employee, request.session.session_key))


@signed_in
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the colours that the employee prefers."""
    form = ThemeForm(request.POST)
    if form.is_valid():
        Employee.objects.filter(employee_no=request.user.get_username()).update(theme=form.cleaned_data["theme"])
    return redirect(safe_next(request, default="profile"))


@signed_in
@require_GET
def demo_phone(request: HttpRequest) -> HttpResponse:
    """The SMS that a demonstration would have sent: codes for customers. Exists in a demonstration only."""
    if not settings.DEMO:
        raise Http404
    return render(request, "accounts/demo_phone.html", {"sms": queries.demo_messages()})
