"""Asks uGridPlan over HTTPS: signs in, opens tickets, adds comments, follows their status.

    POST {UGRIDPLAN_URL}/auth/login                  {employeeNumber, password}
    POST {UGRIDPLAN_URL}/om/tickets                  200 {success: true, ticket: {ticket_id, ...}}
    GET  {UGRIDPLAN_URL}/om/tickets?external_reference= | ?updated_since=   200 {tickets: [...]}
    GET  {UGRIDPLAN_URL}/om/tickets/{id}             200 ticket with its comments
    POST {UGRIDPLAN_URL}/om/tickets/{id}/comments    200
    PATCH {UGRIDPLAN_URL}/om/tickets/{id}            200

The session is the cookie or token of the sign-in and is kept for an hour. A 401 means a new sign-in and one repetition,
also within that hour (D-113).
"""

import time
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from django.conf import settings
from pydantic import BaseModel, ValidationError

from ccportal.integrations.addresses import address_is_safe
from ccportal.integrations.ugridplan.schemas import Changed, Created, Listed, RemoteTicket

SESSION_LASTS = 3600
_MAX_ANSWER = 4 * 1024 * 1024
_Answer = TypeVar("_Answer", bound=BaseModel)
_sessions: dict[tuple[str, str], tuple[float, dict[str, str]]] = {}
_lock = Lock()


class Unavailable(Exception):
    """No usable answer: it may have acted or not. ``retry_after`` is its own wish in seconds."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(Exception):
    """It answered that it will not do this, however often it is asked."""


class UGridPlan:
    """A connection; make one per errand and close it (``with``)."""

    def __init__(self, url: str, user: str, password: str, timeout: float) -> None:
        if not address_is_safe(url):
            raise Refused("UGRIDPLAN_URL is not an https:// address")
        self.url, self.user, self.password = url.rstrip("/"), user, password
        self.http = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def __enter__(self) -> "UGridPlan":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def create_ticket(self, body: dict[str, Any]) -> RemoteTicket:
        """Open a ticket; only an answer that says so counts as success."""
        created = self._asked("POST", "/om/tickets", Created, json=body)
        if not created.success:
            raise Refused("uGridPlan did not create the ticket")
        return created.ticket

    def find(self, reference: str) -> RemoteTicket | None:
        """The ticket that was created with our reference, if there is one."""
        found = self._asked("GET", "/om/tickets", Listed, params={"external_reference": reference})
        return next((ticket for ticket in found.tickets if ticket.external_reference == reference), None)

    def ticket(self, ticket_id: str) -> RemoteTicket:
        return self._asked("GET", f"/om/tickets/{quote(ticket_id, safe='')}", RemoteTicket)

    def changed_since(self, moment: datetime | None) -> list[RemoteTicket]:
        """Tickets that changed at or after a moment, the earliest change first; of all times without one."""
        params = {"updated_since": moment.isoformat()} if moment else {}
        return self._asked("GET", "/om/tickets", Listed, params=params).tickets

    def add_comment(self, ticket_id: str, *, user: str, text: str, reference: str) -> None:
        body = {"user": user, "text": text, "reference": reference}
        self._call("POST", f"/om/tickets/{quote(ticket_id, safe='')}/comments", json=body)

    def change(self, ticket_id: str, changes: dict[str, Any]) -> datetime | None:
        """Change columns of a ticket; when that was by uGridPlan's clock, if the answer says so."""
        answer = self._call("PATCH", f"/om/tickets/{quote(ticket_id, safe='')}", json=changes)
        try:
            return Changed.model_validate_json(answer).updated_at
        except ValidationError:  # the status 200 is the confirmation; the body is not part of what was agreed
            return None

    # ------------------------------------------------------------ plumbing
    def _asked(self, method: str, path: str, shape: type[_Answer], **options: Any) -> _Answer:
        answer = self._call(method, path, **options)
        try:
            return shape.model_validate_json(answer)
        except ValidationError as error:
            fields = sorted({".".join(map(str, fault["loc"])) or "body" for fault in error.errors()})
            raise Unavailable(f"uGridPlan's answer is not as agreed: {', '.join(fields)}"[:200]) from None

    def _call(self, method: str, path: str, **options: Any) -> bytes:
        response = self._send(method, path, self._session(), **options)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            response = self._send(method, path, self._session(anew=True), **options)
        _check(response)
        return response.content

    def _session(self, *, anew: bool = False) -> dict[str, str]:
        """The headers of a signed-in caller."""
        name = self.url, self.user
        with _lock:
            known = _sessions.get(name)
        if known and not anew and time.monotonic() - known[0] < SESSION_LASTS:
            return known[1]
        headers = self._sign_in()
        with _lock:
            _sessions[name] = time.monotonic(), headers
        return headers

    def _sign_in(self) -> dict[str, str]:
        response = self._send("POST", "/auth/login", {}, json={"employeeNumber": self.user, "password": self.password})
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Unavailable("uGridPlan refuses the service user; check UGRIDPLAN_USER and UGRIDPLAN_PASSWORD")
        _check(response)
        cookie = response.cookies.get("access_token")
        if cookie:
            return {"Cookie": f"access_token={cookie}"}
        token = _token(response)
        # Success without either: sign-in is switched off there.
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _send(self, method: str, path: str, headers: dict[str, str], **options: Any) -> httpx.Response:
        try:
            response = self.http.request(method, self.url + path, headers=headers, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"uGridPlan does not answer: {type(error).__name__}") from error
        if len(response.content) > _MAX_ANSWER:
            raise Unavailable("uGridPlan's answer is too long")
        self.http.cookies.clear()  # the session is kept by us, also for the next connection
        return response


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500 or status in (401, 408):
        wish = response.headers.get("Retry-After", "")
        raise Unavailable(
            f"uGridPlan answered with status {status}", retry_after=float(wish) if wish.isdecimal() else None
        )
    if status != httpx.codes.OK:
        raise Refused(f"uGridPlan refused with status {status}")


def _token(response: httpx.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    found = (body.get("access_token") or body.get("token")) if isinstance(body, dict) else ""
    return found if isinstance(found, str) else ""


def connect() -> UGridPlan | None:
    """The configured uGridPlan; None when there is none."""
    if not settings.UGRIDPLAN_URL:
        return None
    return UGridPlan(
        settings.UGRIDPLAN_URL,
        settings.UGRIDPLAN_USER,
        settings.UGRIDPLAN_PASSWORD,
        settings.UGRIDPLAN_TIMEOUT_SECONDS,
    )


def forget_sessions() -> None:
    """Sign in anew next time."""
    with _lock:
        _sessions.clear()
