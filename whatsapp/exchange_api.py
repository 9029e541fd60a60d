"""The webhook of uGridPlan: tickets that changed there."""

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import ValidationError
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts.permissions import PUBLIC
from ccportal.api.endpoints import endpoint, message
from ccportal.api.schema import faults
from ccportal.api.serializers import Message
from ccportal.core.errors import NotAllowed
from ccportal.core.signatures import age, same, sign
from ccportal.integrations.ugridplan.schemas import Listed
from whatsapp.services import following

MAX_BODY = 1024 * 1024
WINDOW_SECONDS = 300
#: Each is looked up and locked; more at once would hold other writers up.
MOST_TICKETS = 200


@endpoint(["POST"], permission=PUBLIC, throttles=[], idempotent=False, max_body=MAX_BODY)
@extend_schema(
    operation_id="receiveUGridPlanWebhook",
    tags=["whatsapp"],
    auth=[],
    parameters=[
        OpenApiParameter("X-Timestamp", str, OpenApiParameter.HEADER, required=True),
        OpenApiParameter("X-Signature-256", str, OpenApiParameter.HEADER, required=True),
    ],
    request=OpenApiTypes.OBJECT,
    responses={200: Message, **faults(403)},
)
def receive(request: Request) -> Response:
    """Take tickets as uGridPlan has them now: ``{"tickets": [{"ticket_id", "status", "updated_at", ...}]}``.

    The signature is ``sha256=`` and the HMAC of ``<timestamp>.<body>``; the timestamp is of these minutes. Delivering
    again, late or out of order changes nothing.
    """
    body = request._request.read(MAX_BODY + 1)
    _check(request.headers.get("X-Timestamp", ""), request.headers.get("X-Signature-256", ""), body)
    try:
        listed = Listed.model_validate_json(body)
    except ValidationError:
        raise ParseError("The body is not as agreed: an object with tickets, each with ticket_id and status.") from None
    if len(listed.tickets) > MOST_TICKETS:
        raise ParseError(f"Send at most {MOST_TICKETS} tickets at once.")
    for ticket in listed.tickets:
        following.take(ticket)
    return message("taken")


def _check(timestamp: str, signature: str, body: bytes) -> None:
    secret = settings.UGRIDPLAN_WEBHOOK_SECRET
    good = same(sign(secret or "none", body, timestamp), signature)
    seconds = age(timestamp)
    if not (secret and good and seconds is not None and seconds <= WINDOW_SECONDS):
        raise NotAllowed("The signature is not good.")
