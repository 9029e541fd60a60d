"""Shapes of the energy balance in the API: energies in kWh, times in ISO 8601."""

from datetime import date

from rest_framework import serializers
from rest_framework.serializers import BooleanField, CharField, ChoiceField, DateField, FloatField, IntegerField

from ccportal.core.periods import FIRST_DAY, LAST_DAY
from omreport.energy.models import Channel
from omreport.energy.queries import Step
from omreport.serializers import Stamped

CHANNELS = Channel.values


def _in_calendar(day: date) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise serializers.ValidationError(f"Must be a day from {FIRST_DAY:%Y} to {LAST_DAY:%Y}.")


def _day(words: str) -> DateField:
    return DateField(required=False, allow_null=True, default=None, help_text=words, validators=[_in_calendar])


class SentInterval(serializers.Serializer):
    """Energy of one interval. Times without an offset are local times of the meters."""

    site = CharField(help_text="Site code, like MAK.")
    channel = ChoiceField(CHANNELS)
    start = CharField(help_text="2026-03-01T14:00 or 2026-03-01T14:00:00+02:00.")
    end = CharField(help_text="At most 31 days later.")
    kwh = FloatField(min_value=0, help_text="Rounded to 4 decimals.")


class SentCounter(serializers.Serializer):
    """What a register that only counts up showed at a moment."""

    site = CharField()
    channel = ChoiceField(CHANNELS)
    at = CharField()
    value = FloatField(min_value=0, help_text="kWh, rounded to 4 decimals.")


class GenerationBatch(serializers.Serializer):
    """Readings of one logger, stored all or none; at least one, at most 2,000 together."""

    source = CharField(max_length=40, help_text="The logger's name: letters, digits, dots, hyphens, underscores.")  # type: ignore[assignment]  # DRF takes declared fields off the class
    readings = SentInterval(many=True, required=False)
    counters = SentCounter(many=True, required=False)
    correct = BooleanField(required=False, help_text="Let these values replace stored ones that differ.")
    reason = CharField(
        required=False, max_length=300, help_text="Why stored values are corrected; needed with correct."
    )


class GenerationOutcome(serializers.Serializer):
    added = IntegerField()
    already = IntegerField(help_text="Readings that were there with the same value.")
    corrected = IntegerField()


class GenerationFault(serializers.Serializer):
    list = ChoiceField(["readings", "counters"])
    index = IntegerField(help_text="Place in the list, from 0.")
    field = CharField()
    message = CharField(help_text="What is wrong and what to do.")
    conflict = BooleanField(help_text="True when something else is stored.")


class GenerationRefusal(serializers.Serializer):
    """Nothing was stored."""

    detail = CharField()
    errors = GenerationFault(many=True, required=False)  # type: ignore[assignment]  # DRF takes declared fields off the class


class GenerationParameters(serializers.Serializer):
    """Query of the list of readings."""

    kind = ChoiceField(["interval", "counter"], required=False, default="interval")
    site = CharField(required=False, allow_blank=True, default="", max_length=3)
    channel = ChoiceField(CHANNELS, required=False, allow_blank=True, default="")
    source = CharField(required=False, allow_blank=True, default="", max_length=40)  # type: ignore[assignment]  # DRF takes declared fields off the class
    start_date = _day("YYYY-MM-DD, local, included.")
    end_date = _day("YYYY-MM-DD, local, included.")
    page = IntegerField(min_value=1, max_value=10**9, required=False, default=1)
    limit = IntegerField(min_value=1, max_value=1000, required=False, default=100)


class StoredReading(serializers.Serializer):
    """A stored interval (start, end, kwh) or counter value (at, value)."""

    id = IntegerField()
    site = CharField()
    channel = ChoiceField(CHANNELS)
    source = CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    start = CharField(required=False)
    end = CharField(required=False)
    kwh = FloatField(required=False)
    at = CharField(required=False)
    value = FloatField(required=False)
    entered_at = CharField()
    entered_by = CharField(help_text="Employee number, or key:… of a program.")


class GenerationPage(serializers.Serializer):
    readings = StoredReading(many=True)
    total = IntegerField()
    page = IntegerField()
    limit = IntegerField()
    pages = IntegerField(min_value=1)


class BalanceParameters(serializers.Serializer):
    """Query of the balance."""

    site = CharField(required=False, allow_blank=True, default="", max_length=3)
    by = ChoiceField([step.value for step in Step], required=False, default=Step.MONTH.value)
    start_date = _day("YYYY-MM-DD, local.")
    end_date = _day("YYYY-MM-DD, local, included.")


class BalanceFigure(serializers.Serializer):
    """A figure, or null with the reason."""

    value = FloatField(allow_null=True)
    reason = CharField(required=False)


class ChannelCoverage(serializers.Serializer):
    channel = ChoiceField(CHANNELS)
    kwh = FloatField(help_text="What is measured, however little of the period it covers.")
    hours_covered = FloatField()
    coverage = FloatField(help_text="Per cent of the period's hours.")


class BalanceLine(serializers.Serializer):
    site = CharField()
    name = CharField()
    period = CharField(help_text="2026 Q1, Mar 2026 or 1 Mar 2026.")
    hours = FloatField(help_text="Hours of the period so far.")
    generated = BalanceFigure(help_text="kWh.")
    genset_share = BalanceFigure(help_text="Per cent of generated.")
    battery_in = BalanceFigure(help_text="kWh.")
    battery_out = BalanceFigure(help_text="kWh.")
    delivered = BalanceFigure(help_text="kWh.")
    sold = BalanceFigure(help_text="kWh vended, all transactions.")
    unaccounted = BalanceFigure(help_text="kWh delivered and not sold.")
    unaccounted_percent = BalanceFigure(help_text="Of the energy delivered.")
    channels = ChannelCoverage(many=True)
    days = IntegerField()
    days_with_sales = IntegerField()
    counter_restarts = IntegerField()


class EnergyBalance(Stamped):
    lines = BalanceLine(many=True)
    coverage_floor = IntegerField(help_text="Per cent of hours a figure needs.")
    sales_floor = IntegerField(help_text="Per cent of days with sales a figure needs.")
