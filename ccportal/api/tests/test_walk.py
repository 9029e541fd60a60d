"""Every address of the portal states who may use it."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from ccportal.accounts.permissions import PUBLIC, SIGNED_IN
from ccportal.accounts.roles import PERMISSIONS
from ccportal.api.permissions import STATEMENTS

#: What anybody may open, and why.
OPEN_TO_ALL = {
    "sign-in/": "where one signs in",
    "health": "the deployment check",
    "api/health": "the same under the API's prefix",
    "api/sites": "other programs' sign-in pages list the sites; nobody is named",
    "api/auth/employee-login": "where programs sign in",
    "api/auth/refresh": "proves itself by the refresh token",
    "api/auth/jwks": "public keys are public",
    "api/payments/webhook": "proves itself by the signature",
    "api/payments/webhook/<slug:provider>": "proves itself by the signature",
    "api/payments/sms": "proves itself by the signature",
    "api/whatsapp/webhook": "proves itself by the signature",
    "api/ugridplan/webhook": "proves itself by the signature",
    "api/auth/customer-login": "where customers sign in",
    "api/auth/customer-register": "proves itself by the code sent to the phone",
}


def walk(patterns, prefix="") -> Iterator[tuple[str, object]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^").removesuffix("\\Z").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


@pytest.fixture
def views(settings):
    settings.ROOT_URLCONF = "ccportal.urls"
    return dict(walk(get_resolver("ccportal.urls").url_patterns))


def stated(view):
    """What a view states: one permission, or one per method. Django's admin asks its site about every request."""
    if hasattr(view, "admin_site") or hasattr(view, "model_admin"):
        return ["manage_roles"]
    permission = getattr(view, "permission", None)
    return list(permission.values()) if isinstance(permission, dict) else [permission]


def test_every_view_states_a_permission_that_exists(views):
    assert len(views) > 40
    silent = {
        path: stated(view)
        for path, view in views.items()
        if not stated(view) or not set(stated(view)) <= STATEMENTS | set(PERMISSIONS) | {SIGNED_IN}
    }
    assert silent == {}


def test_the_walk_notices_a_view_that_states_nothing():
    assert stated(lambda request: None) == [None]


def test_only_these_are_open_to_anybody(views):
    opened = {path for path, view in views.items() if PUBLIC in stated(view)}
    assert opened <= set(OPEN_TO_ALL), opened - set(OPEN_TO_ALL)


def test_pages_ask_a_stranger_to_sign_in(views, client, db):
    """Every page without parameters in its address, asked for without a session."""
    answered = {}
    for path, view in views.items():
        if "<" in path or "(" in path or path in OPEN_TO_ALL or hasattr(view, "cls"):
            continue
        response = client.get(f"/{path}")
        # Django's admin takes one more step to the same page.
        if not (response.status_code == 302 and response["Location"].startswith(("/sign-in/", "/admin/login/"))):
            answered[path] = response.status_code
    assert answered == {}


def test_operations_ask_a_stranger_for_a_token(views, client, db):
    answered = {}
    for path, view in views.items():
        if "<" in path or path in OPEN_TO_ALL or not hasattr(view, "cls"):
            continue
        method = next(iter(view.permission)).lower()
        response = getattr(client, method)(f"/{path}")
        if response.status_code != 401:
            answered[path] = response.status_code
    assert answered == {}
