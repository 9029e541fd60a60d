"""Plots, serials, ids and positions as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccportal.core.errors import InvalidInput
from customers.formats import (
    id_key,
    parse_national_id,
    parse_plot,
    parse_serial,
    plot_key,
    serial_key,
)
from customers.lookalikes import similar_names
from customers.positions import Position, check_position, distance_km, is_in_country, middle, parse_degrees

MASERU = Position(-29.31, 27.48)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("MAK 0045 HH", "MAK 0045 HH"),
        (" mak 45 hh", None),
        ("mak  045 hh ", "MAK 0045 HH"),
        ("MAK0045HH", "MAK 0045 HH"),
        ("ket-0914b-sme", "KET 0914B SME"),
        ("KET 0914 B SME", None),
        ("MAK 0045", None),
        ("0045 MAK HH", None),
        ("MAK 00456 HH", None),
        ("MAK 0045 HOUSE", None),
        ("MAK ００45 HH", None),
        ("", None),
    ],
)
def test_a_plot_number_is_kept_in_one_form_or_refused(typed, kept):
    if kept:
        assert str(parse_plot(typed)) == kept
    else:
        with pytest.raises(InvalidInput, match="written like MAK 0045 HH"):
            parse_plot(typed)


def test_plots_are_compared_without_their_type_and_sub_plots_are_told_apart():
    assert plot_key("KET 914 HH") == plot_key("ket 0914 sme") == "KET 0914"
    assert plot_key("KET 0914B HH") != plot_key("KET 0914A HH")
    assert plot_key(None) == ""
    assert plot_key(" somewhere  else") == "SOMEWHERE ELSE"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("SMRSD-03-0001963E", "SMRSD-03-0001963E"),
        ("smrsd_03_0001963e", "SMRSD-03-0001963E"),
        ("SMRSD - 03 – 0001963E", "SMRSD-03-0001963E"),
        ("SMRSDRF-01-0000A1B2", "SMRSDRF-01-0000A1B2"),
        ("fsi00031", "FSI00031"),
        ("02-01-M-2303-000005", "02-01-M-2303-000005"),
        ("47001234567", "47001234567"),
    ],
)
def test_a_serial_is_kept_in_one_form(typed, kept):
    assert parse_serial(typed) == kept


@pytest.mark.parametrize("typed", ["SMRSD-03-0001963", "SMRSD-03-0001963G", "SMRSD-3-0001963E", "SMRSD030001963E"])
def test_a_serial_that_is_nearly_sparkmeters_is_refused_with_the_right_form(typed):
    with pytest.raises(InvalidInput, match="like SMRSD-03-0001963E: two digits and eight"):
        parse_serial(typed)


@pytest.mark.parametrize("typed", ["", "12", "METER", "A--1234", "-12345", "12345; DROP", "1" * 41, "١٢٣٤٥"])
def test_what_is_no_serial_is_refused(typed):
    with pytest.raises(InvalidInput, match="letters, digits and hyphens"):
        parse_serial(typed)


def test_a_national_id_is_kept_without_separators():
    assert parse_national_id(" 1234 5678-9/0a ") == "1234567890A"
    assert id_key("12.34") == "1234"
    for typed in ("1234", "abcdef", "1" * 21, "12345é"):
        with pytest.raises(InvalidInput, match="five to twenty"):
            parse_national_id(typed)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Lerato Letšela", "letsela LERATO", True),
        ("Thabo Mokoena", "Thabo Peter Mokwena", True),
        ("'Mantšali Tšosane", "Mantsali Tsosane", True),
        ("Thabo Mokoena", "Lerato Mokoena", False),
        ("Thabo Mokoena", "Mokoena", False),
        ("St Peter School", "St Paul School", False),
        ("", "Thabo", False),
    ],
)
def test_names_are_alike_in_any_order_and_with_slips(one, other, same):
    assert similar_names(one, other) is same
    assert similar_names(other, one) is same


@pytest.mark.parametrize(
    ("typed", "field", "degrees"),
    [
        ("-29.641735", "latitude", -29.641735),
        (" −29,641735 ", "latitude", -29.641735),
        ("29.641735 S", "latitude", -29.641735),
        ("29.6° s", "latitude", -29.6),
        ("27.836413", "longitude", 27.836413),
        ("27E", "longitude", 27.0),
    ],
)
def test_degrees_are_read_as_people_write_them(typed, field, degrees):
    assert parse_degrees(typed, field) == degrees


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        *((typed, "latitude") for typed in ("", "north", "1e5", "-29 S", "29 E")),
        *((typed, "longitude") for typed in ("nan", "inf", "29 38 30", "1234")),
    ],
)
def test_what_are_no_degrees_is_refused(typed, field):
    with pytest.raises(InvalidInput, match=f"Write the {field} in degrees"):
        parse_degrees(typed, field)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (Position(27.48, -29.31), "look exchanged"),
        (Position(29.31, 27.48), "sign of the latitude"),
        (Position(0, 0), "in the sea"),
        (Position(-26.2, 28.04), "not in Lesotho"),
        (Position(-91, 27), "from -90 to 90"),
    ],
)
def test_a_position_outside_the_country_is_refused_with_the_likely_slip(place, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        check_position(place, "LS")


def test_a_position_in_the_country_and_any_in_an_unknown_country_pass():
    check_position(MASERU, "LS")
    check_position(Position(48.2, 16.4), "AT")
    assert is_in_country(Position(9.3, 2.3), "BJ")


def test_the_middle_is_not_moved_by_one_wrong_position():
    places = [Position(-29.3 + n / 1000, 27.4) for n in range(5)]
    assert distance_km(middle([*places, Position(27.4, -29.3)]), Position(-29.2975, 27.4)) < 1
    assert middle([]) is None


ANYTHING = st.text(max_size=60)


@given(ANYTHING)
def test_no_text_breaks_a_parser_and_what_passes_stays_as_it_is(text):
    for parse in (lambda t: str(parse_plot(t)), parse_serial, parse_national_id):
        try:
            kept = parse(text)
        except InvalidInput as error:
            assert error.field
            assert text not in error.message or len(text) < 5
            continue
        assert parse(kept) == kept
        assert kept.isascii()
    assert serial_key(serial_key(text)) == serial_key(text)
    assert plot_key(plot_key(text)) == plot_key(text)


@given(ANYTHING, st.sampled_from(["latitude", "longitude"]))
def test_degrees_are_a_number_or_refused(text, field):
    try:
        degrees = parse_degrees(text, field)
    except InvalidInput:
        return
    assert -1000 < degrees < 1000


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_distances_are_symmetric_and_at_most_half_round_the_earth(a, b, c, d):
    one, other = Position(a, b), Position(c, d)
    assert distance_km(one, other) == pytest.approx(distance_km(other, one))
    assert 0 <= distance_km(one, other) <= 20016
