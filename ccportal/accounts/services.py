"""What happens to people: sign-in, passwords, roles. Pages, API, admin site and commands all call these."""

import secrets

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from ccportal.accounts import lockout, roles, sessions
from ccportal.accounts.models import (
    DepartmentRole,
    Employee,
    EmployeeEmail,
    RoleAssignment,
    normalise_employee_no,
)
from ccportal.core.audited import happened
from ccportal.core.errors import Conflict, InvalidInput, NotFound, PortalError

#: Without the letters and digits that people mistake for each other.
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class WrongCredentials(PortalError):
    """Number and password do not belong together; the same words whether the number exists or not."""

    status = 401
    title = "Not signed in"

    def __init__(self) -> None:
        super().__init__("This employee number and password do not match.")


def prove(request: HttpRequest, employee_no: str, password: str) -> Employee:
    """The employee who knows this password; ``WrongCredentials`` or ``lockout.LockedOut`` otherwise.

    Takes as long for an unknown number as for a wrong password.
    """
    number = normalise_employee_no(employee_no)
    lockout.check(request, number)
    employee = authenticate(request=request, username=number, password=password)
    if not isinstance(employee, Employee):
        lockout.check(request, number)
        raise WrongCredentials
    lockout.succeeded(request, number)
    return employee


def change_password(employee: Employee, password: str, *, keep_session: str | None = None) -> None:
    """Set a password of the employee's own choice; every other browser and program is signed out."""
    check_password_rules(password, employee)
    with transaction.atomic():
        sessions.end_all(employee, except_key=keep_session)
        employee.set_password(password)
        employee.must_change_password = False
        employee.save(update_fields=["password", "must_change_password", "tokens_valid_from"])
        happened.send(sender=Employee, event="accounts.password.changed", record=employee)


def give_temporary_password(employee: Employee) -> str:
    """Set a password that must be changed at the next sign-in, end everything open, and return the password."""
    password = generated_password()
    with transaction.atomic():
        sessions.end_all(employee)
        employee.set_password(password)
        employee.must_change_password = True
        employee.save(update_fields=["password", "must_change_password", "tokens_valid_from"])
    lockout.unlock(employee.employee_no)
    return password


def sign_out_everywhere(employee: Employee) -> None:
    """End every browser's session and refuse every token issued until now."""
    sessions.end_all(employee)
    employee.tokens_valid_from = timezone.now()
    employee.save(update_fields=["tokens_valid_from"])


def generated_password() -> str:
    """Sixteen characters in groups of four: over 90 random bits, and readable over a telephone."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def check_password_rules(password: str, employee: Employee | None = None) -> None:
    """Raise ``InvalidInput`` with every rule that the password breaks."""
    try:
        validate_password(password, employee)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field="new_password") from None


def create_employee(
    employee_no: str, *, name: str, role: str, password: str, created_by: str, must_change_password: bool
) -> Employee:
    """A new employee with a role given by hand."""
    number = normalise_employee_no(employee_no)
    if Employee.objects.filter(employee_no=number).exists():
        raise Conflict(f"Employee {number} exists already.", field="employee_no")
    with transaction.atomic():
        employee = Employee.objects.create_user(number, password, name=name, must_change_password=must_change_password)
        assign_role(number, role, assigned_by=created_by)
        employee.refresh_from_db()
    return employee


def assign_role(employee_no: str, role: str, *, assigned_by: str) -> RoleAssignment:
    """Give a number a role by hand; an existing employee has it from the next request on."""
    number = normalise_employee_no(employee_no)
    if role not in roles.ROLES:
        raise InvalidInput(f"The role must be one of {', '.join(roles.ROLES)}.", field="cc_role")
    with transaction.atomic():
        assignment, _ = RoleAssignment.objects.update_or_create(
            employee_no=number, defaults={"role": role, "assigned_by": assigned_by, "assigned_at": timezone.now()}
        )
        _set_role(number, role)
    return assignment


def remove_assignment(employee_no: str) -> str:
    """Take an assignment back; the role the number falls back to, by department or generic."""
    number = normalise_employee_no(employee_no)
    with transaction.atomic():
        deleted, _ = RoleAssignment.objects.filter(employee_no=number).delete()
        if not deleted:
            raise NotFound(f"Employee {number} has no role assigned by hand.")
        employee = Employee.objects.filter(employee_no=number).first()
        role = department_role(employee.department if employee else "")
        _set_role(number, role)
    return role


def set_automatic_role(employee: Employee, department: str) -> None:
    """Set the role that applies: by hand, else by department, else generic (semantics 20.1)."""
    assignment = RoleAssignment.objects.filter(employee_no=employee.employee_no).first()
    role = assignment.role if assignment else department_role(department)
    if role != employee.role:
        employee.role = role
        employee.save(update_fields=["role"])


def department_role(department: str) -> str:
    """The role of a department; generic for one that is not in the table, and never superadmin."""
    row = DepartmentRole.objects.filter(department=department.strip().lower()).first()
    return row.role if row and row.role in roles.ROLES and row.role != roles.SUPERADMIN else roles.GENERIC


def _set_role(number: str, role: str) -> None:
    employee = Employee.objects.filter(employee_no=number).first()
    if employee is None or employee.role == role:
        return
    if employee.role == roles.SUPERADMIN:
        check_not_last_superadmin(employee)
    employee.role = role
    employee.save(update_fields=["role"])


def check_not_last_superadmin(employee: Employee) -> None:
    """Raise ``Conflict`` when nobody else could manage roles afterwards."""
    with transaction.atomic():
        # Locked, so that two of them cannot take the role from each other at once.
        admins = list(Employee.objects.select_for_update().filter(role=roles.SUPERADMIN, is_active=True))
    if not [other for other in admins if other.pk != employee.pk]:
        raise Conflict("This is the last super admin; make somebody else super admin first.", field="role")


def remember_email(employee_no: str, email: str) -> EmployeeEmail:
    """Store the e-mail of a number, lower-cased (semantics 20.1)."""
    number, address = normalise_employee_no(employee_no), email.strip().lower()
    found = EmployeeEmail.objects.filter(employee_no=number).first()
    if found and found.email == address:
        return found
    return EmployeeEmail.objects.update_or_create(employee_no=number, defaults={"email": address})[0]
