"""The webhook of the WhatsApp Cloud API: proven to come from the vendor, stored, then acknowledged."""

import json
import logging
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts.permissions import PUBLIC
from ccportal.api.endpoints import endpoint, message
from ccportal.api.schema import faults
from ccportal.api.serializers import Message
from ccportal.core.errors import NotAllowed
from whatsapp.channels import cloud, cloud_events
from whatsapp.services import intake, sending

logger = logging.getLogger(__name__)
#: The vendor's own limit is 3 MB.
MAX_BODY = 4 * 1024 * 1024
_CHALLENGE = ("hub.mode", "hub.verify_token", "hub.challenge")


@endpoint(["GET"], permission=PUBLIC, throttles=[])
@extend_schema(
    operation_id="verifyWhatsAppWebhook",
    tags=["whatsapp"],
    auth=[],
    parameters=[OpenApiParameter(name, str, required=True) for name in _CHALLENGE],
    responses={(200, "text/plain"): OpenApiTypes.STR, **faults(403)},
)
def verify(request: Request) -> HttpResponse:
    """Prove to the vendor that this address is ours: its challenge comes back when the token is right."""
    asked = request.query_params
    if asked.get("hub.mode") != "subscribe" or not cloud.token_is_good(asked.get("hub.verify_token", "")):
        raise NotAllowed("The token is not the one that was agreed.")
    return HttpResponse(asked.get("hub.challenge", "")[:200], content_type="text/plain; charset=utf-8")


@endpoint(["POST"], permission=PUBLIC, throttles=[], idempotent=False, max_body=MAX_BODY)
@extend_schema(
    operation_id="receiveWhatsAppWebhook",
    tags=["whatsapp"],
    auth=[],
    parameters=[OpenApiParameter("X-Hub-Signature-256", str, OpenApiParameter.HEADER, required=True)],
    request=OpenApiTypes.OBJECT,
    responses={200: Message, **faults(403)},
)
def receive(request: Request) -> Response:
    """Take messages and statuses. 200 only after all of them are stored; delivering again changes nothing."""
    body = request._request.read(MAX_BODY + 1)
    if not cloud.signature_is_good(body, request.headers.get("X-Hub-Signature-256", "")):
        raise NotAllowed("The signature is not good.")
    events, statuses = cloud_events.events(_parsed(body))
    intake.store(events)
    sending.record(statuses)
    return message("stored")


def _parsed(body: bytes) -> Any:
    """The JSON of a body; the vendor signed it, so odd text in it is stored cleaned, not refused."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ParseError("The body is not JSON.") from None
