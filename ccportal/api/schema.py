"""The OpenAPI document, generated from the operations: who may call each, and which faults all share."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse

from ccportal.accounts.permissions import PUBLIC
from ccportal.api.serializers import Error

FAULTS = {
    "400": "A value does not fit",
    "401": "No token or key, or one that is not believed",
    "403": "Not allowed for this caller",
    "404": "Not found",
    "405": "This address does not take this method",
    "406": "An answer in another format than JSON was asked for",
    "409": "Conflict with what is stored",
    "413": "Body too large",
    "415": "Body not sent as JSON",
    "422": "Parameters or body do not fit",
    "429": "Too many requests; Retry-After says when to come back",
    "500": "Our fault; the sentence holds the number to report",
    "502": "A remote system failed",
    "503": "Something this depends on does not answer now",
}


def faults(*statuses: int) -> dict[int, OpenApiResponse]:
    """Faults that one operation has beside the shared ones: ``responses={200: Customer, **faults(404)}``."""
    return {status: OpenApiResponse(Error, FAULTS[str(status)]) for status in statuses}


#: ``ccportal.api.idempotency``.
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same request with the same key is done once and answered alike for a day.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,120}$"},
}


class PortalSchema(AutoSchema):
    """Adds to each operation its permission, its scope, the key that makes it count once, and the shared faults."""

    view: Any

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None or not hasattr(self.view, "stated_permission"):
            return operation
        permission, scope = self.view.stated_permission(self.method), self.view.stated_scope(self.method)
        operation["x-permission"] = permission
        if self.path.startswith("/api/customers/"):  # the same operation as at the root
            operation["operationId"] += "Api"
        if scope:
            operation["x-scope"] = scope
        if permission == PUBLIC:
            operation["security"] = []
        if self.method == "POST" and permission != PUBLIC and "POST" not in self.view.not_idempotent:
            operation.setdefault("parameters", []).append(KEY)
            operation["responses"].setdefault("409", _fault("409"))
        for status in self._faults(permission, "requestBody" in operation):
            operation["responses"].setdefault(status, _fault(status))
        return operation

    def get_auth(self) -> list[dict[str, list[str]]]:
        schemes: list[dict[str, list[str]]] = super().get_auth()
        # API keys open only what states a scope.
        return schemes if self.view.stated_scope(self.method) else [s for s in schemes if "apiKey" not in s]

    def _faults(self, permission: str | None, has_body: bool) -> list[str]:
        statuses = ["406", "422", "429", "500", "503"]
        if permission != PUBLIC:
            statuses += ["401", "403"]
        return sorted(statuses + (["413", "415"] if has_body else []))


def _fault(status: str) -> dict[str, Any]:
    return {
        "description": FAULTS[status],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def add_shared_parts(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The ``Error`` that every fault refers to, also when no operation states one; a hook of drf-spectacular."""
    shape = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
    result.setdefault("components", {}).setdefault("schemas", {}).setdefault("Error", shape)
    return result
