"""Who has which role and why; what each role may do."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from ccportal.accounts.models import DepartmentRole, Employee, EmployeeEmail, RoleAssignment, normalise_employee_no
from ccportal.accounts.roles import PERMISSIONS, ROLES, Role
from ccportal.core.errors import NotFound


@dataclass(frozen=True)
class Person:
    """An employee with the role and where it comes from."""

    employee: Employee
    label: str
    source: str
    email: str


def employees(*, search: str = "", role: str = "") -> QuerySet[Employee]:
    """Employees by number; ``search`` in number, name, e-mail and department."""
    found = Employee.objects.order_by("employee_no")
    if role:
        found = found.filter(role=role)
    for word in search.split():
        found = found.filter(
            Q(employee_no__icontains=word)
            | Q(name__icontains=word)
            | Q(email__icontains=word)
            | Q(department__icontains=word)
        )
    return found


def described(people: Iterable[Employee]) -> list[Person]:
    """The same with the sources of their roles, in three queries for all."""
    people = list(people)
    numbers = [person.employee_no for person in people]
    assigned = {row.employee_no: row for row in RoleAssignment.objects.filter(employee_no__in=numbers)}
    emails = dict(EmployeeEmail.objects.filter(employee_no__in=numbers).values_list("employee_no", "email"))
    departments = dict(DepartmentRole.objects.values_list("department", "role"))
    return [
        Person(
            person,
            ROLES[person.role].label if person.role in ROLES else person.role,
            _source(person, assigned.get(person.employee_no), departments),
            emails.get(person.employee_no, ""),
        )
        for person in people
    ]


def get_employee(employee_no: str) -> Employee:
    found = Employee.objects.filter(employee_no=normalise_employee_no(employee_no)).first()
    if found is None:
        raise NotFound(f"There is no employee {employee_no}.")
    return found


def _source(person: Employee, assignment: RoleAssignment | None, departments: dict[str, str]) -> str:
    if assignment is not None and assignment.role == person.role:
        return f"by hand, from {assignment.assigned_by}"
    if departments.get(person.department.strip().lower()) == person.role:
        return f"department {person.department}"
    return "default" if person.role == "generic" else "set when the employee was made"


def waiting() -> list[RoleAssignment]:
    """Roles given to numbers that nobody has signed in with yet."""
    return list(RoleAssignment.objects.exclude(employee_no__in=Employee.objects.values("employee_no")))


def matrix() -> tuple[list[Role], list[tuple[str, list[tuple[str, bool]]]]]:
    """The roles, and for each thing one can do which of them may, as the groups stand now."""
    groups = {
        group.name: {permission.codename for permission in group.permissions.all()}
        for group in Group.objects.prefetch_related("permissions")
    }
    roles = list(ROLES.values())
    return roles, [
        (sentence, [(role.label, name in groups.get(role.name, set())) for role in roles])
        for name, sentence in PERMISSIONS.items()
    ]


def emails(search: str = "") -> QuerySet[EmployeeEmail]:
    """The map from employee numbers to e-mails."""
    found = EmployeeEmail.objects.order_by("employee_no")
    return found.filter(Q(employee_no__icontains=search) | Q(email__icontains=search)) if search else found
