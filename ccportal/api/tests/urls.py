"""Endpoints of the tests: the plumbing is tested through addresses of its own."""

from django.db import connections
from django.http import Http404
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ccportal.accounts.callers import caller_of
from ccportal.api.endpoints import by_method, endpoint, validated
from ccportal.api.permissions import CUSTOMER, PUBLIC, SIGNED_IN
from ccportal.core.errors import Conflict, InvalidInput


class Reading(serializers.Serializer):
    meter = serializers.CharField()
    kwh = serializers.DecimalField(max_digits=10, decimal_places=2)


calls: list[str] = []


@endpoint(["GET"], permission=PUBLIC)
def anybody(request: Request) -> Response:
    return Response({"hello": "world"})


@endpoint(["GET"], permission=SIGNED_IN)
def who(request: Request) -> Response:
    caller = caller_of(request)
    return Response({"kind": caller.kind, "id": caller.id, "writes": caller.has_perm("write_transactions")})


@endpoint(["GET"], permission="view_customers", scope="lookup.read")
def look_up(request: Request, text: str = "") -> Response:
    return Response({"found": text})


@endpoint(["POST"], permission="write_transactions", scope="tables.write")
def add(request: Request) -> Response:
    reading = validated(Reading, request)
    calls.append(reading["meter"])
    if reading["meter"] == "taken":
        raise Conflict("This meter is taken.")
    if reading["meter"] == "odd":
        raise InvalidInput("The meter is odd.", field="meter")
    return Response({"count": len(calls)}, status=201)


@endpoint(["GET"], permission=CUSTOMER)
def own(request: Request) -> Response:
    return Response({"account": caller_of(request).id})


@endpoint(["GET"], permission=PUBLIC)
def fault(request: Request, kind: str) -> Response:
    if kind == "missing":
        raise Http404("the secret table is empty")
    if kind == "acdb":
        with connections["acdb"].cursor() as cursor:
            cursor.execute("SELECT * FROM not_a_table")
    raise RuntimeError("the password is swordfish")


urlpatterns = [
    path("api/test/anybody", anybody),
    path("api/test/who", who),
    path("api/test/look-up/<str:text>", look_up),
    path("api/test/readings", by_method(GET=look_up, POST=add)),
    path("api/test/own", own),
    path("api/test/fault/<str:kind>", fault),
    path("", include("ccportal.urls")),
]
