"""The charts of an account."""

from collections.abc import Sequence
from datetime import date

from billing.calculations import Basis, DayValue
from billing.queries.overview import Usage
from ccportal.core.charts import BarChart, Series

_SERIES = {Basis.READINGS: "Used", Basis.CONSUMPTION: "Used", Basis.VENDED: "Bought"}


def charts_of(usage: Usage) -> list[BarChart]:
    """Week, 30 days and 12 months of kWh; titles say whether kWh were used or bought."""
    word = _SERIES[usage.basis]
    months = [f"{value.month.first_day:%b %Y}" for value in usage.monthly]
    return [
        _days(f"{word} in the last 7 days", usage.week, usage.basis),
        _days(f"{word} in the last 30 days", usage.daily, usage.basis),
        BarChart(
            f"{_SERIES[usage.monthly_basis]} in the last 12 months",
            "kWh",
            months,
            [Series(_SERIES[usage.monthly_basis], [value.kwh for value in usage.monthly])],
            label_name="Month",
            places=1,
        ),
    ]


def _days(title: str, values: Sequence[DayValue], basis: Basis) -> BarChart:
    labels = [_label(value.day) for value in values]
    return BarChart(
        title, "kWh", labels, [Series(_SERIES[basis], [value.kwh for value in values])], label_name="Day", places=2
    )


def _label(day: date) -> str:
    return f"{day.day} {day:%b}"
