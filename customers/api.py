"""Lookups that other programs use: customers by phone, number, account and name; sites (contract: lookup)."""

from functools import partial

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts.permissions import PUBLIC
from ccportal.api.endpoints import endpoint
from ccportal.api.schema import faults
from ccportal.core.errors import NotFound
from customers import queries
from customers.models import Customer
from customers.search import matching
from customers.serializers import CustomerEnvelope, CustomersByPhone, CustomerSearch, SearchQuery, SiteList

lookup = partial(endpoint, ["GET"], permission="view_customers", scope="lookup.read")


def _with_accounts(customers: list[Customer]) -> list[dict[str, object]]:
    names = queries.site_names()
    accounts = queries.accounts_of([customer.number for customer in customers])
    return [
        {**queries.as_contract(customer, names), "account_numbers": accounts.get(customer.number, [])}
        for customer in customers
    ]


def record_of(account: str) -> dict[str, object] | None:
    """The contract's Customer of an account, as /api/auth/me shows it to its owner; None when it has no record."""
    try:
        return _with_accounts([queries.owner_of(account)])[0]
    except NotFound:
        return None


@lookup()
@extend_schema(
    operation_id="getCustomersByPhone", tags=["lookup"], responses={200: CustomersByPhone, **faults(400, 404)}
)
def by_phone(request: Request, phone: str) -> Response:
    """Customers with this phone number, in any spelling; 404 when nobody has it, 400 when it is too short."""
    found = queries.customers_with_phone(phone)
    if not found:
        raise NotFound("No customer has this phone number.")
    return Response({"customers": _with_accounts(found), "count": len(found)})


@lookup()
@extend_schema(operation_id="getCustomerById", tags=["lookup"], responses={200: CustomerEnvelope, **faults(404)})
def by_id(request: Request, customer_id: str) -> Response:
    """The customer with this number and all accounts."""
    customer = queries.get_customer(queries.customer_number(customer_id))
    return Response({"customer": _with_accounts([customer])[0]})


@lookup()
@extend_schema(operation_id="getCustomerByAccount", tags=["lookup"], responses={200: CustomerEnvelope, **faults(404)})
def by_account(request: Request, account_number: str) -> Response:
    """The customer whom an account belongs to; the number is accepted in both orders."""
    return Response({"customer": _with_accounts([queries.owner_of(account_number)])[0]})


@lookup()
@extend_schema(
    operation_id="searchCustomers",
    tags=["lookup"],
    parameters=[
        OpenApiParameter("q", str, required=True, description="At least two characters."),
        OpenApiParameter("limit", int, description="1 to 100, 20 when absent."),
    ],
    responses=CustomerSearch,
)
def search(request: Request) -> Response:
    """Customers in whose names, site, plot, city, district or number every word occurs, by name."""
    wanted = SearchQuery(data=request.query_params)
    wanted.is_valid(raise_exception=True)
    text, limit = wanted.validated_data["q"], wanted.validated_data["limit"]
    numbers = list(matching(text, everything=False).values_list("number", flat=True)[:limit])
    records = Customer.objects.in_bulk(numbers)
    names = queries.site_names()
    found = [queries.as_contract(records[number], names) for number in numbers if number in records]
    return Response({"customers": found, "count": len(found), "query": request.query_params["q"]})


def _sites() -> Response:
    counts = [count for count in queries.site_counts() if count.code]
    entries = [{"concession": count.code, "customer_count": count.total} for count in counts]
    return Response({"sites": entries, "total_sites": len(entries)})


@lookup()
@extend_schema(operation_id="getSites", tags=["lookup"], responses=SiteList)
def sites(request: Request) -> Response:
    """Sites that have customers, with their number, terminated ones included."""
    return _sites()


@endpoint(["GET"], permission=PUBLIC)
@extend_schema(operation_id="getApiSites", tags=["lookup"], responses=SiteList)
def public_sites(request: Request) -> Response:
    """The same without a credential: a client's sign-in page lists the sites. Holds no personal data."""
    return _sites()
