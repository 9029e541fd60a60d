"""Changing rates: what surfaces and other apps call."""

from tariffs.services.applying import apply_due
from tariffs.services.changing import (
    PERMISSION,
    NothingToChange,
    Outcome,
    RateChange,
    cancel,
    remove,
    schedule_all,
    set_rate,
)

__all__ = [
    "PERMISSION",
    "NothingToChange",
    "Outcome",
    "RateChange",
    "apply_due",
    "cancel",
    "remove",
    "schedule_all",
    "set_rate",
]
