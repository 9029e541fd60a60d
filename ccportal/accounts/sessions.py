"""Browsers' sessions: when they began, when they were last used, and when they end.

A session ends ``SESSION_LIFETIME`` seconds after the sign-in and ``SESSION_IDLE`` seconds after its last use. Each has
a ``SignIn`` row, which My profile lists.
"""

import time
from typing import Literal

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ccportal.accounts.addresses import client_ip
from ccportal.accounts.models import Employee, SignIn

Reason = Literal["idle", "lifetime"]
STARTED, SEEN = "signed_in_at", "seen_at"
_WRITE_EVERY = 60


def opened(request: HttpRequest, employee: Employee) -> None:
    """Note the sign-in in the session and in the list of sign-ins."""
    now = int(time.time())
    request.session[STARTED] = request.session[SEEN] = now
    if not request.session.session_key:
        request.session.create()
    SignIn.objects.create(
        kind=SignIn.WEB,
        employee=employee,
        session_key=request.session.session_key or "",
        ip_address=client_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:200],
    )


def renewed(request: HttpRequest, old_key: str | None) -> None:
    """Keep the record when the session gets a new key (a password change does that)."""
    SignIn.objects.filter(session_key=old_key, ended_at=None).update(
        session_key=request.session.session_key or "", started_at=timezone.now()
    )


def expiry(request: HttpRequest) -> Reason | None:
    """Why this session is over; None while it is not."""
    now = int(time.time())
    started = request.session.get(STARTED, 0)
    if now - started > settings.SESSION_LIFETIME:
        return "lifetime"
    if now - request.session.get(SEEN, started) > settings.SESSION_IDLE:
        return "idle"
    return None


def touch(request: HttpRequest) -> None:
    """Note the use, once a minute at most: a session is a row that somebody must write."""
    now = int(time.time())
    if now - request.session.get(SEEN, 0) >= _WRITE_EVERY:
        request.session[SEEN] = now
        SignIn.objects.filter(session_key=request.session.session_key, ended_at=None).update(seen_at=timezone.now())


def open_sign_ins(employee: Employee) -> list[SignIn]:
    """The employee's browsers and programs that are still signed in, latest use first."""
    candidates = SignIn.objects.filter(employee=employee, ended_at=None).select_related("employee")
    keys = [row.session_key for row in candidates if row.kind == SignIn.WEB]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    return [row for row in candidates if row.is_open and (row.kind == SignIn.API or row.session_key in alive)]


def end_all(employee: Employee, *, except_key: str | None = None) -> int:
    """Sign the employee out everywhere, programs included; the number of sign-ins ended."""
    rows = SignIn.objects.filter(employee=employee)
    return end(rows.exclude(session_key=except_key) if except_key else rows)


def end(rows: QuerySet[SignIn]) -> int:
    """End these sign-ins: sessions are gone, tokens are refused; how many were still open."""
    rows = rows.filter(ended_at=None)
    keys = [key for key in rows.values_list("session_key", flat=True) if key]
    Session.objects.filter(session_key__in=keys).delete()
    return rows.update(ended_at=timezone.now())
