"""What the HR directory adds at sign-in: name, e-mail, department, and through the department the role.

The directory is optional and never trusted with more than it knows: it cannot name a super admin, it cannot outrank an
assignment by hand, and when it is down, slow or talks nonsense everything stays as it was (semantics 20).
"""

import logging

from ccportal.accounts import services
from ccportal.accounts.models import Employee, EmployeeEmail
from ccportal.integrations.hr.client import DirectoryFault, directory
from ccportal.integrations.hr.schemas import Person

logger = logging.getLogger(__name__)
#: What the contract answers as ``hr_role`` when the directory says nothing.
NO_HR_ROLE = "user"


def enrich(employee: Employee) -> str:
    """Bring the employee up to date at sign-in; the role text of the directory, ``user`` when it gives none.

    Takes ``HR_TIMEOUT_SECONDS`` at most and never fails.
    """
    try:
        with_directory, person = _ask(employee.employee_no)
    except DirectoryFault as fault:
        logger.warning("the HR directory was not usable at a sign-in: %s", fault)
        return NO_HR_ROLE
    if not with_directory:
        return NO_HR_ROLE
    if person is not None:
        _take_over(employee, person)
    # An employee whom the directory does not know has no department there, and so no role from one.
    services.set_automatic_role(employee, person.department if person else "")
    return (person.role if person else "") or NO_HR_ROLE


def _ask(employee_no: str) -> tuple[bool, Person | None]:
    """Whether there is a directory, and whom it knows by number, else by the remembered e-mail."""
    connection = directory()
    if connection is None:
        return False, None
    with connection:
        person = connection.by_number(employee_no)
        if person is None:
            remembered = EmployeeEmail.objects.filter(employee_no=employee_no).first()
            person = connection.by_email(remembered.email) if remembered else None
    return True, person


def _take_over(employee: Employee, person: Person) -> None:
    changed = []
    for name in ("name", "email", "department"):
        value = getattr(person, name)
        if value and value != getattr(employee, name):
            setattr(employee, name, value)
            changed.append(name)
    if changed:
        employee.save(update_fields=changed)
    if person.email:
        services.remember_email(employee.employee_no, person.email)
