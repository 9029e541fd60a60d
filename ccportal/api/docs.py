"""The API's documents for signed-in staff: the OpenAPI document and a page that reads it out."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts.permissions import signed_in
from ccportal.api.endpoints import endpoint
from ccportal.api.permissions import EMPLOYEE

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    text: str
    permission: str
    scope: str
    parameters: list[dict[str, Any]]
    body: str
    answers: list[tuple[str, str, str]]


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The whole document; made once per process, for the code does not change."""
    return SchemaGenerator().get_schema(request=None, public=True)


@endpoint(["GET"], permission=EMPLOYEE)
@extend_schema(exclude=True)
def document(request: Request) -> Response:
    """The OpenAPI document."""
    return Response(openapi())


@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Every operation by tag, readable without JavaScript."""
    schema = openapi()
    return render(request, "accounts/api_docs.html", {"info": schema["info"], "groups": groups(schema)})


def groups(schema: dict[str, Any]) -> dict[str, list[Operation]]:
    """The operations of an OpenAPI document by their first tag, both in order of the alphabet."""
    found: dict[str, list[Operation]] = {}
    for path, item in sorted(schema["paths"].items()):
        for method in _METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                found.setdefault(tag, []).append(_operation(path, method, item[method]))
    return dict(sorted(found.items()))


def _operation(path: str, method: str, raw: dict[str, Any]) -> Operation:
    summary, _, text = raw.get("description", "").partition("\n")
    bodies = raw.get("requestBody", {}).get("content", {})
    answers = [
        (status, answer.get("description", ""), next(map(_shape, answer.get("content", {}).values()), ""))
        for status, answer in sorted(raw.get("responses", {}).items())
    ]
    return Operation(
        anchor=raw["operationId"],
        method=method.upper(),
        path=path,
        summary=raw.get("summary") or summary,
        text=text.strip(),
        permission=raw.get("x-permission") or "",
        scope=raw.get("x-scope", ""),
        parameters=raw.get("parameters", []),
        body=next(map(_shape, bodies.values()), ""),
        answers=answers,
    )


def _shape(content: dict[str, Any]) -> str:
    schema = content.get("schema", {})
    inner = schema.get("items", {}) if schema.get("type") == "array" else schema
    name = str(inner.get("$ref", "")).rpartition("/")[2] or str(inner.get("type", ""))
    return f"list of {name}" if schema.get("type") == "array" else name
