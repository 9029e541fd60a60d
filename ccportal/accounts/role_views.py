"""Roles: who has which and why, changing them, the map of e-mails, imports."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ccportal.accounts import role_changes, role_queries, services
from ccportal.accounts.models import Employee
from ccportal.accounts.permissions import requires
from ccportal.accounts.role_forms import EmailForm, ImportForm, RoleForm, RoleListForm
from ccportal.accounts.roles import ROLES
from ccportal.core.errors import InvalidInput, PortalError
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from ccportal.core.uploads import takes_file

PAGE_SIZE = 50
#: Of a file of mappings; 2,000 rows need a tenth.
MOST_BYTES = 2**20


@require_safe
@requires("manage_roles")
def index(request: HttpRequest) -> HttpResponse:
    """Employees with their roles, and what each role may do."""
    form = RoleListForm(request.GET)
    wanted = form.wanted()
    page = paged(role_queries.employees(**wanted), page_number(request.GET.get("page")), PAGE_SIZE)
    roles, matrix = role_queries.matrix()
    context: dict[str, object] = {
        "form": form,
        "page": page,
        "people": role_queries.described(page.items),
        "filtered": any(wanted.values()),
        "waiting": role_queries.waiting(),
        "roles": roles,
        "matrix": matrix,
    }
    return render_page(request, "accounts/roles/index.html", "accounts/roles/htmx/people.html", context)


@require_safe
@requires("manage_roles")
def employee(request: HttpRequest, employee_no: str) -> HttpResponse:
    """One employee's role, and a form to change it."""
    person = role_queries.get_employee(employee_no)
    return _employee_page(request, person, RoleForm(initial={"role": person.role}))


@require_POST
@requires("manage_roles")
def change(request: HttpRequest, employee_no: str) -> HttpResponse:
    """Give an employee another role."""
    person = role_queries.get_employee(employee_no)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _employee_page(request, person, form, status=422)
    wanted = form.cleaned_data
    try:
        role = role_changes.change_role(
            person.employee_no,
            wanted["role"],
            by=request.user.get_username(),
            reason=wanted["reason"],
            own_confirmed=wanted["own_confirmed"],
        )
    except PortalError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _employee_page(request, person, form, status=error.status)
    messages.success(request, f"{person} now has the role {ROLES[role].label}.")
    return redirect("roles:index" if person.pk != request.user.pk else "profile")


def _employee_page(request: HttpRequest, person: Employee, form: RoleForm, *, status: int = 200) -> HttpResponse:
    history = {"table": Employee._meta.db_table, "record": str(person.pk)}
    context = {
        "person": role_queries.described([person])[0],
        "form": form,
        "is_me": person.pk == request.user.pk,
        "history": f"{reverse('audit:record')}?{urlencode(history)}",
    }
    return render(request, "accounts/roles/employee.html", context, status=status)


@require_safe
@requires("manage_roles")
def emails(request: HttpRequest) -> HttpResponse:
    """The map from employee numbers to e-mails."""
    return _emails_page(request, EmailForm())


@require_POST
@requires("manage_roles")
def email_set(request: HttpRequest) -> HttpResponse:
    """Remember the e-mail of an employee number."""
    form = EmailForm(request.POST)
    if not form.is_valid():
        return _emails_page(request, form, status=422)
    row = services.remember_email(form.cleaned_data["employee_no"], form.cleaned_data["email"])
    messages.success(request, f"{row.employee_no} has the e-mail {row.email}.")
    return redirect("roles:emails")


def _emails_page(request: HttpRequest, form: EmailForm, *, status: int = 200) -> HttpResponse:
    search = request.GET.get("q", "")[:100].replace("\x00", "")
    page = paged(role_queries.emails(search), page_number(request.GET.get("page")), PAGE_SIZE)
    context = {"form": form, "page": page, "search": search}
    return render(request, "accounts/roles/emails.html", context, status=status)


@require_safe
@requires("manage_roles")
def import_form(request: HttpRequest) -> HttpResponse:
    """Where a file of mappings is chosen, or rows are pasted."""
    return render(request, "accounts/roles/import.html", {"form": ImportForm()})


@require_POST
@requires("manage_roles")
@takes_file(lambda: MOST_BYTES)
def import_check(request: HttpRequest) -> HttpResponse:
    """What the rows would change; nothing is changed yet."""
    return _import_page(request, _sent(request))


@require_POST
@requires("manage_roles")
@takes_file(lambda: MOST_BYTES)
def import_apply(request: HttpRequest) -> HttpResponse:
    """Carry the rows out that were checked, all or none. A file that comes along was not checked: it is, first."""
    form = _sent(request)
    if request.FILES or not form.is_valid():
        return _import_page(request, form)
    rows, reason = form.cleaned_data["rows"], form.cleaned_data["reason"]
    try:
        plan = role_changes.carry_out(rows, by=request.user.get_username(), reason=reason)
    except InvalidInput as error:
        return _import_page(request, form, refused=error.message)
    messages.success(request, f"{plan.changes} of {len(plan.lines)} rows changed something; all are in force.")
    return redirect("roles:index")


def _sent(request: HttpRequest) -> ImportForm:
    """The form with the rows of its file in the field for rows, where they stay for correction and for carrying out."""
    data, file, fault = request.POST.copy(), request.FILES.get("file"), ""
    if file is not None:
        try:
            data["rows"] = role_changes.text_of_file(file.read(), file.name or "")
        except InvalidInput as error:
            fault = error.message
    form = ImportForm(data)
    if fault:
        form.add_error("file", fault)
    return form


def _import_page(request: HttpRequest, form: ImportForm, *, refused: str = "") -> HttpResponse:
    """The form with what its rows would change, row by row, and why they were refused."""
    context: dict[str, object] = {"form": form}
    status = 200 if form.is_valid() else 422
    if status == 200:
        try:
            context["plan"] = role_changes.plan_import(form.cleaned_data["rows"])
        except InvalidInput as error:
            refused = error.message
    if refused:
        form.add_error("rows", refused)
        status = InvalidInput.status
    return render(request, "accounts/roles/import.html", context, status=status)
