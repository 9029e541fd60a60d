"""Role assignments and remembered e-mails (contract: admin)."""

from collections.abc import Sequence
from datetime import UTC

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts import services
from ccportal.accounts.callers import caller_of
from ccportal.accounts.models import Employee, EmployeeEmail, RoleAssignment, normalise_employee_no
from ccportal.api import serializers as shapes
from ccportal.api.endpoints import endpoint, message, validated
from ccportal.api.schema import faults
from ccportal.core.errors import NotFound

TAG = ["admin"]
NO_ASSIGNMENT = "This employee has no role assigned by hand."


@endpoint(["GET"], permission="manage_roles")
@extend_schema(operation_id="listRoles", tags=TAG, responses=shapes.RoleAssignment(many=True))
def list_roles(request: Request) -> Response:
    """The roles assigned by hand, by employee number, with the names known here."""
    return Response(_described(list(RoleAssignment.objects.order_by("employee_no"))))


@endpoint(["POST"], permission="manage_roles")
@extend_schema(
    operation_id="assignRole",
    tags=TAG,
    request=shapes.RoleAssignmentRequest,
    responses={201: shapes.RoleAssignment, **faults(409)},
)
def assign_role(request: Request) -> Response:
    """Give an employee number a role, also before the employee exists; it counts from the next request on."""
    body = validated(shapes.RoleAssignmentRequest, request)
    row = services.assign_role(body["employee_id"], body["cc_role"], assigned_by=caller_of(request).id)
    return Response(_described([row])[0], status=201)


@endpoint(["PUT"], permission="manage_roles")
@extend_schema(
    operation_id="updateRole",
    tags=TAG,
    request=shapes.RoleAssignmentRequest,
    responses={200: shapes.RoleAssignment, **faults(404, 409)},
)
def update_role(request: Request, employee_id: str) -> Response:
    """Change an assignment; the number in the address decides, not the one in the body."""
    body = validated(shapes.RoleAssignmentRequest, request)
    if not RoleAssignment.objects.filter(employee_no=normalise_employee_no(employee_id)).exists():
        raise NotFound(NO_ASSIGNMENT)
    row = services.assign_role(employee_id, body["cc_role"], assigned_by=caller_of(request).id)
    return Response(_described([row])[0])


@endpoint(["DELETE"], permission="manage_roles")
@extend_schema(operation_id="removeRole", tags=TAG, responses={200: shapes.Message, **faults(404, 409)})
def remove_role(request: Request, employee_id: str) -> Response:
    """Take an assignment back; the employee has the role of the department again, or generic."""
    role = services.remove_assignment(employee_id)
    return message(f"Removed; the role is now {role}.")


@endpoint(["GET"], permission="manage_roles")
@extend_schema(operation_id="listEmployeeEmails", tags=TAG, responses=shapes.EmployeeEmail(many=True))
def list_emails(request: Request) -> Response:
    """The e-mail remembered for each employee number."""
    rows = EmployeeEmail.objects.order_by("employee_no").values_list("employee_no", "email")
    return Response([{"employee_id": number, "email": email} for number, email in rows])


@endpoint(["POST"], permission="manage_roles")
@extend_schema(
    operation_id="setEmployeeEmail", tags=TAG, request=shapes.EmployeeEmail, responses={201: shapes.EmployeeEmail}
)
def set_email(request: Request) -> Response:
    """Remember an e-mail; it is trimmed and lower-cased."""
    return Response(_remembered([validated(shapes.EmployeeEmail, request)])[0], status=201)


@endpoint(["POST"], permission="manage_roles")
@extend_schema(
    operation_id="bulkSetEmployeeEmails",
    tags=TAG,
    request=shapes.EmployeeEmail(many=True),
    responses={201: shapes.EmployeeEmailBulk},
)
def set_emails(request: Request) -> Response:
    """Remember many e-mails, all or none."""
    mappings = _remembered(validated(shapes.EmployeeEmail, request, many=True))
    return Response({"count": len(mappings), "mappings": mappings}, status=201)


def _remembered(bodies: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    with transaction.atomic():
        rows = [services.remember_email(body["employee_id"], body["email"]) for body in bodies]
    return [{"employee_id": row.employee_no, "email": row.email} for row in rows]


def _described(rows: Sequence[RoleAssignment]) -> list[dict[str, object]]:
    """Assignments in the contract's shape; name and e-mail in two queries for all."""
    numbers = [row.employee_no for row in rows]
    people = {person.employee_no: person for person in Employee.objects.filter(employee_no__in=numbers)}
    emails = dict(EmployeeEmail.objects.filter(employee_no__in=numbers).values_list("employee_no", "email"))
    return [
        {
            "employee_id": row.employee_no,
            "cc_role": row.role,
            "assigned_by": row.assigned_by,
            "assigned_at": row.assigned_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "name": (person.name or None) if (person := people.get(row.employee_no)) else None,
            "email": (person.email if person else "") or emails.get(row.employee_no),
        }
        for row in rows
    ]
