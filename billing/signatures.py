"""The signature of a notification: HMAC-SHA256 over ``<timestamp>.<body>`` with the sender's secret.

    X-Payment-Timestamp: 1795260300
    X-Payment-Signature: sha256=4f0c...

The timestamp is signed and must be of these minutes, so that a recorded request cannot be sent again later; within
them the body's digest finds a repetition. Two secrets may be good at once, so that one can be changed without a gap.
"""

from django.conf import settings

from ccportal.core.errors import PortalError
from ccportal.core.signatures import age, same
from ccportal.core.signatures import sign as sign_body


class NotBelieved(PortalError):
    """The signature does not prove who sent the request."""

    status = 401
    title = "Not believed"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of the signature header."""
    return sign_body(secret, body, timestamp)


def check(sender: str, timestamp: str, signature: str, body: bytes, *, now: float | None = None) -> None:
    """Raise ``NotBelieved`` unless the sender's secret signed this body within the window.

    All faults but a late clock read the same: nobody learns which senders have a secret.
    """
    secrets = settings.PAYMENT_WEBHOOK_SECRETS.get(sender, ())
    good = False
    # Also for an unknown sender, so that the answer takes as long.
    for secret in secrets or ("no secret",):
        good |= same(sign(secret, timestamp, body), signature) and bool(secrets)
    if not good:
        raise NotBelieved("The signature is missing or wrong.")
    seconds = age(timestamp, now)
    if seconds is None or seconds > settings.PAYMENT_WEBHOOK_WINDOW_SECONDS:
        raise NotBelieved("The timestamp is too old or too far ahead; sign the request anew.")
