"""Sign-in of programs that act for an employee, and what everybody signed in may ask (contract: auth)."""

from typing import Any

from django.contrib.auth import logout
from django.db.utils import Error as DatabaseError
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import TokenError

from ccportal.accounts import services, signing, tokens
from ccportal.accounts.callers import Caller, caller_of
from ccportal.accounts.customers import name_of, record_of
from ccportal.accounts.directory import enrich
from ccportal.accounts.models import CustomerLogin, Employee, SignIn
from ccportal.accounts.permissions import MUST_CHANGE
from ccportal.api import serializers as shapes
from ccportal.api.endpoints import endpoint, message, validated
from ccportal.api.permissions import PUBLIC, SIGNED_IN
from ccportal.api.schema import faults
from ccportal.api.throttles import SignInThrottle
from ccportal.core.errors import NotAllowed, PortalError
from ccportal.core.middleware import is_acdb_fault

TAG = ["auth"]
#: The three flags of the contract.
FLAGS = ("write_customers", "write_transactions", "manage_roles")


class NotSignedIn(PortalError):
    status = 401
    title = "Not signed in"


@endpoint(["POST"], permission=PUBLIC, throttles=[SignInThrottle], idempotent=False)
@extend_schema(
    operation_id="employeeLogin",
    tags=TAG,
    request=shapes.EmployeeLoginRequest,
    responses={200: shapes.EmployeeToken, **faults(401, 403)},
)
def employee_login(request: Request) -> Response:
    """Sign in with an employee number and a personal password.

    401 for a wrong pair, 429 with Retry-After while the number is locked, 403 while the password is a temporary one:
    it has to be changed in the portal first, where its owner sees the rules.
    """
    body = validated(shapes.EmployeeLoginRequest, request)
    http = request._request
    employee = services.prove(http, body["employee_id"], body["password"])
    if employee.must_change_password:
        raise NotAllowed(MUST_CHANGE)
    hr_role = enrich(employee)
    pair = tokens.sign_in(employee, http, employee.get_full_name())
    user = {
        "user_type": "employee",
        "employee_id": body["employee_id"],
        "name": employee.get_full_name(),
        "email": employee.email,
        "cc_role": employee.role,
        "hr_role": hr_role,
        "permissions": flags(employee),
    }
    return Response({**token_answer(pair), "user": user})


@endpoint(["POST"], permission=PUBLIC, throttles=[SignInThrottle], idempotent=False)
@extend_schema(
    operation_id="refreshToken",
    tags=TAG,
    request=shapes.RefreshRequest,
    responses={200: shapes.Tokens, **faults(401)},
)
def refresh(request: Request) -> Response:
    """New tokens for a refresh token, which is used up by this; sending it a second time ends the sign-in."""
    body = validated(shapes.RefreshRequest, request)
    try:
        _, pair = tokens.refresh(body["refresh_token"], display_name)
    except TokenError:
        raise NotSignedIn("The refresh token is not valid any more; sign in again.") from None
    return Response(token_answer(pair))


@endpoint(["POST"], permission=SIGNED_IN, idempotent=False)
@extend_schema(operation_id="logout", tags=TAG, request=None, responses=shapes.Message)
def sign_out(request: Request) -> Response:
    """End this sign-in: its access and refresh tokens are refused from now on."""
    if isinstance(request.auth, SignIn):
        tokens.end(request.auth)
    else:
        logout(request._request)
    return message("Signed out.")


@endpoint(["GET"], permission=PUBLIC)
@extend_schema(operation_id="getJwks", tags=TAG, responses=shapes.Jwks)
def jwks(request: Request) -> Response:
    """The public keys that verify our tokens (RFC 7517), the current one first; ask again at least daily."""
    return Response(signing.key_ring().jwks(), headers={"Cache-Control": "public, max-age=300"})


@endpoint(["GET"], permission=SIGNED_IN)
@extend_schema(operation_id="getMe", tags=TAG, responses=shapes.Me)
def me(request: Request) -> Response:
    """Whom the token belongs to, as the database knows them now."""
    caller = caller_of(request)
    if caller.kind == "employee":
        return Response(_employee(caller))
    answer = {
        "user_type": "customer",
        "user_id": caller.id,
        "role": "customer",
        "name": name_of(caller.id),
        "email": "",
        "permissions": {},
        "account_number": caller.id,
    }
    record = _record(caller.id)
    return Response({**answer, "customer": record} if record else answer)


def _record(account: str) -> dict[str, Any] | None:
    """The customer's record; none while the customer database is down, for signing in must work without it."""
    try:
        return record_of(account)
    except DatabaseError as error:
        if is_acdb_fault(error):
            return None
        raise


def _employee(caller: Caller) -> dict[str, object]:
    employee: Employee = caller.user
    return {
        "user_type": "employee",
        "user_id": employee.employee_no,
        "role": employee.role,
        "name": employee.get_full_name(),
        "email": employee.email,
        "permissions": flags(employee),
    }


def flags(employee: Employee) -> dict[str, bool]:
    """The contract's three permissions."""
    return {flag: employee.has_perm(f"accounts.{flag}") for flag in FLAGS}


def display_name(person: Employee | CustomerLogin) -> str:
    return person.get_full_name() if isinstance(person, Employee) else name_of(person.account)


def token_answer(pair: tokens.Pair) -> dict[str, object]:
    """The tokens of a sign-in as the contract writes them; ``expires_in`` is in seconds."""
    return {
        "access_token": pair.access,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
        "refresh_token": pair.refresh,
    }
