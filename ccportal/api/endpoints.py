"""How an operation of the API is written.

    @endpoint(["GET"], permission="view_customers", scope="lookup.read")
    @extend_schema(operation_id="getCustomerById", responses=CustomerEnvelope)
    def by_id(request: Request, customer_id: int) -> Response:
        customer = queries.customer(customer_id)
        return Response({"customer": ...})

    urlpatterns = [
        path("customers/by-id/<int:customer_id>", by_id),
        path("api/admin/roles", by_method(GET=list_roles, POST=assign_role)),
    ]

The function reads the body with a serializer (``validated(SomeSerializer, request)``), calls a service and answers;
``caller_of(request)`` says who asks. Raise ``ccportal.core.errors`` and let them pass: the answer is
``{"detail": sentence}`` with the error's status. ``Idempotency-Key`` on POST, ETags on GET, body limits, throttles and
the permission need no code in the function.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from django.http import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.views.decorators.http import conditional_page
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from ccportal.accounts.permissions import PUBLIC
from ccportal.accounts.scopes import SCOPES
from ccportal.api import idempotency
from ccportal.api.limits import check_body_size, check_text
from ccportal.api.permissions import STATEMENTS

Handler = Callable[..., HttpResponseBase]
View = Callable[..., HttpResponseBase]


class Endpoint(APIView):
    """The view class behind ``endpoint``; holds per method what the functions state."""

    permissions: Mapping[str, str] = {}
    scopes: Mapping[str, str | None] = {}
    throttles: Mapping[str, Sequence[type[BaseThrottle]]] = {}
    not_idempotent: frozenset[str] = frozenset()
    max_body: int | None = None
    metadata_class = None

    def stated_permission(self, method: str | None) -> str | None:
        return self.permissions.get("GET" if method == "HEAD" else method or "")

    def stated_scope(self, method: str | None) -> str | None:
        return self.scopes.get("GET" if method == "HEAD" else method or "")

    def get_authenticators(self) -> list[Any]:
        """None for public operations: a stale token must not keep anybody from signing in."""
        if self.request and self.stated_permission(self.request.method) == PUBLIC:
            return []
        return super().get_authenticators()

    def answer(self, function: Handler, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What the function answers, its faults included, as the caller will see it."""
        try:
            return function(*args, **kwargs)
        except Exception as error:
            return self.handle_exception(error)

    def get_throttles(self) -> list[BaseThrottle]:
        stated = self.throttles.get(self.request.method or "")
        return [throttle() for throttle in (self.throttle_classes if stated is None else stated)]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if str(request.method).lower() not in self.http_method_names:
            self.http_method_not_allowed(request)
        check_body_size(request, self.max_body)
        check_text(request, kwargs)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        return response


def endpoint(
    methods: Sequence[str],
    *,
    permission: str,
    scope: str | None = None,
    throttles: Sequence[type[BaseThrottle]] | None = None,
    idempotent: bool = True,
    max_body: int | None = None,
) -> Callable[[Handler], View]:
    """Make a function an operation of the API.

    ``permission`` is a name of ``roles.PERMISSIONS``, or PUBLIC, SIGNED_IN, EMPLOYEE or CUSTOMER of
    ``ccportal.api.permissions``. ``scope`` (of ``accounts.scopes``) opens the operation to API keys that have it.
    ``idempotent=False`` is for answers that must not be kept, such as tokens. ``max_body`` is in bytes.
    Put ``@extend_schema`` below this decorator.
    """
    if permission not in STATEMENTS:
        raise ValueError(f"unknown permission {permission!r}")
    if scope is not None and scope not in SCOPES:
        raise ValueError(f"unknown scope {scope!r}")

    def decorate(function: Handler) -> View:
        @wraps(function)
        def handler(self: Endpoint, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST" and "POST" not in self.not_idempotent:
                return idempotency.once(request, lambda: self.answer(function, request, *args, **kwargs))
            return function(request, *args, **kwargs)

        attributes: dict[str, Any] = {method.lower(): handler for method in methods}
        attributes |= {
            "__doc__": function.__doc__,
            "__module__": function.__module__,
            "permissions": dict.fromkeys(methods, permission),
            "scopes": dict.fromkeys(methods, scope),
            "throttles": {} if throttles is None else dict.fromkeys(methods, throttles),
            "not_idempotent": frozenset() if idempotent else frozenset(methods),
            "max_body": max_body,
        }
        return _as_view(function.__name__, attributes)

    return decorate


def by_method(**endpoints: View) -> View:
    """One address, several operations: ``by_method(GET=list_roles, POST=assign_role)``."""
    attributes: dict[str, Any] = {"permissions": {}, "scopes": {}, "throttles": {}, "not_idempotent": frozenset()}
    sizes = []
    for method, view in endpoints.items():
        part = view.cls  # type: ignore[attr-defined]  # set by as_view()
        attributes[method.lower()] = getattr(part, method.lower())
        attributes["permissions"][method] = part.permissions[method]
        attributes["scopes"][method] = part.scopes[method]
        if method in part.throttles:
            attributes["throttles"][method] = part.throttles[method]
        attributes["not_idempotent"] |= part.not_idempotent & {method}
        sizes.append(part.max_body)
        attributes["__module__"] = part.__module__
    attributes["max_body"] = max((size for size in sizes if size is not None), default=None)
    return _as_view("_or_".join(view.__name__ for view in endpoints.values()), attributes)


def _as_view(name: str, attributes: dict[str, Any]) -> View:
    methods = list(attributes["permissions"])
    attributes["http_method_names"] = [m.lower() for m in methods] + (["head"] if "GET" in methods else [])
    view_class: type[Endpoint] = type(name, (Endpoint,), attributes)
    plain: Any = view_class.as_view()
    view = conditional_page(plain)
    view.permission = attributes["permissions"]
    return view


def validated(serializer: type[BaseSerializer], request: Request, *, many: bool = False) -> Any:
    """The body in domain types; a body that does not fit is a 422 naming field and remedy."""
    checked = serializer(data=request.data, many=many)
    checked.is_valid(raise_exception=True)
    return checked.validated_data


def message(text: str) -> Response:
    """The contract's ``Message``."""
    return Response({"message": text})
