"""How a view states who may use it. Every view states it; a test walks the URLs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase

from ccportal.accounts.roles import PERMISSIONS, denial
from ccportal.core.errors import NotAllowed

View = Callable[..., HttpResponseBase]
PUBLIC = "public"
SIGNED_IN = "signed in"
#: What programs answer to somebody whose first password is not changed yet.
MUST_CHANGE = "Choose your own password first: sign in to the portal in a browser; it asks for it."


def requires(permission: str) -> Callable[[View], View]:
    """A signed-in employee with this permission; others get the page that says which role it takes."""
    if permission not in PERMISSIONS:
        raise ValueError(f"unknown permission {permission!r}")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            check(request.user, permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # the walk over the URLs looks for it
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """Any signed-in employee; LoginRequiredMiddleware asks for the sign-in."""
    view.permission = SIGNED_IN  # type: ignore[attr-defined]  # the walk over the URLs looks for it
    return view


def public(view: View) -> View:
    """Anybody, signed in or not."""
    view = login_not_required(view)
    view.permission = PUBLIC  # type: ignore[attr-defined]  # the walk over the URLs looks for it
    return view


def check(user: Any, permission: str) -> None:
    """Raise ``NotAllowed`` with the reason unless the user has the permission."""
    if not user.has_perm(f"accounts.{permission}"):
        raise NotAllowed(denial(permission))
