"""Rates as other programs send and get them, in the contract's shapes."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from ccportal.core.errors import InvalidInput
from ccportal.core.periods import meter_zone, stamp
from tariffs.models import Scope, TariffChange, TariffOverride
from tariffs.parsing import LONGEST_REASON, parse_moment, parse_rate

SCOPES = list(Scope.values)
OWN_SCOPES = [Scope.CONCESSION.value, Scope.CUSTOMER.value]
LOCAL = "Local time YYYY-MM-DD HH:MM:SS"


def amount(rate: Decimal | None) -> float | None:
    return None if rate is None else float(rate)


class RateNumber(serializers.FloatField):
    """A rate per kWh, a JSON number; text that is a number will do."""

    def to_internal_value(self, data: Any) -> Decimal:  # type: ignore[override]  # a Decimal, so that nothing is rounded
        try:
            return parse_rate(data)
        except InvalidInput as error:
            raise serializers.ValidationError(error.message) from error


class Moment(serializers.CharField):
    """A moment to come; None for now."""

    def to_internal_value(self, data: Any) -> datetime | None:  # type: ignore[override]  # a moment, not its text
        try:
            return parse_moment(super().to_internal_value(data), timezone.now())
        except InvalidInput as error:
            raise serializers.ValidationError(error.message) from error


class TariffUpdate(serializers.Serializer):
    """A new rate. ``expected_rate_lsl`` guards against overwriting somebody else's change."""

    rate_lsl = RateNumber(help_text="Per kWh, from 0.01 to 9999.9999, at most four decimals.")
    effective_from = Moment(
        required=False, allow_null=True, allow_blank=True, default=None,
        help_text="YYYY-MM-DDTHH:MM, local unless a zone is given; now when absent. Past moments are refused.",
    )  # fmt: skip
    notes = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, default="", max_length=LONGEST_REASON, help_text="Why."
    )
    expected_rate_lsl = serializers.FloatField(
        required=False, allow_null=True, default=None,
        help_text="Optional: the rate of this level that must still hold; 409 when another one does.",
    )  # fmt: skip


class HistoryParameters(serializers.Serializer):
    """Query of the history; bare days are local and both included."""

    page = serializers.IntegerField(min_value=1, max_value=10**9, default=1)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    scope = serializers.ChoiceField(SCOPES, required=False, allow_blank=True, default="")
    key = serializers.CharField(required=False, allow_blank=True, default="", help_text="Exact scope key.")

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of Python, so these two cannot be attributes."""
        edges = {"from": serializers.CharField, "to": serializers.CharField}
        more = {
            name: kind(required=False, allow_blank=True, default="", help_text="ISO day or time.")
            for name, kind in edges.items()
        }
        return {**super().get_fields(), **more}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name, edge in (("from", time.min), ("to", time.max)):
            attrs[name] = _edge(attrs[name].strip(), edge, name) if attrs[name].strip() else None
        return attrs


def _edge(text: str, edge: time, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-11-21"):
            moment = datetime.combine(moment.date(), edge)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=meter_zone())
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise serializers.ValidationError({name: "Write a day or time like 2026-11-21 or 2026-11-21T14:05."}) from None


# ---------------------------------------------------------------- answers


class TariffOverrideItem(serializers.Serializer):
    scope_key = serializers.CharField()
    rate_lsl = serializers.FloatField()
    effective_from = serializers.CharField(help_text=LOCAL)
    set_by = serializers.CharField()
    set_by_name = serializers.CharField()
    set_at = serializers.CharField(help_text=LOCAL)
    notes = serializers.CharField()
    pending = serializers.BooleanField(help_text="Its moment is still to come.")


class PendingGlobal(serializers.Serializer):
    rate_lsl = serializers.FloatField()
    effective_from = serializers.CharField(help_text=LOCAL)
    notes = serializers.CharField()


class TariffCurrent(serializers.Serializer):
    global_rate = serializers.FloatField(help_text="5.0 when the customer database holds none.")
    pending_global = PendingGlobal(allow_null=True)
    concession_overrides = TariffOverrideItem(many=True)
    customer_overrides = TariffOverrideItem(many=True)
    customer_override_count = serializers.IntegerField(help_text="Customers with a rate of their own, or one to come.")


class CascadeItem(serializers.Serializer):
    level = serializers.ChoiceField(SCOPES)
    key = serializers.CharField()
    rate_lsl = serializers.FloatField()
    effective_from = serializers.CharField(help_text=LOCAL)


class TariffResolve(serializers.Serializer):
    rate_lsl = serializers.FloatField()
    source = serializers.ChoiceField(SCOPES)  # type: ignore[assignment]  # a field of the answer, not of the class
    source_key = serializers.CharField(help_text="Empty for global.")
    effective_from = serializers.CharField(help_text="Empty for global.")
    customer_id = serializers.CharField(help_text="The identifier itself when nobody is known by it.")
    concession = serializers.CharField(allow_null=True)
    cascade = CascadeItem(many=True)


class GlobalTariffResult(serializers.Serializer):
    status = serializers.ChoiceField(["applied", "scheduled"])
    rate_lsl = serializers.FloatField()
    previous_rate = serializers.FloatField()
    effective_from = serializers.CharField(help_text=LOCAL)


class OverrideResult(serializers.Serializer):
    status = serializers.ChoiceField(["set"])
    scope = serializers.ChoiceField(OWN_SCOPES)
    scope_key = serializers.CharField()
    rate_lsl = serializers.FloatField()
    previous_rate = serializers.FloatField(allow_null=True)
    effective_from = serializers.CharField(help_text=LOCAL)


class OverrideRemoved(serializers.Serializer):
    status = serializers.ChoiceField(["removed"])
    scope = serializers.ChoiceField(OWN_SCOPES)
    scope_key = serializers.CharField()
    previous_rate = serializers.FloatField()


class TariffHistoryEntry(serializers.Serializer):
    id = serializers.IntegerField()
    timestamp = serializers.CharField(help_text="YYYY-MM-DD HH:MM:SS, UTC.")
    scope = serializers.ChoiceField(SCOPES)
    scope_key = serializers.CharField(help_text="Empty for global.")
    rate_lsl = serializers.FloatField(help_text="0 marks a rate that was removed or called off.")
    previous_rate = serializers.FloatField(allow_null=True)
    effective_from = serializers.CharField(help_text=LOCAL)
    set_by = serializers.CharField()
    set_by_name = serializers.CharField()
    notes = serializers.CharField()
    kind = serializers.CharField(help_text="set, scheduled, applied, cancelled, removed or elsewhere.")


class TariffHistoryPage(serializers.Serializer):
    history = TariffHistoryEntry(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    pages = serializers.IntegerField(min_value=1)


def override_item(row: TariffOverride, now: datetime) -> dict[str, Any]:
    return {
        "scope_key": row.scope_key,
        "rate_lsl": amount(row.rate),
        "effective_from": stamp(row.effective_from),
        "set_by": row.set_by,
        "set_by_name": row.set_by_name,
        "set_at": stamp(row.set_at),
        "notes": row.notes,
        "pending": row.effective_from > now,
    }


def history_entry(row: TariffChange) -> dict[str, Any]:
    return {
        "id": row.pk,
        "timestamp": f"{row.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "scope": row.scope,
        "scope_key": row.scope_key,
        "rate_lsl": amount(row.rate) or 0.0,
        "previous_rate": amount(row.previous_rate),
        "effective_from": stamp(row.effective_from),
        "set_by": row.set_by,
        "set_by_name": row.set_by_name,
        "notes": row.notes,
        "kind": row.kind,
    }
