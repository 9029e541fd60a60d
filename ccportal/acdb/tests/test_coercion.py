"""Values that people and programs send either fit their column or are refused by its name (semantics 21)."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccportal.acdb.coercion import coerce, coerce_value
from ccportal.acdb.introspection import Column, Table, access_type
from ccportal.acdb.values import from_database, json_value, same
from ccportal.core.errors import InvalidInput
from ccportal.core.periods import meter_zone


def column(name, declared, *, nullable=True):
    kind, size, scale = access_type(declared, autonumber=declared == "COUNTER")
    return Column(name, kind, size, scale, nullable, declared == "COUNTER", declared)


TABLE = Table(
    "tblcustomer",
    (
        column("CUSTOMER ID", "COUNTER", nullable=False),
        column("FIRST NAME", "VARCHAR(10)"),
        column("PHONE", "VARCHAR(30)"),
        column("CELL PHONE 1", "INTEGER"),
        column("COUNTRY", "VARCHAR(50)"),
        column("accountnumber", "VARCHAR(20)"),
        column("connected", "DATETIME"),
        column("amount", "CURRENCY"),
        column("rate", "DOUBLE"),
        column("paid", "BIT", nullable=False),
        column("photo", "LONGBINARY"),
    ),
    ("CUSTOMER ID",),
)


def refused(payload):
    with pytest.raises(InvalidInput) as raised:
        coerce(TABLE, payload)
    return raised.value


def test_columns_match_in_any_case_and_come_out_as_stored():
    assert coerce(TABLE, {" first name ": " Neo "}) == {"FIRST NAME": "Neo"}


def test_an_unknown_column_is_named():
    error = refused({"FIRST NAME": "Neo", "nickname] --": "x"})
    assert error.field == "nickname] --"
    assert "has no column 'nickname] --'" in error.message


def test_a_column_given_twice_is_refused():
    assert "given twice" in refused({"FIRST NAME": "a", "first name": "b"}).message


def test_autonumbers_are_dropped_and_nothing_left_is_refused():
    assert coerce(TABLE, {"CUSTOMER ID": 5, "rate": 5}) == {"rate": 5.0}
    assert "Nothing to write" in refused({"CUSTOMER ID": 5}).message


@pytest.mark.parametrize("blank", [None, "", "   "])
def test_blank_is_null(blank):
    assert coerce(TABLE, {"FIRST NAME": blank, "amount": blank, "connected": blank, "paid": blank}) == {
        "FIRST NAME": None,
        "amount": None,
        "connected": None,
        "paid": False,
    }


def test_account_numbers_are_trimmed_and_upper_cased():
    assert coerce(TABLE, {"accountnumber": " 0045mak "}) == {"accountnumber": "0045MAK"}


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("CELL PHONE 1", "12", "a phone number of at least 7 digits"),
        ("FIRST NAME", "abcdefghijk", "at most 10 characters long"),
        ("FIRST NAME", True, "text"),
        ("FIRST NAME", ["a"], "a single value"),
        ("FIRST NAME", "a\x00b", "readable text"),
        ("FIRST NAME", "\ud800", "readable text"),
        ("connected", "2026-02-30", "a date like 2026-11-21"),
        ("connected", "03/04/2026", "a date like"),
        ("connected", "0202-01-01", "a date like"),
        ("connected", 20260101, "a date like"),
        ("amount", "1.23456", "at most 4 decimals"),
        ("amount", "922337203685477.5808", "below 922 trillion"),
        ("amount", "ten", "a number"),
        ("amount", True, "a number"),
        ("rate", "nan", "a number"),
        ("rate", "1e400", "a number"),
        ("rate", float("inf"), "a number"),
        ("paid", "maybe", "yes or no"),
        ("paid", 2, "yes or no"),
        ("photo", "abc", "pictures or files"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_column(name, value, wanted):
    error = refused({name: value})
    assert error.field == name
    assert wanted in error.message
    assert error.message.startswith(name)


@pytest.mark.parametrize("value", ["3.5", "12-34", "2147483648", "-2147483649", 3.5, True, "1e3", float("nan"), "٣"])
def test_whole_numbers_are_not_bent_into_shape(value):
    with pytest.raises(InvalidInput, match=r"^meters must be a whole number"):
        coerce_value(column("meters", "INTEGER"), value)


@pytest.mark.parametrize(("value", "number"), [("35", 35), ("-2", -2), (7.0, 7), ("7.0", 7), (Decimal("8"), 8)])
def test_whole_numbers_may_be_written_in_several_ways(value, number):
    assert coerce_value(column("meters", "INTEGER"), value) == number


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("+266 5869 8650", "Lesotho", 58698650),
        ("0026658698650", "Lesotho", 58698650),
        ("58698650", None, 58698650),
        ("26612345", "Lesotho", 26612345),
        (58698650, "Lesotho", 58698650),
        ("+260 97 1234567", "Zambia", 971234567),
        ("0", "Lesotho", None),
    ],
)
def test_phones_in_number_columns_become_local_numbers_of_their_country(typed, country, stored):
    assert coerce(TABLE, {"CELL PHONE 1": typed, "COUNTRY": country})["CELL PHONE 1"] == stored


def test_the_country_of_the_record_counts_when_the_payload_names_none():
    current = {"COUNTRY": "Zambia"}
    assert coerce(TABLE, {"CELL PHONE 1": "0971234567"}, current=current) == {"CELL PHONE 1": 971234567}


def test_phones_in_text_columns_stay_as_typed():
    assert coerce(TABLE, {"PHONE": " +266 5869 8650 "}) == {"PHONE": "+266 5869 8650"}


@pytest.mark.parametrize(("value", "truth"), [("YES", True), ("1", True), (0, False), ("false", False), (True, True)])
def test_yes_and_no_have_many_spellings(value, truth):
    assert coerce(TABLE, {"paid": value}) == {"paid": truth}


def test_times_are_local_and_aware():
    moment = datetime(2026, 11, 21, 14, 5, tzinfo=meter_zone())
    assert coerce(TABLE, {"connected": "2026-11-21 14:05"}) == {"connected": moment}
    assert coerce(TABLE, {"connected": "2026-11-21T12:05:00Z"}) == {"connected": moment}
    assert coerce(TABLE, {"connected": datetime(2026, 11, 21, 14, 5)}) == {"connected": moment}


def test_amounts_are_exact():
    assert coerce(TABLE, {"amount": "0.1", "rate": "0.1"}) == {"amount": Decimal("0.1000"), "rate": 0.1}
    assert json_value(Decimal("55.0000")) == "55"
    assert json_value(Decimal("-0.5000")) == "-0.5"
    assert json_value(Decimal("1E+3")) == "1000"


any_value = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.decimals(), st.datetimes(),
    st.lists(st.integers(), max_size=2),
)  # fmt: skip


@given(st.sampled_from([column.name for column in TABLE.columns[1:]]), any_value)
def test_any_value_fits_or_is_refused_by_name(name, value):
    try:
        found = coerce(TABLE, {name: value})
    except InvalidInput as error:
        assert error.field == name
    else:
        assert list(found) == [name]


@given(st.sampled_from([column.name for column in TABLE.columns[1:-1]]), any_value)
def test_what_fits_survives_being_logged_as_json(name, value):
    try:
        stored = coerce(TABLE, {name: value})[name]
    except InvalidInput:
        return
    assert same(TABLE.column(name), json_value(stored), stored)
    assert from_database(TABLE.column(name), json_value(stored)) == stored
