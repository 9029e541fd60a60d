"""Sign-in of customers by account number (contract: auth)."""

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts import registration, tokens
from ccportal.accounts.callers import caller_of
from ccportal.accounts.customers import name_of
from ccportal.accounts.models import CustomerLogin, SignIn
from ccportal.acdb.accountnumbers import normalise
from ccportal.api import serializers as shapes
from ccportal.api.auth import TAG, token_answer
from ccportal.api.endpoints import endpoint, message, validated
from ccportal.api.permissions import CUSTOMER, PUBLIC
from ccportal.api.schema import faults
from ccportal.api.throttles import SignInThrottle


@endpoint(["POST"], permission=PUBLIC, throttles=[SignInThrottle], idempotent=False)
@extend_schema(
    operation_id="customerRegister",
    tags=TAG,
    request=shapes.CustomerRegisterRequest,
    responses={200: shapes.RegisterResult, **faults(404, 409)},
)
def register(request: Request) -> Response:
    """Set the first password of an account, in two steps.

    Without `code` a code is sent by SMS to the phone on file and `code_required` is true: nothing is registered yet.
    The same request with `code` sets the password. 404 for an unknown account; 409 for one that has a password, or
    that has no phone on file; 422 for a wrong code; 429 when three codes were sent within an hour.
    """
    body = validated(shapes.CustomerRegisterRequest, request)
    account = registration.account_to_register(body["customer_id"])
    _check_password(account, body["password"], "password")
    if "code" not in body:
        last_digits = registration.send_code(account)
        text = f"A code was sent by SMS to the phone ending in {last_digits}. Send this request again with the code."
        # The name stays unsaid until the code proves who asks.
        return Response({"message": text, "customer_id": account, "name": account, "code_required": True})
    registration.register(account, body["password"], body["code"])
    answer = {"message": "Registered.", "customer_id": account, "name": name_of(account), "code_required": False}
    return Response(answer)


@endpoint(["POST"], permission=PUBLIC, throttles=[SignInThrottle], idempotent=False)
@extend_schema(
    operation_id="customerLogin",
    tags=TAG,
    request=shapes.CustomerLoginRequest,
    responses={200: shapes.CustomerToken, **faults(401)},
)
def login(request: Request) -> Response:
    """Sign in with an account number, in either written order, and its password."""
    body = validated(shapes.CustomerLoginRequest, request)
    http = request._request
    customer = registration.prove(http, body["customer_id"], body["password"])
    name = name_of(customer.account)
    pair = tokens.sign_in(customer, http, name)
    user = {"user_type": "customer", "customer_id": customer.account, "name": name, "role": "customer"}
    return Response({**token_answer(pair), "user": user})


@endpoint(["POST"], permission=CUSTOMER, throttles=[SignInThrottle], idempotent=False)
@extend_schema(
    operation_id="customerChangePassword",
    tags=TAG,
    request=shapes.ChangePasswordRequest,
    responses=shapes.Message,
)
def change_password(request: Request) -> Response:
    """Change one's own password; other programs and browsers of the account are signed out."""
    body = validated(shapes.ChangePasswordRequest, request)
    customer: CustomerLogin = caller_of(request).user
    _check_password(customer.account, body["new_password"], "new_password")
    registration.prove(request._request, customer.account, body["old_password"])
    keep = request.auth if isinstance(request.auth, SignIn) else None
    registration.change_password(customer, body["new_password"], keep)
    return message("Password changed.")


def _check_password(account: str, password: str, field: str) -> None:
    if normalise(password) == account:
        raise ValidationError({field: "The password must differ from the account number."})
