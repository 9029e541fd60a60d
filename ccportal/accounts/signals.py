"""Opens and ends the record of a browser's sign-in together with its session."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from ccportal.accounts import sessions
from ccportal.accounts.models import Employee, SignIn


@receiver(user_logged_in, dispatch_uid="accounts.signed_in")
def signed_in(sender: Any, request: HttpRequest, user: Employee, **_: Any) -> None:
    sessions.opened(request, user)


@receiver(user_logged_out, dispatch_uid="accounts.signed_out")
def signed_out(sender: Any, request: HttpRequest, user: Employee | None, **_: Any) -> None:
    key = request.session.session_key
    if key:
        SignIn.objects.filter(session_key=key, ended_at=None).update(ended_at=timezone.now())
