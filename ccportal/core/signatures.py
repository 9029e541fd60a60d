"""Signatures of webhooks: ``sha256=`` and the hexadecimal HMAC-SHA256 with a secret that both sides know."""

import hashlib
import hmac
import time


def sign(secret: str, body: bytes, timestamp: str = "") -> str:
    """The value of a signature header, over ``<timestamp>.<body>`` or, without a timestamp, the body alone."""
    signed = timestamp.encode("utf-8", "replace") + b"." + body if timestamp else body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def same(wanted: str, given: str) -> bool:
    """Whether two texts are equal; takes as long whichever character differs."""
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def age(timestamp: str, now: float | None = None) -> float | None:
    """How many seconds a timestamp is away from now, in the past or the future; None when it is no number."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 16):
        return None
    return abs((time.time() if now is None else now) - int(timestamp))
