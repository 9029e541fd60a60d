"""Form fields that every app asks for in the same way."""

from datetime import UTC, date, datetime

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

#: Days that have a midnight before and after them in every zone and every database.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_OUTSIDE = "Give a day from 1900 to 2199."


class DayInput(forms.DateInput):
    """The browser's own calendar; it sends and takes ``2026-10-31``."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayField(forms.DateField):
    """A local day; one that no time can be reckoned from (the year 1, the year 9999) is refused beside the field."""

    widget = DayInput
    default_validators = [MinValueValidator(FIRST_DAY, _OUTSIDE), MaxValueValidator(LAST_DAY, _OUTSIDE)]


class MomentField(forms.DateTimeField):
    """A moment in the portal's zone, within the same years."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_validators = [
        MinValueValidator(datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC), _OUTSIDE),
        MaxValueValidator(datetime(LAST_DAY.year, 12, 31, tzinfo=UTC), _OUTSIDE),
    ]
