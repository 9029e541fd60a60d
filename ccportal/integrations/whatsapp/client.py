"""Talks to the WhatsApp Cloud API.

    POST {url}/{phone number id}/messages    200 {"messages": [{"id": "wamid..."}]}
    POST {url}/{phone number id}/media       200 {"id": "..."}
    GET  {url}/{media id}                    200 {"url", "mime_type", "sha256", "file_size"}
    GET  that url                            200 the bytes
    GET  {url}/{phone number id}             200 {"quality_rating", ...}

The API takes no idempotency key. ``biz_opaque_callback_data`` comes back with every status of a message, so that a
message whose answer was lost can be recognised; it is never sent again on a guess (``Fault.UNCERTAIN``).
"""

import time
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import httpx
from pydantic import BaseModel, Field, ValidationError

from ccportal.integrations.addresses import address_is_safe

TIMEOUT = httpx.Timeout(20, connect=5)
#: However slowly the bytes come.
LONGEST_SECONDS = 25.0
LONGEST_DOWNLOAD_SECONDS = 120.0
_MAX_ANSWER = 64 * 1024
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
#: The vendor's error codes that say "later": rate limits, overload, maintenance.
_LATER = frozenset({1, 2, 4, 613, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004, 133016})
#: The key is wrong or has lost its rights: staff can put it right, the message is good.
_KEYS = frozenset({0, 3, 10, 190, *range(200, 300)})
KEY_PAUSE = 300.0


class Fault(StrEnum):
    """What a failed call means for the message."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    UNCERTAIN = "uncertain"


class CloudFault(Exception):
    """A call that failed. The message names no person, number or text."""

    def __init__(self, message: str, kind: Fault, *, retry_after: float | None = None, code: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after
        self.code = code


class TooLarge(Exception):
    """A file is larger than allowed."""


class _Id(BaseModel):
    id: str = Field(min_length=1, max_length=160)


class _Sent(BaseModel):
    messages: list[_Id] = Field(min_length=1)


class MediaInfo(BaseModel):
    """Where a file can be fetched for a few minutes, and what it says of itself."""

    url: str
    mime_type: str = ""
    sha256: str = ""
    file_size: int = 0


class _Error(BaseModel):
    code: int = 0


class _Refusal(BaseModel):
    error: _Error


class CloudClient:
    """Calls for one business phone number; ``url`` includes the version."""

    def __init__(self, url: str, phone_number_id: str, token: str) -> None:
        if not address_is_safe(url):
            raise CloudFault("WHATSAPP_CLOUD_URL is not an https:// address", Fault.PERMANENT)
        if not phone_number_id or not token:
            raise CloudFault("WHATSAPP_PHONE_NUMBER_ID or WHATSAPP_TOKEN is not set", Fault.TRANSIENT, retry_after=300)
        self.url = url.rstrip("/")
        self.number = phone_number_id
        self.headers = {"Authorization": f"Bearer {token}"}

    def send_text(self, to: str, text: str, *, key: str) -> str:
        """The vendor's id of the message."""
        return self._send(to, key, {"type": "text", "text": {"body": text, "preview_url": False}})

    def send_template(self, to: str, name: str, language: str, text: str, *, key: str) -> str:
        """An approved template whose body takes one text."""
        body = [{"type": "body", "parameters": [{"type": "text", "text": text}]}]
        template = {"name": name, "language": {"code": language}, "components": body}
        return self._send(to, key, {"type": "template", "template": template})

    def send_media(self, to: str, kind: str, media_id: str, caption: str, *, key: str) -> str:
        """An uploaded file; ``kind`` is image, audio, video or document."""
        content = {"id": media_id} | ({"caption": caption} if caption and kind != "audio" else {})
        if kind == "document":
            content["filename"] = "document.pdf"  # otherwise phones call it "Untitled"
        return self._send(to, key, {"type": kind, kind: content})

    def _send(self, to: str, key: str, content: dict[str, Any]) -> str:
        # A person who hides the number is written to by the business-scoped id.
        person = {"to": to} if to.isdecimal() else {"recipient": to}
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **person, **content}
        answer = self._post("messages", json={**body, "biz_opaque_callback_data": key})
        try:
            return _Sent.model_validate_json(answer).messages[0].id
        except ValidationError:
            raise CloudFault("the answer of WhatsApp is cut short or not as agreed", Fault.UNCERTAIN) from None

    def upload(self, path: Path, mime: str) -> str:
        """Hand a file over; its id, good for sending."""
        with path.open("rb") as file:
            data = {"messaging_product": "whatsapp", "type": mime}
            answer = self._post("media", data=data, files={"file": ("file", file, mime)})
        try:
            return _Id.model_validate_json(answer).id
        except ValidationError:
            raise CloudFault("the answer to an upload is not as agreed", Fault.TRANSIENT) from None

    def media_info(self, media_id: str) -> MediaInfo:
        """Where to fetch a file."""
        if not media_id.isalnum():
            raise CloudFault("that is no id of a file", Fault.PERMANENT)
        answer = self._get(f"{self.url}/{media_id}")
        try:
            return MediaInfo.model_validate_json(answer)
        except ValidationError:
            raise CloudFault("what WhatsApp says of a file is not as agreed", Fault.TRANSIENT) from None

    def download(self, url: str, into: BinaryIO, limit: int) -> None:
        """Fetch a file piece by piece; ``TooLarge`` as soon as it exceeds ``limit`` bytes."""
        if not address_is_safe(url):
            raise CloudFault("the address of a file is not https://", Fault.PERMANENT)
        deadline = time.monotonic() + LONGEST_DOWNLOAD_SECONDS
        size = 0
        try:
            with _http().stream("GET", url, headers=self.headers) as response:
                if response.status_code != 200:
                    raise _refused(response.status_code, b"", response.headers, uncertain=False)
                for part in response.iter_bytes():
                    size += len(part)
                    if size > limit:
                        raise TooLarge
                    if time.monotonic() > deadline:
                        raise CloudFault("a file comes too slowly", Fault.TRANSIENT)
                    into.write(part)
        except httpx.HTTPError as error:
            raise CloudFault(f"a file could not be fetched: {type(error).__name__}", Fault.TRANSIENT) from error

    def check(self) -> None:
        """Ask for the number itself; ``CloudFault`` when it cannot be used."""
        self._get(f"{self.url}/{self.number}")

    def _get(self, address: str) -> bytes:
        try:
            with _http().stream("GET", address, headers=self.headers) as response:
                body = _body(response)
        except httpx.HTTPError as error:
            raise CloudFault(f"WhatsApp does not answer: {type(error).__name__}", Fault.TRANSIENT) from error
        if response.status_code != 200:
            raise _refused(response.status_code, body, response.headers, uncertain=False)
        return body

    def _post(self, what: str, **content: Any) -> bytes:
        address = f"{self.url}/{self.number}/{what}"
        try:
            with _http().stream("POST", address, headers=self.headers, **content) as response:
                body = _body(response)
        except _NOT_SENT as error:
            raise CloudFault(f"WhatsApp is not reached: {type(error).__name__}", Fault.TRANSIENT) from error
        except httpx.HTTPError as error:
            raise CloudFault(f"WhatsApp gave no answer: {type(error).__name__}", Fault.UNCERTAIN) from error
        if response.status_code not in (200, 201):
            raise _refused(response.status_code, body, response.headers, uncertain=True)
        return body


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    """One pool of connections for the process; no redirects, so that the key goes to the configured house only."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)


def _body(response: httpx.Response) -> bytes:
    """The body of an answer, given up when it is too long or comes too slowly."""
    deadline = time.monotonic() + LONGEST_SECONDS
    body = b""
    for part in response.iter_bytes():
        body += part
        if len(body) > _MAX_ANSWER:
            raise httpx.ReadError("too long")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("too slow")
    return body


def _refused(status: int, body: bytes, headers: httpx.Headers, *, uncertain: bool) -> CloudFault:
    """What an answer other than 200 means. ``uncertain``: the call may have had an effect all the same."""
    wait = headers.get("Retry-After", "")
    retry_after = float(wait) if wait.isdecimal() else None
    try:
        code = _Refusal.model_validate_json(body).error.code
    except ValidationError:
        code = None
    said = f"WhatsApp answered {status}" + (f", code {code}" if code else "")
    if status == 429 or code in _LATER:
        return CloudFault(said, Fault.TRANSIENT, retry_after=retry_after, code=code or 0)
    if status >= 500:
        # A gateway's error page does not say whether the message was taken.
        kind = Fault.UNCERTAIN if uncertain else Fault.TRANSIENT
        return CloudFault(said, kind, retry_after=retry_after, code=code or 0)
    if status in (401, 403) or code in _KEYS:
        return CloudFault(f"{said}: the access token is not accepted", Fault.TRANSIENT, retry_after=KEY_PAUSE)
    return CloudFault(said, Fault.PERMANENT, code=code or 0)
