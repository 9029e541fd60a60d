"""Phone numbers in every spelling (semantics 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccportal.core.errors import InvalidInput
from ccportal.core.phones import parse_stored, parse_typed


@pytest.mark.parametrize(
    "spelling",
    ["58698650", 58698650, "+266 5869 8650", "266 58698650", "0026658698650", "(266) 5869-8650", "058698650"],
)
def test_every_spelling_gives_the_same_number(spelling):
    phone = parse_stored(spelling)
    assert (phone.digits, phone.e164, phone.suffix) == ("58698650", "+26658698650", "58698650")


def test_a_local_number_that_begins_like_the_country_code_stays_whole():
    assert parse_stored("26612345").digits == "26612345"


def test_a_neighbours_number_keeps_its_country():
    assert parse_stored("+27 82 123 4567").e164 == "+27821234567"


@pytest.mark.parametrize("value", [None, "", 0, "0", "n/a", "12345", "   "])
def test_what_is_no_number_is_none(value):
    assert parse_stored(value) is None


@pytest.mark.parametrize("typed", ["", "1234567", "phone", "5869865"])
def test_too_short_a_number_is_refused(typed):
    with pytest.raises(InvalidInput, match="at least 8 digits"):
        parse_typed(typed)


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text):
    phone = parse_stored(text)
    assert phone is None or (phone.digits.isdecimal() and len(phone.suffix) <= 8)


@given(st.integers(50_000_000, 69_999_999), st.sampled_from(["{}", "+266{}", "00266{}", "266 {}", "0{}", "{} "]))
def test_a_local_number_survives_any_spelling(number, spelling):
    assert parse_stored(spelling.format(number)).digits == str(number)
