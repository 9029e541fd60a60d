"""Sends a text message through the gateway.

    POST {SMS_URL}  {"to": "+26650000000", "text": "...", "reference": "..."}
    200 or 202      {"id": "...", "status": "accepted"}

``Authorization: Bearer {SMS_API_KEY}``. ``reference`` is ours and unique: a gateway that gets it twice sends once.
HTTPS only, and the text in the body, never in the address (D-62).
"""

import httpx
from django.conf import settings
from pydantic import BaseModel, ValidationError

from ccportal.integrations.addresses import address_is_safe

TIMEOUT_SECONDS = 10


class SmsFault(Exception):
    """Not sent; ``permanent`` when trying again cannot help. Names no person and no number."""

    def __init__(self, message: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class Receipt(BaseModel):
    """The gateway's confirmation; anything but ``accepted`` is no confirmation."""

    id: str
    status: str


def is_set_up() -> bool:
    return bool(settings.SMS_URL)


def send(to: str, text: str, reference: str) -> str:
    """Hand a message over; the gateway's id. ``SmsFault`` when it was not confirmed."""
    if not address_is_safe(settings.SMS_URL):
        raise SmsFault("SMS_URL is not an https:// address", permanent=True)
    headers = {"Authorization": f"Bearer {settings.SMS_API_KEY}"} if settings.SMS_API_KEY else {}
    body = {"to": to, "text": text, "reference": reference}
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as http:
            response = http.post(settings.SMS_URL, json=body, headers=headers)
    except httpx.HTTPError as error:
        raise SmsFault(f"the SMS gateway does not answer: {type(error).__name__}") from error
    return _receipt(response)


def _receipt(response: httpx.Response) -> str:
    status = response.status_code
    if status == 429 or status >= 500:
        wait = response.headers.get("Retry-After", "")
        raise SmsFault(f"the SMS gateway answered {status}", retry_after=float(wait) if wait.isdecimal() else None)
    if status not in (200, 201, 202):
        raise SmsFault(f"the SMS gateway refused the message with status {status}", permanent=True)
    try:
        receipt = Receipt.model_validate_json(response.content)
    except ValidationError:
        raise SmsFault("the SMS gateway's answer is not as agreed") from None
    if receipt.status != "accepted":
        raise SmsFault(f"the SMS gateway says {receipt.status[:40]!r}", permanent=True)
    return receipt.id
