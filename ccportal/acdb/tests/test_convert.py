"""Values of a file are decoded strictly; what is not taken as it stands is counted with the row's key."""

import csv
import io
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccportal.acdb.importer.convert import Converter
from ccportal.acdb.importer.source import SourceColumn, SourceTable

NULL = "\x1anull\x1a"


def converted(kind, values, *, name="value", exact=True):
    """One column of a table with a key: the decoded values, and what was found as kind to (count, keys)."""
    table = SourceTable("t", (SourceColumn("ID", "COUNTER"), SourceColumn(name, kind)), ("ID",), len(values))
    converter = Converter(table, NULL, exact_decimals=exact)
    keys = [str(number) for number in range(1, len(values) + 1)]
    rows = list(converter.rows([keys, values])) if values else []
    return [value for _, value in rows], {found.kind: (found.count, found.examples) for found in converter.findings}


def test_null_is_null_in_every_type():
    for kind in ("COUNTER", "INTEGER", "DOUBLE", "CURRENCY", "DATETIME", "VARCHAR", "LONGBINARY", "GUID"):
        assert converted(kind, [NULL]) == ([None], {})


def test_text_that_reads_like_null_elsewhere_stays_text():
    assert converted("VARCHAR", ["\\N", "", "NULL", NULL])[0] == ["\\N", "", "NULL", None]


def test_whole_numbers_and_yes_no_are_read():
    assert converted("INTEGER", ["5", "-7", NULL]) == ([5, -7, None], {})
    assert converted("BIT", ["1", "0"]) == ([True, False], {})


@pytest.mark.parametrize("kind", ["INTEGER", "DOUBLE", "CURRENCY", "BIT", "LONGBINARY", "GUID", "DATETIME"])
def test_garbage_becomes_null_and_is_named_by_its_key(kind):
    assert converted(kind, ["what?", NULL]) == ([None, None], {"rejected": (1, ["1"])})


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999"])
def test_numbers_that_are_none_are_rejected(text):
    assert converted("DOUBLE", ["1.5", text]) == ([1.5, None], {"rejected": (1, ["2"])})
    assert converted("CURRENCY", [text])[0] == [None]


def test_only_the_first_examples_are_kept_but_all_are_counted():
    assert converted("INTEGER", ["x"] * 12)[1] == {"rejected": (12, ["1", "2", "3", "4", "5"])}


def test_amounts_keep_every_digit():
    assert converted("CURRENCY", ["922337203685477.5807", "-0.0001"])[0] == ["922337203685477.5807", "-0.0001"]


def test_amounts_beyond_what_sqlite_keeps_exactly_are_named():
    values = ["922337203685477.5807", "123456789012.0000", "12345678901.2345"]
    assert converted("CURRENCY", values, exact=False)[1] == {"rounded": (1, ["1"])}


def test_times_of_access_and_of_mdbtools_are_told_apart():
    values = ["2026-03-31 23:45:00", "1899-12-30 00:00:00", "1899-12-30 08:30:00", "1900-01-00 00:00:00",
              "2025-12-31 24:00:00", "0202-05-06 00:00:00", NULL]  # fmt: skip
    found, findings = converted("DATETIME", values)
    assert found == ["2026-03-31 23:45:00", None, None, None, "2026-01-01 00:00:00", None, None]
    assert findings == {
        "empty date": (1, ["2"]),
        "time without day": (1, ["3"]),
        "rejected": (2, ["4", "6"]),
        "next midnight": (1, ["5"]),
    }


def test_account_numbers_are_normalised_wherever_a_column_is_called_so():
    values = ["0045MAK", " 0045mak ", NULL, "0045MAK"]
    assert converted("VARCHAR", values, name="accountNumber") == (
        ["0045MAK", "0045MAK", None, "0045MAK"],
        {"account": (1, ["2"])},
    )


def test_the_dash_that_mdbtools_forgets_in_a_guid_is_put_back():
    assert converted("GUID", ["{01234567-89AB-CDEF-0123456789ABCDEF}"])[0] == ["{01234567-89AB-CDEF-0123-456789ABCDEF}"]


def test_files_are_read_from_their_hexadecimal_digits():
    assert converted("LONGBINARY", ["00ff10"])[0] == [b"\x00\xff\x10"]


@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 31, 23, 59, 59)), max_size=20))
def test_every_real_time_comes_through(moments):
    texts = [moment.replace(microsecond=0).isoformat(sep=" ") for moment in moments]
    assert converted("DATETIME", texts) == (texts, {})


@given(st.lists(st.text(max_size=25), max_size=20))
def test_any_text_is_a_time_or_counted(texts):
    found, findings = converted("DATETIME", texts)
    for text in found:
        assert text is None or datetime.fromisoformat(text).year >= 1900
    assert sum(value is None for value in found) == sum(
        count for kind, (count, _) in findings.items() if kind != "next midnight"
    )


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_every_number_comes_through(numbers):
    assert converted("DOUBLE", [repr(number) for number in numbers]) == (numbers, {})


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), min_size=1, max_size=10))
def test_any_text_survives_the_way_through_csv(texts):
    """As mdb-export writes it: every text quoted, quotes doubled, line ends as they are."""
    written = "".join('"' + text.replace('"', '""') + '"\n' for text in texts)
    read = [row[0] for row in csv.reader(io.StringIO(written, newline=""), strict=True)]
    assert converted("VARCHAR", read)[0] == texts
