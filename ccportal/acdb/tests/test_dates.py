"""Dates are read strictly: what is no date is nothing."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccportal.acdb.dates import local_text, parse_local, parse_naive


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21 14:05:09", datetime(2026, 11, 21, 14, 5, 9)),
        ("2026-11-21T14:05:09.250", datetime(2026, 11, 21, 14, 5, 9)),
        ("2026-11-21 14:05", datetime(2026, 11, 21, 14, 5)),
        (" 2026-11-21 ", datetime(2026, 11, 21)),
        ("2026-11-21T12:05:09Z", datetime(2026, 11, 21, 14, 5, 9)),
        ("2026-11-21T14:05:09+02:00", datetime(2026, 11, 21, 14, 5, 9)),
        ("2026-12-31 24:00:00", datetime(2027, 1, 1)),
        ("21/11/2026", datetime(2026, 11, 21)),
        ("11/21/2026 08:30", datetime(2026, 11, 21, 8, 30)),
        ("05/05/2026", datetime(2026, 5, 5)),
    ],
)
def test_it_reads(text, moment):
    assert parse_naive(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "1900-01-00 00:00:00", "2026-02-30", "2026-13-01", "2026-01-01 25:00", "2026-01-01 24:00:01",
     "03/04/2026", "21/11/26", "9999-12-31 24:00:00", "２０２６-01-01", "2026-01-01 00:00:00+99:99"],
)  # fmt: skip
def test_it_does_not_guess(text):
    assert parse_naive(text) is None


@given(st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 31, 23, 59, 59)))
def test_what_the_api_writes_is_read_back(moment):
    moment = moment.replace(microsecond=0)
    assert parse_local(local_text(moment)).replace(tzinfo=None) == moment


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_nothing(text):
    assert parse_naive(text) is None or isinstance(parse_naive(text), datetime)
