"""Accounts for other programs, and a customer's own account (contract: customer-data, my)."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing import contract
from billing.queries.account import account_record
from billing.queries.ledger import TransactionFilter, ledger_of, transactions
from billing.queries.meters import meters_of
from billing.queries.overview import overview_of
from billing.queries.owners import accounts_of, customer_record, first_account_of, owner_of
from billing.serializers import CustomerData, DashboardShape, MyProfileEnvelope, Piece
from ccportal.accounts.callers import caller_of
from ccportal.acdb.accountnumbers import normalise, parse_typed
from ccportal.api.endpoints import endpoint
from ccportal.api.permissions import CUSTOMER


@endpoint(["GET"], permission="view_billing", scope="billing.read")
@extend_schema(
    operation_id="getCustomerData",
    tags=["customer-data"],
    parameters=[
        OpenApiParameter(
            "limit", int, description="Transactions in the answer, 1 to 5,000; the newest 1,000 if absent."
        ),
        OpenApiParameter("offset", int, description="Transactions to leave out, counted from the newest."),
    ],
    responses=CustomerData,
)
def customer_data(request: Request, account_number: str) -> Response:
    """Profile, meter, tariff, dashboard and transactions of an account.

    A purely numeric value is a customer number and stands for the first of the customer's accounts. An unknown account
    answers 200 with empty parts. The newest 1,000 transactions are given unless ``limit`` and ``offset`` ask otherwise;
    ``total_count`` says how many there are.
    """
    wanted = Piece(data=request.query_params)
    wanted.is_valid(raise_exception=True)
    start, size = wanted.validated_data["offset"], wanted.validated_data["limit"]
    ledger = ledger_of(_account(account_number))
    record = account_record(ledger)
    rows = list(transactions(ledger, TransactionFilter())[start : start + size])
    return Response(contract.customer_data(record, customer_record(record.owner.number), rows))


def _account(text: str) -> str:
    value = normalise(text)
    if value.isascii() and value.isdecimal():
        return first_account_of(int(value)) or value
    return parse_typed(value)


@endpoint(["GET"], permission=CUSTOMER)
@extend_schema(operation_id="getMyDashboard", tags=["my"], responses=DashboardShape)
def my_dashboard(request: Request) -> Response:
    """Balance, use and payments of the account that is signed in."""
    ledger = ledger_of(caller_of(request).id)
    return Response(contract.dashboard(overview_of(ledger, meters_of(ledger).ids, timezone.now())))


@endpoint(["GET"], permission=CUSTOMER)
@extend_schema(operation_id="getMyProfile", tags=["my"], responses=MyProfileEnvelope)
def my_profile(request: Request) -> Response:
    """The customer whose account is signed in, with all of that customer's accounts."""
    owner = owner_of(normalise(caller_of(request).id))
    customer = customer_record(owner.number)
    site = owner.customer.site if owner.customer else ""
    own = set(accounts_of(owner.number)) if customer and owner.number is not None else set()
    answer = contract.profile(owner.account, customer, site)
    return Response({"customer": {**answer, "account_numbers": sorted(own | {owner.account})}})
