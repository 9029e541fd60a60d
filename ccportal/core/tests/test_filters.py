"""Numbers, amounts and times as every page writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template


def shown(expression, **context):
    return Template(f"{{{{ {expression} }}}}").render(Context(context))


@pytest.mark.parametrize(
    ("expression", "value", "text"),
    [
        ("value|money", Decimal("1234.505"), "M 1,234.51"),
        ("value|money", Decimal(0), "M 0.00"),
        ("value|money", None, "–"),
        ("value|kwh", 1234.5, "1,234.50"),
        ("value|kwh:1", 0.25, "0.3"),
        ("value|number", 1338, "1,338"),
        ("value|local", datetime(2026, 11, 21, 12, 5, tzinfo=UTC), "21 Nov 2026, 14:05"),
        ("value|local", date(2026, 11, 21), "21 Nov 2026"),
        ("value|local", None, "–"),
        ("value|day", datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "21 Nov 2026"),
        ("value|orempty", "  ", "–"),
        ("value|orempty", 0, "0"),
        ("value|table", "Copy Of tblmeter", "Legacy meters"),
        ("value|table", "accounts_employee", "Employees"),
        ("value|table", "Paste Errors", "Paste Errors"),
        ("value|table", "", ""),
    ],
)
def test_a_value_is_written_like_this(expression, value, text):
    assert shown(expression, value=value) == text


@pytest.mark.parametrize("name", ["money", "kwh", "number", "local", "day", "orempty"])
def test_a_name_that_is_not_there_is_shown_as_nothing(name):
    assert shown(f"missing|{name}") == "–"
