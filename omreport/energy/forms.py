"""What people type on the pages of the energy balance; readings are parsed by the one parser that files use."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from ccportal.core.errors import InvalidInput
from ccportal.core.forms import choice_field
from ccportal.core.periods import FIRST_DAY, LAST_DAY, meter_zone
from customers.models import Site
from omreport.energy import queries
from omreport.energy.models import Channel, CounterReading, EnergyReading
from omreport.energy.parsing import MANUAL, Entry, Fault, Reader
from omreport.energy.queries import ReadingFilter, Step, Window, usual_window

CLOCK = "%Y-%m-%dT%H:%M"


def _site_choices() -> list[tuple[str, str]]:
    return [(code, f"{code} {name}") for code, name in Site.objects.order_by("code").values_list("code", "name")]


def _choice(label: str, none: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", none), *choices] if none else choices,
        error_messages={"invalid_choice": f"{label}: there is no %(value)s; choose one of the list."},
    )


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": f"{label}: write the day like 2026-03-01."},
        validators=[
            MinValueValidator(FIRST_DAY, f"{label}: choose a day from {FIRST_DAY:%Y} on."),
            MaxValueValidator(LAST_DAY, f"{label}: choose a day up to {LAST_DAY:%Y}."),
        ],
    )


class _FilterForm(forms.Form):
    """A form of an address; ``from`` is a word of the language, so its fields are added by name."""

    def checked(self) -> dict[str, Any]:
        """The values; ``InvalidInput`` with the first fault."""
        if not self.is_valid():
            field, faults = next(iter(self.errors.items()))
            raise InvalidInput(str(faults[0]), field=field)
        return self.cleaned_data


class BalanceForm(_FilterForm):
    """Site, length of the periods and days from the address; ``wanted()`` fills in what is missing."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        known = queries.known_channels()
        sites = [(code, label) for code, label in _site_choices() if code in known]
        self.fields["site"] = _choice("Site", "All sites", sites)
        self.fields["by"] = _choice(
            "Per", "", [(step.value, step.value) for step in (Step.MONTH, Step.DAY, Step.QUARTER)]
        )
        self.fields["from"] = _day("From")
        self.fields["to"] = _day("To")

    def wanted(self) -> Window:
        values = self.checked()
        step = Step(values["by"] or Step.MONTH)
        try:
            window = usual_window(step, values["site"], values["from"], values["to"])
            window.periods()
        except InvalidInput as error:
            self.add_error(error.field, error.message)
            raise
        return window


class ReadingFilterForm(_FilterForm):
    """What the list of readings shows."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.fields["kind"] = _choice("Readings", "", [("interval", "Intervals"), ("counter", "Counter values")])
        self.fields["site"] = _choice("Site", "All sites", _site_choices())
        self.fields["channel"] = _choice("Channel", "All channels", list(Channel.choices))
        self.fields["source"] = forms.CharField(label="Source", required=False, max_length=40)
        self.fields["from"] = _day("From")
        self.fields["to"] = _day("To")

    def wanted(self) -> tuple[str, ReadingFilter]:
        values = self.checked()
        chosen = ReadingFilter(values["site"], values["channel"], values["source"], values["from"], values["to"])
        return values["kind"] or "interval", chosen


def _clock(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), **options)


class _ReadingForm(forms.Form):
    """Fields of a reading; after ``is_valid()``, ``entry`` is what they say."""

    counter = False
    entry: Entry

    def raw(self) -> dict[str, Any]:
        return self.cleaned_data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        sites = set(Site.objects.values_list("code", flat=True))
        found = Reader(sites, timezone.now(), MANUAL).entry(1, self.raw(), counter=self.counter)
        if isinstance(found, Entry):
            self.entry = found
        else:
            self.show(found)
        return cleaned

    def show(self, faults: list[Fault]) -> None:
        """Put faults beside their fields."""
        for fault in faults:
            self.add_error(fault.field if fault.field in self.fields else None, fault.message)


class _PlacedForm(_ReadingForm):
    site = forms.ChoiceField(label="Site")
    channel = forms.ChoiceField(label="Channel", choices=Channel.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice_field(self, "site").choices = _site_choices()


class IntervalForm(_PlacedForm):
    """A new interval, typed by a person; its source is ``manual``."""

    start = _clock("From")
    end = _clock("To", help_text="Up to 31 days after the start.")
    kwh = forms.CharField(label="Energy, kWh", widget=forms.TextInput(attrs={"inputmode": "decimal"}))


class CounterForm(_PlacedForm):
    """A new value of a counter, typed by a person."""

    counter = True
    at = _clock("Read at")
    value = forms.CharField(
        label="The counter shows, kWh",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text="Energy is the difference to the value before.",
    )


NEW_FORMS: dict[str, type[_PlacedForm]] = {"interval": IntervalForm, "counter": CounterForm}


class _CorrectionForm(_ReadingForm):
    """Other times or another value for a stored reading, and why."""

    reason = forms.CharField(label="Why", max_length=300, help_text="Kept in the log of changes.")

    def __init__(self, stored: EnergyReading | CounterReading, data: Mapping[str, Any] | None = None) -> None:
        self.stored = stored
        super().__init__(data, initial=None if data else self.current(stored))
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])

    def raw(self) -> dict[str, Any]:
        stored = self.stored
        return {**self.cleaned_data, "site": stored.site, "channel": stored.channel, "source": stored.source}

    def current(self, stored: Any) -> dict[str, Any]:
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """The new values by field of the model."""
        raise NotImplementedError


class IntervalCorrection(_CorrectionForm):
    start = _clock("From")
    end = _clock("To")
    kwh = forms.CharField(label="Energy, kWh", widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    def current(self, stored: Any) -> dict[str, Any]:
        return {"start": _local(stored.starts_at), "end": _local(stored.ends_at), "kwh": f"{stored.kwh:f}"}

    def values(self) -> dict[str, Any]:
        return {"starts_at": self.entry.start, "ends_at": self.entry.end, "kwh": self.entry.value}


class CounterCorrection(_CorrectionForm):
    counter = True
    at = _clock("Read at")
    value = forms.CharField(label="The counter shows, kWh", widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    def current(self, stored: Any) -> dict[str, Any]:
        return {"at": _local(stored.at), "value": f"{stored.value:f}"}

    def values(self) -> dict[str, Any]:
        return {"at": self.entry.start, "value": self.entry.value}


def correction_form(
    stored: EnergyReading | CounterReading, data: Mapping[str, Any] | None = None
) -> IntervalCorrection | CounterCorrection:
    kind = CounterCorrection if isinstance(stored, CounterReading) else IntervalCorrection
    return kind(stored, data)


class DeletionForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=300, help_text="Kept in the log of changes.")


class UploadForm(forms.Form):
    file = forms.FileField(label="File", help_text="CSV or XLSX.", allow_empty_file=True)


class NoteForm(forms.Form):
    note = forms.CharField(label="What is known or done about it", max_length=300)


def _local(moment: Any) -> str:
    return moment.astimezone(meter_zone()).strftime(CLOCK)
