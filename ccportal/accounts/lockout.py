"""Wrong passwords: how many, counted how, and when it goes on (docs/operations.md, "Sign-in lockout").

Three counts over the last ``AXES_COOLOFF_TIME``, kept by django-axes in the database:

1. ``AXES_FAILURE_LIMIT`` for one number from one address. This stops somebody guessing, and locks nobody else.
2. ``LOCKOUT_NUMBER_LIMIT`` for one number from all addresses. This slows guessing spread over many addresses.
3. ``LOCKOUT_ADDRESS_LIMIT`` for one address over all numbers. This slows trying one password on everybody.

The second and third could be used to keep staff out, so a browser in which this employee has signed in before (it
holds a signed cookie) is not subject to them. A lock is not prolonged by attempts made while it lasts, and a number
that does not exist is counted and locked like one that does.
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ccportal.accounts.addresses import client_ip
from ccportal.core.errors import PortalError

DEVICE_COOKIE = "known_device"
_SALT = "accounts.known_device"
_DEVICE_DAYS = 180
_PEOPLE_PER_DEVICE = 8


class LockedOut(PortalError):
    """Too many wrong passwords; ``retry_after`` is in seconds."""

    status = 429
    title = "Too many wrong passwords"

    def __init__(self, retry_after: int) -> None:
        minutes = max(ceil(retry_after / 60), 1)
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(
            f"Too many wrong passwords. Try again in {minutes} {unit}, or ask a super admin to unlock the number."
        )
        self.retry_after = retry_after


@dataclass(frozen=True)
class Rule:
    """``failures`` of the attempts that ``which`` selects lock."""

    which: Q
    failures: int


class PortalLockout(AxesDatabaseHandler):
    """django-axes counts; these rules decide."""

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        username = (credentials or {}).get("username") or ""
        return locked_until(request, username) is not None


def check(request: HttpRequest, username: str) -> None:
    """Raise ``LockedOut`` while this number may not be tried from here."""
    until = locked_until(request, username)
    if until:
        raise LockedOut(max(int((until - timezone.now()).total_seconds()), 1))


def locked_until(request: HttpRequest, username: str) -> datetime | None:
    """When the strictest lock that applies ends; None when none does."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    ends = []
    for rule in _rules(client_ip(request), username, is_known_device(request, username)):
        found = AccessAttempt.objects.filter(rule.which, attempt_time__gte=since).aggregate(
            failures=Sum("failures_since_start"), last=Max("attempt_time")
        )
        if (found["failures"] or 0) >= rule.failures:
            ends.append(found["last"] + settings.AXES_COOLOFF_TIME)
    return max(ends, default=None)


def _rules(address: str | None, username: str, known_device: bool) -> list[Rule]:
    here = Q(ip_address=address) if address else Q(ip_address__isnull=True)
    rules = [Rule(Q(username=username) & here, settings.AXES_FAILURE_LIMIT)]
    if not known_device:
        rules.append(Rule(Q(username=username), settings.LOCKOUT_NUMBER_LIMIT))
        rules.append(Rule(here, settings.LOCKOUT_ADDRESS_LIMIT))
    return rules


def failed(request: HttpRequest, username: str) -> None:
    """Count a wrong password of somebody whom ``authenticate()`` does not check (a customer)."""
    user_login_failed.send(__name__, credentials={"username": username}, request=request)


def succeeded(request: HttpRequest, username: str) -> None:
    """Forget the failures of this number from this address."""
    AccessAttempt.objects.filter(username=username, ip_address=client_ip(request)).delete()


def unlock(username: str) -> bool:
    """Forget all failures of a number, wherever they came from; whether there were any."""
    return bool(AxesProxyHandler.reset_attempts(username=username))


def is_known_device(request: HttpRequest, username: str) -> bool:
    return username in _people_of_device(request)


def remember_device(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Let this browser past the limits that strangers can use against this employee."""
    people = [username] + [name for name in _people_of_device(request) if name != username]
    response.set_signed_cookie(
        DEVICE_COOKIE,
        ",".join(people[:_PEOPLE_PER_DEVICE]),
        salt=_SALT,
        max_age=_DEVICE_DAYS * 86400,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _people_of_device(request: HttpRequest) -> list[str]:
    value = request.get_signed_cookie(DEVICE_COOKIE, default="", salt=_SALT, max_age=_DEVICE_DAYS * 86400)
    return value.split(",") if value else []


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any = None) -> HttpResponse:
    """django-axes would replace the answer; the sign-in page and the API have said it already."""
    return response
