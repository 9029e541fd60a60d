"""Payments for other programs: lookup by reference, and the doors for providers and SMS gateways."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.messages.notices import Unreadable, read_json
from billing.models import Payment, Source
from billing.providers import known_provider, provider_name, providers
from billing.queries.payments import by_reference
from billing.serializers import NotificationReceipt, PaymentLookup, ProviderNotification, SmsNotification
from billing.services.notifications import SMS_SENDER, take_in, wake
from billing.signatures import check
from ccportal.accounts.permissions import PUBLIC
from ccportal.acdb.dates import local_text
from ccportal.api.endpoints import endpoint
from ccportal.api.schema import faults
from ccportal.api.throttles import PortalThrottle
from ccportal.core.errors import InvalidInput, NotFound

MAX_BODY = 64 * 1024
_SIGNED = [
    OpenApiParameter(
        "X-Payment-Timestamp", str, OpenApiParameter.HEADER, required=True, description="Seconds since 1970, signed."
    ),
    OpenApiParameter(
        "X-Payment-Signature",
        str,
        OpenApiParameter.HEADER,
        required=True,
        description="sha256= and the HMAC-SHA256 of timestamp, a full stop and the body, hexadecimal.",
    ),
]


class NotificationThrottle(PortalThrottle):
    """Per address, for signed notifications."""

    scope = "webhook"


# ---------------------------------------------------------------- lookup


@endpoint(["GET"], permission="view_billing", scope="billing.read")
@extend_schema(
    operation_id="getPaymentsByReference",
    tags=["payments"],
    parameters=[OpenApiParameter("provider", str, description="Only this provider's: mpesa, ecocash, ...")],
    responses={200: PaymentLookup, **faults(400, 404)},
)
def lookup(request: Request, reference: str) -> Response:
    """Payments with a provider's reference. Two providers may use the same one, so the answer is a list."""
    provider = request.query_params.get("provider", "")
    found = by_reference(reference, known_provider(provider).code if provider else "")
    if not found:
        raise NotFound(f"No payment has the reference {reference[:60]}.")
    return Response({"reference": found[0].provider_reference, "payments": [_shape(payment) for payment in found]})


def _shape(payment: Payment) -> dict[str, object]:
    return {
        "id": payment.pk,
        "provider": payment.provider,
        "provider_name": provider_name(payment.provider),
        "reference": payment.provider_reference,
        "amount": f"{payment.amount:f}",
        "currency": payment.currency,
        "state": payment.state,
        "account": payment.account or None,
        "received_at": local_text(payment.received_at),
        "posted_at": local_text(payment.posted_at) if payment.posted_at else None,
        "kwh": f"{payment.kwh:f}" if payment.kwh is not None else None,
        "rate": f"{payment.rate:f}" if payment.rate is not None else None,
        "ledger_table": payment.table_name or None,
        "ledger_id": payment.row_id or None,
        "later": [
            {"id": entry.pk, "kind": entry.kind, "amount": f"{entry.amount:f}", "state": entry.state,
             "account": entry.account or None}
            for entry in payment.derived.all()
        ],
    }  # fmt: skip


# ---------------------------------------------------------------- doors


@endpoint(["POST"], permission=PUBLIC, throttles=[NotificationThrottle], idempotent=False, max_body=MAX_BODY)
@extend_schema(
    operation_id="notifyPayment",
    tags=["payments"],
    parameters=_SIGNED,
    request=OpenApiTypes.OBJECT,
    responses={200: NotificationReceipt, **faults(401, 405, 413)},
)
def webhook(request: Request, provider: str) -> Response:
    """A provider reports a payment in its own form, signed with its secret.

    200 means stored, not more: what it says is looked into afterwards. The same body again is a 200,
    too, and counts once. A signed body that cannot be read is stored and answered with 200 as well; people see it.
    """
    return _received(Source.WEBHOOK, provider.lower(), request)


@endpoint(["POST"], permission=PUBLIC, throttles=[NotificationThrottle], idempotent=False, max_body=MAX_BODY)
@extend_schema(
    operation_id="notifyPaymentOfProvider",
    tags=["payments"],
    parameters=[
        OpenApiParameter("X-Payment-Provider", str, OpenApiParameter.HEADER, description="Instead of `provider`."),
        *_SIGNED,
    ],
    request=ProviderNotification,
    responses={200: NotificationReceipt, **faults(400, 401, 413)},
)
def webhook_by_header(request: Request) -> Response:
    """The same at one address for all: the provider is in the header X-Payment-Provider or in the body's `provider`."""
    named = request.headers.get("X-Payment-Provider", "").strip().lower()
    return _received(Source.WEBHOOK, named or _provider_in(request.body), request)


@endpoint(["POST"], permission=PUBLIC, throttles=[NotificationThrottle], idempotent=False, max_body=MAX_BODY)
@extend_schema(
    operation_id="notifyPaymentSms",
    tags=["payments"],
    parameters=_SIGNED,
    request=SmsNotification,
    responses={200: NotificationReceipt, **faults(401, 413)},
)
def sms(request: Request) -> Response:
    """An SMS gateway passes on a confirmation message, signed with the secret of `sms`."""
    return _received(Source.SMS, SMS_SENDER, request)


def _received(source: str, sender: str, request: Request) -> Response:
    body = request.body
    headers = request.headers
    check(sender, headers.get("X-Payment-Timestamp", ""), headers.get("X-Payment-Signature", ""), body)
    if source == Source.WEBHOOK and sender not in providers():
        raise InvalidInput(f"{sender[:20]!r} is no provider here.")
    notice, is_new = take_in(source, sender, body)
    if is_new:
        wake()
    return Response({"status": "stored" if is_new else "known", "id": notice.pk})


def _provider_in(body: bytes) -> str:
    try:
        named = read_json(body).get("provider")
    except Unreadable:
        named = None
    if not isinstance(named, str) or not named.strip():
        raise InvalidInput("Name the provider: in the header X-Payment-Provider, or as provider in the body.")
    return named.strip().lower()
