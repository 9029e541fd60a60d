"""What people and programs type as a rate or a moment."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccportal.core.errors import InvalidInput
from tariffs.parsing import FURTHEST, GRACE, HIGHEST, LOWEST, parse_key, parse_moment, parse_rate
from tariffs.tests.conftest import NOW, local

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("typed", "rate"),
    [("6", "6"), (" 6.25 ", "6.25"), (".5", "0.5"), ("6.", "6"), ("0.01", "0.01"), ("9999.9999", "9999.9999"),
     (6.25, "6.25"), (7, "7"), ("6.2500000", "6.25")],
)  # fmt: skip
def test_a_rate_is_read_exactly(typed, rate):
    assert parse_rate(typed) == Decimal(rate)


@pytest.mark.parametrize(
    "typed",
    ["", " ", None, True, "6,25", "1e1", "-5", "+5", "M 6", "6 25", "٣", "６", "NaN", "inf", "0", "0.00", "0.0099",
     "10000", "6.00001", "9" * 40, "0x5", "6\x00", "=6", [], {}, float("nan"), float("inf"), -1, 1e300],
)  # fmt: skip
def test_what_is_no_rate_is_refused_and_the_field_named(typed):
    with pytest.raises(InvalidInput) as fault:
        parse_rate(typed, "rate_lsl")
    assert fault.value.field == "rate_lsl"


@given(st.text(max_size=40) | st.floats() | st.integers() | st.none() | st.booleans())
@unhurried
def test_any_input_gives_a_rate_within_the_limits_or_a_sentence(typed):
    try:
        rate = parse_rate(typed)
    except InvalidInput as error:
        assert error.message.endswith(".")
    else:
        assert LOWEST <= rate <= HIGHEST
        assert rate == round(rate, 4)


@given(st.decimals(LOWEST, HIGHEST, places=4))
@unhurried
def test_every_rate_is_read_back_as_it_was_written(rate):
    assert parse_rate(f"{rate:f}") == rate


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-12-01T00:00", "2026-12-01 00:00"),
        ("2026-12-01 08:30:15", "2026-12-01 08:30:15"),
        ("2026-12-01", "2026-12-01 00:00"),
        ("2026-11-30T22:00:00Z", "2026-12-01 00:00"),
        ("2026-12-01T02:00+04:00", "2026-12-01 00:00"),
    ],
)
def test_a_moment_without_a_zone_is_local(typed, moment):
    assert parse_moment(typed, NOW) == local(moment)


@pytest.mark.parametrize("typed", ["", None, "2026-11-21T14:05", "2026-11-21T13:56"])
def test_nothing_and_a_moment_just_past_are_now(typed):
    assert parse_moment(typed, NOW) is None


@pytest.mark.parametrize(
    "typed", ["tomorrow", "1/12/2026", "2026-13-01", "2026-12-01T25:00", "0000-00-00", "2026-12-01T", "20261201",
              "2026-11-21T13:54", "1999-01-01", "2206-12-01", "9999-12-31T23:59-23:59"],
)  # fmt: skip
def test_other_moments_are_refused(typed):
    with pytest.raises(InvalidInput) as fault:
        parse_moment(typed, NOW)
    assert fault.value.field == "effective_from"


@given(st.text(max_size=40) | st.datetimes().map(str) | st.datetimes().map(lambda moment: moment.isoformat()))
@unhurried
def test_any_text_gives_a_moment_to_come_now_or_a_sentence(typed):
    try:
        moment = parse_moment(typed, NOW)
    except InvalidInput as error:
        assert error.message.endswith(".")
    else:
        assert moment is None or NOW - GRACE < moment <= NOW + FURTHEST + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("scope", "typed", "key"),
    [("concession", " mak ", "MAK"), ("customer", "0017", "17"), ("customer", "2147483647", "2147483647"),
     ("global", "anything", "")],
)  # fmt: skip
def test_keys_are_canonical(scope, typed, key):
    assert parse_key(scope, typed, frozenset({"MAK"})) == key


@pytest.mark.parametrize(
    ("scope", "typed"),
    [("concession", "XYZ"), ("concession", ""), ("customer", "0"), ("customer", "-1"), ("customer", "٣"),
     ("customer", "2147483648"), ("customer", "1" * 50)],
)  # fmt: skip
def test_keys_of_nothing_are_refused(scope, typed):
    with pytest.raises(InvalidInput):
        parse_key(scope, typed, frozenset({"MAK"}))
