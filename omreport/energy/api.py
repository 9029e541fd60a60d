"""Readings from loggers, and the balance for other programs."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actors import Actor
from ccportal.accounts.callers import caller_of
from ccportal.api.endpoints import by_method, endpoint
from ccportal.core.errors import InvalidInput
from ccportal.core.money import rounded
from ccportal.core.paging import paged
from ccportal.core.periods import meter_zone
from customers.models import Site
from customers.queries import site_names
from omreport.energy import balance, queries, serializers
from omreport.energy.balance import Balance
from omreport.energy.models import Channel, CounterReading, EnergyReading
from omreport.energy.parsing import MANUAL, UPLOAD, Entry, Fault, Reader, Unfit, source_of
from omreport.energy.queries import ReadingFilter, Step
from omreport.energy.services import readings
from omreport.queries import freshness

MOST_AT_ONCE = 2000
MOST_FAULTS = 100
KINDS = ("readings", "counters")


@endpoint(["POST"], permission="enter_generation", scope="generation.write")
@extend_schema(
    operation_id="sendGeneration",
    tags=["generation"],
    request=serializers.GenerationBatch,
    responses={
        200: serializers.GenerationOutcome,
        409: OpenApiResponse(serializers.GenerationRefusal, "Stored readings say otherwise; nothing was stored"),
        422: OpenApiResponse(serializers.GenerationRefusal, "Readings do not fit; nothing was stored"),
    },
)
def send(request: Request) -> Response:
    """Store readings, all or none. Sending the same again does no harm; another value for the same time is a 409
    that names it, unless `correct` is true and `reason` says why."""
    batch = Batch(request.data)
    if batch.faults:
        return batch.refusal(readings.Refused(batch.faults))
    try:
        outcome = readings.store(
            batch.entries, Actor.of(caller_of(request)), correct=batch.correct, reason=batch.reason
        )
    except readings.Refused as error:
        return batch.refusal(error)
    return Response({"added": outcome.added, "already": outcome.already, "corrected": outcome.corrected})


class Batch:
    """A body as sent: its entries, its faults, and how places in both lists are counted through."""

    def __init__(self, data: Any) -> None:
        if not isinstance(data, dict):
            raise ValidationError("Send an object with source and readings or counters.")
        lists = {name: self._list(data, name) for name in KINDS}
        self._first = len(lists["readings"])
        number = sum(map(len, lists.values()))
        if not 1 <= number <= MOST_AT_ONCE:
            raise ValidationError(f"Send 1 to {MOST_AT_ONCE:,} readings at a time; these are {number:,}.")
        self.correct = data.get("correct", False)
        self.reason = str(data.get("reason") or "")[:300]
        if not isinstance(self.correct, bool):
            raise ValidationError({"correct": "Must be true or false."})
        if self.correct and not self.reason.strip():
            raise ValidationError({"reason": "Say why stored readings are corrected."})
        reader = Reader(set(Site.objects.values_list("code", flat=True)), timezone.now(), self._source(data))
        self.entries: list[Entry] = []
        self.faults: list[Fault] = []
        sent = [(kind, raw) for kind in KINDS for raw in lists[kind]]
        for place, (kind, raw) in enumerate(sent):
            self._read(reader, place, kind, raw)

    @staticmethod
    def _list(data: dict[str, Any], name: str) -> list[Any]:
        found = data.get(name, [])
        if not isinstance(found, list):
            raise ValidationError({name: "Must be a list."})
        return found

    @staticmethod
    def _source(data: dict[str, Any]) -> str:
        given = data.get("source")
        if not isinstance(given, str) or not given.strip():
            raise ValidationError({"source": "Name the logger that these readings come from."})
        try:
            name = source_of(given, "")
        except Unfit as error:
            raise ValidationError({"source": str(error)}) from error
        if name in (MANUAL, UPLOAD):
            raise ValidationError({"source": f"{name} is kept for the portal's own pages; use the logger's name."})
        return name

    def _read(self, reader: Reader, place: int, name: str, raw: Any) -> None:
        if not isinstance(raw, dict):
            self.faults.append(Fault(place, "", "Must be an object."))
            return
        # One source per batch: what an item says of its own would be ignored in silence otherwise.
        found = reader.entry(place, {**raw, "source": raw.get("source") or reader.source}, counter=name == "counters")
        if isinstance(found, Entry):
            if found.source != reader.source:
                self.faults.append(Fault(place, "source", "Send the readings of each source by themselves."))
            self.entries.append(found)
        else:
            self.faults += found

    def refusal(self, error: readings.Refused) -> Response:
        """The answer that names each reading that does not fit."""
        return Response(
            {"detail": error.message, "errors": [self._fault(fault) for fault in error.faults[:MOST_FAULTS]]},
            status=error.status,
        )

    def _fault(self, fault: Fault) -> dict[str, Any]:
        is_counter = fault.place >= self._first
        return {
            "list": KINDS[is_counter],
            "index": fault.place - self._first if is_counter else fault.place,
            "field": fault.field,
            "message": fault.message,
            "conflict": fault.conflict,
        }


@endpoint(["GET"], permission="view_reports", scope="reports.read")
@extend_schema(
    operation_id="listGeneration",
    tags=["generation"],
    parameters=[serializers.GenerationParameters],
    responses=serializers.GenerationPage,
)
def stored(request: Request) -> Response:
    """Stored readings, newest first."""
    wanted = _checked(serializers.GenerationParameters, request)
    chosen = ReadingFilter(
        wanted["site"].upper(), wanted["channel"], wanted["source"], wanted["start_date"], wanted["end_date"]
    )
    rows: Any = queries.counters(chosen) if wanted["kind"] == "counter" else queries.intervals(chosen)
    page = paged(rows, wanted["page"], wanted["limit"])
    return Response(
        {
            "readings": [_reading(row) for row in page.items],
            "total": page.total,
            "page": page.number,
            "limit": page.size,
            "pages": page.pages,
        }
    )


generation = by_method(GET=stored, POST=send)


@endpoint(["GET"], permission="view_reports", scope="reports.read")
@extend_schema(
    operation_id="getEnergyBalance",
    tags=["om-report"],
    parameters=[serializers.BalanceParameters],
    responses=serializers.EnergyBalance,
)
def energy_balance(request: Request) -> Response:
    """Generated, delivered and sold energy per site and period, newest first; null with a reason where coverage does
    not reach the floor."""
    wanted = _checked(serializers.BalanceParameters, request)
    try:
        window = queries.usual_window(
            Step(wanted["by"]), wanted["site"].upper(), wanted["start_date"], wanted["end_date"]
        )
        lines = queries.balances(window)
    except InvalidInput as error:
        raise ValidationError(error.message) from error
    names, fresh, least = site_names().names, freshness(), queries.floors()
    answer = {
        "lines": [_line(line, names.get(line.site, "")) for line in lines],
        "coverage_floor": least.hours,
        "sales_floor": least.sales,
        "as_of": fresh.refreshed_at,
    }
    return Response({**answer, "stale": fresh.error} if fresh.error else answer)


def _checked(shape: type, request: Request) -> dict[str, Any]:
    query = shape(data=request.query_params)
    query.is_valid(raise_exception=True)
    return query.validated_data


def _reading(row: EnergyReading | CounterReading) -> dict[str, Any]:
    found: dict[str, Any] = {"id": row.pk, "site": row.site, "channel": row.channel, "source": row.source}
    if isinstance(row, CounterReading):
        found |= {"at": _iso(row.at), "value": float(row.value)}
    else:
        found |= {"start": _iso(row.starts_at), "end": _iso(row.ends_at), "kwh": float(row.kwh)}
    return {**found, "entered_at": _iso(row.entered_at), "entered_by": row.entered_by}


def _iso(moment: datetime) -> str:
    return moment.astimezone(meter_zone()).isoformat(timespec="seconds")


def _line(line: Balance, name: str) -> dict[str, Any]:
    return {
        "site": line.site,
        "name": name,
        "period": line.label,
        "hours": float(rounded(line.hours_in_period, 2)),
        "generated": _figure(line.generated),
        "genset_share": _figure(line.genset_share),
        "battery_in": _figure(line.energy(Channel.BATTERY_CHARGE)),
        "battery_out": _figure(line.energy(Channel.BATTERY_DISCHARGE)),
        "delivered": _figure(line.delivered),
        "sold": _figure(line.sold),
        "unaccounted": _figure(line.unaccounted),
        "unaccounted_percent": _figure(line.unaccounted_percent),
        "channels": [
            {
                "channel": channel.value,
                "kwh": float(rounded(line.measured(channel))),
                "hours_covered": float(rounded(line.hours(channel))),
                "coverage": float(rounded(line.coverage(channel), 1)),
            }
            for channel in Channel
            if channel in line.known
        ],
        "days": line.days,
        "days_with_sales": line.sales.days,
        "counter_restarts": line.restarts,
    }


def _figure(figure: balance.Figure) -> dict[str, Any]:
    if figure.value is None:
        return {"value": None, "reason": figure.reason}
    return {"value": float(rounded(figure.value))}
