"""Who may call an endpoint. Every endpoint states it; one that states nothing is closed to everybody."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ccportal.accounts.callers import Caller, caller_for
from ccportal.accounts.permissions import MUST_CHANGE, PUBLIC, SIGNED_IN
from ccportal.accounts.roles import PERMISSIONS, denial
from ccportal.core.errors import NotAllowed

#: Beside the names of ``roles.PERMISSIONS`` an endpoint may state one of these.
EMPLOYEE, CUSTOMER = "any employee", "customer"
STATEMENTS = frozenset({PUBLIC, SIGNED_IN, EMPLOYEE, CUSTOMER, *PERMISSIONS})


class StatedPermission(BasePermission):
    """Compares the caller with what the view states as ``permission`` (and ``scope`` for API keys)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        stated = view.stated_permission(request.method) if hasattr(view, "stated_permission") else None
        if stated == PUBLIC:
            return True
        caller = caller_for(request.user)
        if stated is None or caller is None:
            return False  # 403 for a view that states nothing, 401 for nobody: DRF tells the two apart
        reason = refusal(caller, stated, view.stated_scope(request.method))
        if reason:
            raise NotAllowed(reason)
        return True


def refusal(caller: Caller, stated: str, scope: str | None) -> str | None:
    """Why this caller may not, as a sentence; None when it may."""
    if caller.kind == "employee" and caller.user.must_change_password:
        return MUST_CHANGE
    if not caller.has_scope(scope):
        if scope is None:
            return "API keys do not open this operation; sign in as an employee."
        return f"This API key lacks the scope {scope}; a super admin can issue one that has it."
    if stated == SIGNED_IN:
        return None
    if stated == CUSTOMER:
        return None if caller.kind == "customer" else "This is for customers; sign in with an account number."
    if caller.kind == "customer":
        return "This is for employees; sign in with an employee number."
    if stated == EMPLOYEE or caller.has_perm(stated):
        return None
    return denial(stated)
