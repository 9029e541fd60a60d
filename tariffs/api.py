"""Rates for other programs (contract: tariff)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actors import Actor
from ccportal.accounts.callers import caller_of
from ccportal.api.endpoints import endpoint, validated
from ccportal.api.schema import faults
from ccportal.core.errors import Conflict, InvalidInput
from ccportal.core.periods import stamp
from tariffs import serializers, services
from tariffs.calculations import DEFAULT_RATE, GLOBAL
from tariffs.models import Scope, TariffOverride
from tariffs.parsing import parse_key
from tariffs.queries import overview, rate_for
from tariffs.queries.explaining import holder_of
from tariffs.queries.rates import live
from tariffs.queries.standing import Standing, standing

TAG = ["tariff"]
Answer = dict[str, Any]


@endpoint(["GET"], permission="view_tariffs", scope="tariffs.read")
@extend_schema(operation_id="getCurrentTariffs", tags=TAG, responses=serializers.TariffCurrent)
def current(request: Request) -> Response:
    """The rate for everybody and every rate of a site or customer, in force or to come."""
    now = timezone.now()
    everybody = standing(Scope.GLOBAL, "", now)
    coming = next(iter(everybody.scheduled), None)
    sites, customers = _counting(Scope.CONCESSION, now), _counting(Scope.CUSTOMER, now)
    return Response(
        {
            "global_rate": float(DEFAULT_RATE if everybody.rate is None else everybody.rate),
            "pending_global": coming
            and {
                "rate_lsl": float(coming.rate),
                "effective_from": stamp(coming.effective_from),
                "notes": coming.notes,
            },
            "concession_overrides": [serializers.override_item(row, now) for row in sites],
            "customer_overrides": [serializers.override_item(row, now) for row in customers],
            "customer_override_count": len({row.scope_key for row in customers}),
        }
    )


def _counting(scope: str, now: datetime) -> list[TariffOverride]:
    """Of each key the rate in force and those to come; older ones are history."""
    running: dict[str, TariffOverride] = {}
    coming = []
    for row in live().filter(scope=scope).order_by("scope_key", "effective_from", "id"):
        if row.effective_from <= now:
            running[row.scope_key] = row
        else:
            coming.append(row)
    return sorted([*running.values(), *coming], key=lambda row: (row.scope_key, row.effective_from, row.pk))


@endpoint(["GET"], permission="view_tariffs", scope="tariffs.read")
@extend_schema(operation_id="resolveTariff", tags=TAG, responses=serializers.TariffResolve)
def resolve(request: Request, identifier: str) -> Response:
    """The rate in force for a customer number or an account, with the levels that were looked at.

    Never 404: of an unknown identifier only the site at its end counts, else the rate for everybody.
    """
    holder = holder_of(identifier)
    found = rate_for(holder.number, holder.site)
    return Response(
        {
            "rate_lsl": float(found.rate),
            "source": found.source,
            "source_key": found.source_key,
            "effective_from": "" if found.source == GLOBAL else stamp(found.effective_from),
            "customer_id": identifier if holder.number is None or not holder.known else str(holder.number),
            "concession": holder.site or None,
            "cascade": [
                {
                    "level": step.rate.scope,
                    "key": step.rate.key,
                    "rate_lsl": float(step.rate.rate),
                    "effective_from": stamp(step.rate.effective_from),
                }
                for step in found.cascade
            ],
        }
    )


@endpoint(["PUT"], permission="change_tariffs", scope="tariffs.write")
@extend_schema(
    operation_id="updateGlobalTariff",
    tags=TAG,
    request=serializers.TariffUpdate,
    responses={200: serializers.GlobalTariffResult, **faults(409)},
)
def update_global(request: Request) -> Response:
    """Set everybody's rate, now or from a later moment on; until then the present one holds."""
    body = validated(serializers.TariffUpdate, request)
    state, moment = _set(request, Scope.GLOBAL, "", body)
    return Response(
        {
            "status": "scheduled" if body["effective_from"] else "applied",
            "rate_lsl": float(body["rate_lsl"]),
            "previous_rate": float(DEFAULT_RATE if state.rate is None else state.rate),
            "effective_from": stamp(moment),
        }
    )


@endpoint(["PUT"], permission="change_tariffs", scope="tariffs.write")
@extend_schema(
    operation_id="updateConcessionTariff",
    tags=TAG,
    request=serializers.TariffUpdate,
    responses={200: serializers.OverrideResult, **faults(409)},
)
def update_concession(request: Request, code: str) -> Response:
    """Set the rate of a site, now or from a later moment on."""
    return _set_own(request, Scope.CONCESSION, code)


@endpoint(["DELETE"], permission="change_tariffs", scope="tariffs.write")
@extend_schema(
    operation_id="deleteConcessionTariff",
    tags=TAG,
    responses={200: serializers.OverrideRemoved, **faults(404, 409)},
)
def delete_concession(request: Request, code: str) -> Response:
    """Remove the rate of a site, and what is scheduled for it."""
    return _remove(request, Scope.CONCESSION, code.strip().upper())


@endpoint(["PUT"], permission="change_tariffs", scope="tariffs.write")
@extend_schema(
    operation_id="updateCustomerTariff",
    tags=TAG,
    request=serializers.TariffUpdate,
    responses={200: serializers.OverrideResult, **faults(409)},
)
def update_customer(request: Request, customer_id: str) -> Response:
    """Set the rate of a customer, now or from a later moment on. Whether the customer exists is not checked."""
    return _set_own(request, Scope.CUSTOMER, customer_id)


@endpoint(["DELETE"], permission="change_tariffs", scope="tariffs.write")
@extend_schema(
    operation_id="deleteCustomerTariff",
    tags=TAG,
    responses={200: serializers.OverrideRemoved, **faults(404, 409)},
)
def delete_customer(request: Request, customer_id: str) -> Response:
    """Remove the rate of a customer, and what is scheduled for it."""
    text = customer_id.strip()
    return _remove(request, Scope.CUSTOMER, text.lstrip("0") if text.isascii() and text.isdecimal() else text)


@endpoint(["GET"], permission="view_tariffs", scope="tariffs.read")
@extend_schema(
    operation_id="getTariffHistory",
    tags=TAG,
    parameters=[serializers.HistoryParameters],
    responses=serializers.TariffHistoryPage,
)
def history(request: Request) -> Response:
    """Changes of rates, newest first."""
    query = serializers.HistoryParameters(data=request.query_params)
    query.is_valid(raise_exception=True)
    wanted = query.validated_data
    rows = overview.history(
        overview.HistoryFilter(wanted["scope"], wanted["key"], since=wanted["from"], until=wanted["to"])
    )
    page, limit, total = wanted["page"], wanted["limit"], rows.count()
    return Response(
        {
            "history": [serializers.history_entry(row) for row in rows[(page - 1) * limit : page * limit]],
            "total": total,
            "page": page,
            "limit": limit,
            "pages": max(-(-total // limit), 1),
        }
    )


def _set_own(request: Request, scope: str, text: str) -> Response:
    try:
        key = parse_key(scope, text, overview.site_codes())
    except InvalidInput as error:
        raise ValidationError({error.field or "key": error.message}) from error
    body = validated(serializers.TariffUpdate, request)
    state, moment = _set(request, scope, key, body)
    return Response(
        {
            "status": "set",
            "scope": scope,
            "scope_key": key,
            "rate_lsl": float(body["rate_lsl"]),
            "previous_rate": serializers.amount(state.rate),
            "effective_from": stamp(moment),
        }
    )


def _set(request: Request, scope: str, key: str, body: Answer) -> tuple[Standing, datetime | None]:
    """The state before, and from when the rate holds. A rate that holds already is left alone: PUT may be repeated."""
    state = standing(scope, key, timezone.now())
    expected = body["expected_rate_lsl"]
    if expected is not None and (state.rate is None or Decimal(str(expected)) != state.rate):
        now_is = "none" if state.rate is None else f"{state.rate}"
        raise Conflict(f"The rate is not {expected} any more but {now_is}. Look at it again, then decide.")
    wanted = services.RateChange(scope, key, body["rate_lsl"], body["effective_from"], body["notes"] or "")
    actor = Actor.of(caller_of(request))
    try:
        outcome = services.set_rate(actor, wanted, seen=None if expected is None else state.seen)
    except services.NothingToChange:
        return state, body["effective_from"] or state.since
    return state, outcome.change.effective_from


def _remove(request: Request, scope: str, key: str) -> Response:
    outcome = services.remove(Actor.of(caller_of(request)), scope, key, reason="Removed")
    return Response(
        {
            "status": "removed",
            "scope": scope,
            "scope_key": key,
            "previous_rate": serializers.amount(outcome.previous),
        }
    )
