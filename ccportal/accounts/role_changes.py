"""Changing roles and e-mails by hand and in bulk, with a reason, from pages (the API calls ``services`` itself)."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import dropwhile, islice

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from ccportal.accounts import roles, services
from ccportal.accounts.models import EMPLOYEE_NO, Employee, EmployeeEmail, RoleAssignment, normalise_employee_no
from ccportal.core.audited import because
from ccportal.core.errors import InvalidInput, PortalError
from ccportal.core.sheets import read_rows

#: What takes an assignment back: department or default decide again.
AUTOMATIC = "automatic"
COLUMNS = ("employee_no", "role", "email")
MAX_ROWS = 2000
_WORDS = {role.label.casefold(): role.name for role in roles.ROLES.values()} | {name: name for name in roles.ROLES}


def change_role(employee_no: str, role: str, *, by: str, reason: str, own_confirmed: bool = False) -> str:
    """Give a number a role by hand, or take the assignment back (``AUTOMATIC``); the role it has then.

    ``Conflict`` for the last super admin, ``InvalidInput`` when somebody would take the right to manage roles from
    themselves without saying that it is meant.
    """
    number = normalise_employee_no(employee_no)
    with transaction.atomic(), because(reason):
        if role == AUTOMATIC:
            result = services.remove_assignment(number)
        else:
            result = services.assign_role(number, role, assigned_by=by).role
        # Raised inside, so that the change is taken back.
        if number == by and not own_confirmed and not _manages_roles(number):
            raise InvalidInput(
                "This takes your own right to manage roles; only another super admin could give it back. "
                "On the page of your own role, tick that you mean it.",
                field="own_confirmed",
            )
    return result


def _manages_roles(employee_no: str) -> bool:
    return Employee.objects.get(employee_no=employee_no).has_perm("accounts.manage_roles")


@dataclass
class Line:
    """One row of an import: what it says, what would change, what is wrong with it."""

    number: int
    employee_no: str
    role: str = ""
    email: str = ""
    changes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """What an import would do; it is carried out only when no line has an error."""

    lines: list[Line]

    @property
    def errors(self) -> int:
        return sum(1 for line in self.lines if line.errors)

    @property
    def changes(self) -> int:
        return sum(1 for line in self.lines if line.changes)


def text_of_file(content: bytes, name: str) -> str:
    """An uploaded CSV or XLSX file as the text that ``plan_import`` reads; ``InvalidInput`` for what is no table."""
    buffer = io.StringIO(newline="")
    rows = ([_written(cell) for cell in row] for row in read_rows(content, name).rows)
    # Two more than are taken, so that a longer file is refused and not cut off.
    shown = islice(dropwhile(lambda row: not any(row), rows), MAX_ROWS + 2)
    csv.writer(buffer, lineterminator="\n").writerows(shown)
    return buffer.getvalue()


def _written(cell: object) -> str:
    """A cell as a person would type it: a spreadsheet keeps 1004 as the number 1004.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else " ".join(str(cell).split())


def plan_import(text: str) -> Plan:
    """Read comma-separated rows under a header of ``employee_no`` and ``role``, ``email`` or both.

    Changes nothing. ``InvalidInput`` when it is no such table at all; what is wrong with a row is in its line.
    """
    lines = _read(text)
    known = _known([line.employee_no for line in lines])
    seen: set[str] = set()
    for line in lines:
        _check(line, seen)
        if not line.errors:
            line.changes = _changes(line, *known)
    return Plan(lines)


def carry_out(text: str, *, by: str, reason: str) -> Plan:
    """Do what ``plan_import`` says, all or nothing; ``InvalidInput`` when a row has an error or takes too much."""
    plan = plan_import(text)
    if plan.errors:
        raise InvalidInput(f"{plan.errors} rows have errors; nothing was changed. Correct them and check again.")
    with transaction.atomic():
        # New super admins first, so that the last one can hand over in the same list.
        for line in sorted(plan.lines, key=lambda line: line.role != roles.SUPERADMIN):
            try:
                _apply(line, by=by, reason=reason)
            except PortalError as error:
                line.errors.append(error.message)
                raise InvalidInput(f"Row {line.number}: {error.message} Nothing was changed.") from error
    return plan


def _apply(line: Line, *, by: str, reason: str) -> None:
    if line.role:
        change_role(line.employee_no, line.role, by=by, reason=reason)
    if line.email:
        with because(reason):
            services.remember_email(line.employee_no, line.email)


def _read(text: str) -> list[Line]:
    try:
        rows = list(csv.reader(io.StringIO(text.strip().lstrip("\ufeff")), delimiter=_delimiter(text), strict=True))
    except csv.Error as error:
        raise InvalidInput("This is no comma-separated table: a quotation mark is not closed.", field="rows") from error
    header = [name.strip().casefold().replace(" ", "_") for name in rows[0]] if rows else []
    while header and not header[-1]:
        header.pop()
    if (
        not set(header) <= set(COLUMNS)
        or "employee_no" not in header
        or len(header) < 2
        or len(set(header)) < len(header)
    ):
        raise InvalidInput("Begin with the line employee_no,role,email (role or email may be left out).", field="rows")
    if len(rows) > MAX_ROWS + 1:
        raise InvalidInput(f"At most {MAX_ROWS:,} rows at once.", field="rows")
    return [_line(number, header, row) for number, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]


def _delimiter(text: str) -> str:
    """What stands between the cells: a spreadsheet that is copied from gives tabs, some programs semicolons."""
    header = text.strip().partition("\n")[0]
    return next((mark for mark in ("\t", ";") if mark in header), ",")


def _line(number: int, header: list[str], row: list[str]) -> Line:
    cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
    line = Line(
        number, normalise_employee_no(cells.get("employee_no", "")), cells.get("role", ""), cells.get("email", "")
    )
    if any(cell.strip() for cell in row[len(header) :]):
        line.errors.append(f"{len(row)} cells where {len(header)} are expected.")
    return line


def _check(line: Line, seen: set[str]) -> None:
    checks: list[tuple[Callable[[], object], str]] = [
        (lambda: EMPLOYEE_NO(line.employee_no), f"{line.employee_no[:20] or 'Nothing'} is no employee number.")
    ]
    if line.email:
        checks.append((lambda: validate_email(line.email), f"{line.email[:60]} is no e-mail address."))
    for check, sentence in checks:
        try:
            check()
        except ValidationError:
            line.errors.append(sentence)
    if len(line.employee_no) > 20 or len(line.email) > 254:
        line.errors.append("A cell is too long.")
    if line.role:
        role = _WORDS.get(line.role.casefold(), AUTOMATIC if line.role.casefold() == AUTOMATIC else "")
        if not role:
            line.errors.append(f"{line.role[:40]} is no role; take {', '.join(roles.ROLES)} or {AUTOMATIC}.")
        line.role = role
    if not (line.role or line.email or line.errors):
        line.errors.append("Neither role nor e-mail is given.")
    if line.employee_no in seen:
        line.errors.append("This number stands in an earlier row already.")
    seen.add(line.employee_no)


def _known(numbers: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Roles by hand and e-mails of these numbers now."""
    return (
        dict(RoleAssignment.objects.filter(employee_no__in=numbers).values_list("employee_no", "role")),
        dict(EmployeeEmail.objects.filter(employee_no__in=numbers).values_list("employee_no", "email")),
    )


def _changes(line: Line, assigned: dict[str, str], emails: dict[str, str]) -> list[str]:
    found = []
    before = assigned.get(line.employee_no, AUTOMATIC)
    if line.role == AUTOMATIC and before == AUTOMATIC:
        line.role = ""
    elif line.role and line.role != before:
        found.append(f"role {before} becomes {line.role}")
    if line.email and line.email.lower() != emails.get(line.employee_no):
        found.append(f"e-mail {emails.get(line.employee_no, '(none)')} becomes {line.email.lower()}")
    return found
