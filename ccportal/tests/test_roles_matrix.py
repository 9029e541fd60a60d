"""The roles matrix: every address and method against every role, a customer, a program and a stranger.

What a view states (``@requires``, ``@signed_in``, ``@public``; per method for operations of the API) is the one
source; these tests walk the resolver and prove that the real answers follow it. A new view needs no line here: one
that states nothing fails, and so does one whose answers differ from what it states. ``STRICTER`` names the views that
look at more than the role, with the reason.
"""

import re
from functools import partial

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import get_converters
from rest_framework.test import APIClient

from ccportal.accounts.models import ApiKey, CustomerLogin
from ccportal.accounts.permissions import PUBLIC, SIGNED_IN
from ccportal.accounts.roles import PERMISSIONS, ROLES, denial
from ccportal.api.permissions import CUSTOMER, EMPLOYEE

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])

#: Answered with 403 to some who have what the view states, because the record decides as well.
STRICTER = {
    "tables/<str:name>/new/": "entering takes write_transactions or write_customers, by table",
    "tables/<str:name>/create/": "the same",
    "tables/<str:name>/edit/": "the same",
    "tables/<str:name>/save/": "the same",
    "api/tables/<str:table_name>": "the same",
    "api/tables/<str:table_name>/<path:record_id>": "the same; and customers read their own rows only",
}
#: Views that prove their callers by a signature instead of a sign-in.
SIGNED = re.compile(r"/webhook\Z")
SAMPLES = {
    "name": "tblcustomer", "table_name": "tblcustomer", "kind": "csv", "record_id": "1", "account": "0001MAK",
    "account_number": "0001MAK", "employee_no": "1004", "employee_id": "1004",
}  # fmt: skip
BY_CONVERTER = {"int": "999999", "uuid": "00000000-0000-0000-0000-000000000000"}
#: A converter of an app's own that knows a few words: the first of them.
WORD = re.compile(r"\(?(?:\?:)?([a-z_-]+)\|")
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>[^()]*\)")
#: No page for people: what Django's admin site does is tried in accounts/tests/test_admin.py.
ADMIN = "admin/"


def walk(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern).lstrip("^").removesuffix("\\Z").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not route.startswith(ADMIN):
            yield route, pattern.callback


def address(route):
    """A path that the route matches; the things it names need not exist."""

    def sample(match):
        converter, name = match[1], match[2] or match[3]
        return SAMPLES.get(name) or BY_CONVERTER.get(converter) or own_word(converter)

    return "/" + PARAMETER.sub(sample, route).replace("\\", "")


def own_word(converter):
    """Something that a converter takes: one of its words, or any text."""
    known = get_converters().get(converter or "str")
    found = WORD.match(known.regex) if known else None
    return found[1] if found else "x"


def actions():
    """Every action: route, method, what it takes, whether it is an operation of the API."""
    for route, view in walk(get_resolver("ccportal.urls").url_patterns):
        stated = getattr(view, "permission", None)
        if isinstance(stated, dict):
            yield from ((route, method, permission, True) for method, permission in stated.items())
        else:
            yield from ((route, method, stated, False) for method in ("GET", "POST"))


ACTIONS = list(actions())


def may(role, permission):
    if permission in (PUBLIC, SIGNED_IN, EMPLOYEE):
        return True
    return permission != CUSTOMER and permission in ROLES[role].permissions


def sentence(answer):
    """The words of a refusal, from a page or from JSON."""
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        return answer.json()["detail"]
    return answer.content.decode().replace("&#x27;", "'").replace("&amp;", "&")


def wrong(role, action, answer):
    """What is wrong with an answer to an employee of this role; empty when it follows what the view states."""
    route, method, permission, _ = action
    if answer.status_code == 405:
        return ""  # a page answers one of GET and POST
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"{method} /{route}: {answer.status_code}"
    if may(role, permission):
        refused = answer.status_code == 403 and route not in STRICTER and not SIGNED.search(route)
        return f"{method} /{route}: refused though {role} has {permission}" if refused else ""
    if answer.status_code != 403:
        return f"{method} /{route}: {answer.status_code} though {role} lacks {permission}"
    if permission in PERMISSIONS and denial(permission) not in sentence(answer):
        return f"{method} /{route}: does not say which role it takes and who grants it"
    return ""


def ask(client, method, route):
    call = getattr(client, method.lower())
    return call(address(route)) if method == "GET" else call(address(route), {})


def browser(employee):
    client = Client(raise_request_exception=False)
    client.force_login(employee, backend="django.contrib.auth.backends.ModelBackend")
    return client


def program(who):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(who)
    return partial(ask_json, client)


def ask_json(client, method, route):
    return getattr(client, method.lower())(
        address(route), **({} if method == "GET" else {"data": {}, "format": "json"})
    )


def test_every_action_states_what_it_takes():
    known = {PUBLIC, SIGNED_IN, EMPLOYEE, CUSTOMER, *PERMISSIONS}
    assert [f"{method} /{route}" for route, method, permission, _ in ACTIONS if permission not in known] == []
    assert len(ACTIONS) > 150
    assert STRICTER.keys() <= {route for route, *_ in ACTIONS}


@pytest.mark.parametrize("role", list(ROLES))
def test_pages_answer_a_role_as_they_state(role, make_employee):
    employee = make_employee("1050", "Somebody", role)
    make_employee("1051", "Another", "superadmin")
    client, faults = browser(employee), []
    for action in ACTIONS:
        route, method, _, is_api = action
        if is_api:
            continue
        answer = ask(client, method, route)
        if answer.headers.get("Location", "").startswith("/sign-in/"):  # an action before ended the sign-in
            client = browser(employee)
            answer = ask(client, method, route)
        faults.append(wrong(role, action, answer))
    assert [fault for fault in faults if fault] == []


@pytest.mark.parametrize("role", list(ROLES))
def test_operations_answer_a_role_as_they_state(role, make_employee):
    call = program(make_employee("1050", "Somebody", role))
    faults = [wrong(role, action, call(action[1], action[0])) for action in ACTIONS if action[3]]
    assert [fault for fault in faults if fault] == []


def test_pages_ask_a_stranger_to_sign_in():
    open_ones = []
    for route, method, permission, is_api in ACTIONS:
        if is_api or permission == PUBLIC:
            continue
        answer = ask(Client(raise_request_exception=False), method, route)
        if answer.status_code != 405 and not answer.headers.get("Location", "").startswith("/sign-in/"):
            open_ones.append(f"{method} /{route}: {answer.status_code}")
    assert open_ones == []


def test_operations_ask_a_stranger_for_a_token():
    client = APIClient(raise_request_exception=False)
    asked = [(f"{m} /{route}", ask_json(client, m, route)) for route, m, p, api in ACTIONS if api and p != PUBLIC]
    assert [(name, answer.status_code) for name, answer in asked if answer.status_code != 401] == []


def test_customers_get_nothing_that_is_for_staff():
    call = program(CustomerLogin.objects.create(account="0001MAK", password="!"))
    open_ones = []
    for route, method, permission, is_api in ACTIONS:
        if is_api and permission not in (PUBLIC, SIGNED_IN, CUSTOMER) and call(method, route).status_code != 403:
            open_ones.append(f"{method} /{route}")
    assert open_ones == []


def test_a_key_without_scopes_opens_nothing():
    key = ApiKey.objects.create(name="om-portal", prefix="abcdefgh", digest="x", scopes=[], created_by="1001")
    call = program(key)
    asked = [(f"{m} /{route}", call(m, route)) for route, m, p, api in ACTIONS if api and p != PUBLIC]
    assert [(name, answer.status_code) for name, answer in asked if answer.status_code != 403] == []


def test_the_matrix_notices_a_view_that_lets_everybody_in(make_employee):
    """The test itself: an answer of 200 to somebody without the permission is a fault."""

    class Answer:
        status_code = 200

    assert (
        wrong("generic", ("x/", "GET", "manage_roles", False), Answer())
        == "GET /x/: 200 though generic lacks manage_roles"
    )
