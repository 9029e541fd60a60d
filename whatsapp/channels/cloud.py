"""The WhatsApp Cloud API as a channel."""

import time
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from django.conf import settings

from ccportal.core.signatures import same, sign
from ccportal.integrations.whatsapp.client import CloudClient, CloudFault, Fault
from ccportal.jobs.outbox import NotYet, PermanentError, TransientError, Uncertain
from whatsapp.channels.base import Health
from whatsapp.models import Channel, Link

#: A template's text holds no line ends and is shorter than a message.
LONGEST_PARAMETER = 1000
LINK = "whatsapp.cloud"


class CloudDriver:
    """Sends through the vendor; what comes in arrives at the webhook."""

    name = Channel.CLOUD
    has_groups = False
    has_window = True
    is_idempotent = False
    delivers_at_once = False

    def send_text(self, to: str, text: str, *, key: str) -> str:
        pace.take()
        try:
            return client().send_text(to, text, key=key)
        except CloudFault as fault:
            raise translated(fault) from None

    def send_template(self, to: str, text: str, *, key: str) -> str:
        """The text in the approved template that ``WHATSAPP_TEMPLATE`` names."""
        if not settings.WHATSAPP_TEMPLATE:
            raise PermanentError("The 24 hours for free answers are over, and no template is set up.")
        flat = " ".join(text.split())[:LONGEST_PARAMETER]
        pace.take()
        try:
            return client().send_template(
                to, settings.WHATSAPP_TEMPLATE, settings.WHATSAPP_TEMPLATE_LANGUAGE, flat, key=key
            )
        except CloudFault as fault:
            raise translated(fault) from None

    def send_media(self, to: str, path: Path, mime: str, caption: str, *, key: str) -> str:
        kind = mime.partition("/")[0]
        kind = kind if kind in ("image", "audio", "video") else "document"
        pace.take()
        try:
            uploaded = client().upload(path, mime)
        except CloudFault as fault:
            if fault.kind is Fault.UNCERTAIN:  # an upload alone reaches nobody
                raise TransientError(str(fault)) from None
            raise translated(fault) from None
        try:
            return client().send_media(to, kind, uploaded, caption, key=key)
        except CloudFault as fault:
            raise translated(fault) from None

    def fetch_media(self, external_id: str, into: BinaryIO, limit: int) -> str:
        try:
            info = client().media_info(external_id)
            client().download(info.url, into, limit)
        except CloudFault as fault:
            raise translated(fault) from None
        return info.mime_type

    def health(self) -> Health:
        missing = [
            name
            for name in ("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN")
            if not getattr(settings, name)
        ]
        if missing:
            return Health(False, f"Not set up: {', '.join(missing)}.")
        row = Link.objects.filter(name=LINK).first()
        if row is None:
            return Health(False, "Not asked yet.")
        return Health(row.state == "ok", str(row.details.get("text", "")))


def check() -> None:
    """Ask the vendor whether the number can be used, and write the answer down for pages; a worker does this."""
    if not settings.WHATSAPP_PHONE_NUMBER_ID:
        return
    try:
        client().check()
    except CloudFault as fault:
        state, text = "down", f"{str(fault)[0].upper()}{str(fault)[1:]}."
    else:
        state, text = "ok", "The number can be used."
    Link.objects.update_or_create(name=LINK, defaults={"state": state, "details": {"text": text}})


def client() -> CloudClient:
    return CloudClient(settings.WHATSAPP_CLOUD_URL, settings.WHATSAPP_PHONE_NUMBER_ID, settings.WHATSAPP_TOKEN)


def translated(fault: CloudFault) -> Exception:
    """The vendor's fault as the outbox understands it."""
    if fault.kind is Fault.UNCERTAIN:
        return Uncertain(f"{fault}; it may have been sent")
    if fault.kind is Fault.PERMANENT:
        return PermanentError(str(fault))
    return TransientError(str(fault), retry_after=fault.retry_after)


def signature_is_good(body: bytes, header: str) -> bool:
    """Whether ``X-Hub-Signature-256`` was made with our secret over exactly these bytes; never without a secret."""
    secret = settings.WHATSAPP_APP_SECRET
    return bool(secret) and same(sign(secret, body), header)


def token_is_good(token: str) -> bool:
    """Whether the vendor's challenge carries our word; never without one."""
    wanted = settings.WHATSAPP_VERIFY_TOKEN
    return bool(wanted) and same(wanted, token)


class Pace:
    """At most so many calls a second by this process; the vendor's own limit is met by its answers."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next = 0.0

    def take(self) -> None:
        """Claim a place; ``NotYet`` when the next one is more than a second away."""
        gap = 1 / max(settings.WHATSAPP_SENDS_PER_SECOND, 1)
        with self._lock:
            now = time.monotonic()
            at = max(self._next, now)
            if at - now > 1:
                raise NotYet("Waiting for our turn at this pace.", retry_after=at - now)
            self._next = at + gap
        time.sleep(at - now)


pace = Pace()
