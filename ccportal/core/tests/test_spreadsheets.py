"""Texts that a spreadsheet would run, in every file that leaves the portal."""

import pytest

from ccportal.core.spreadsheets import csv_file, csv_pieces, harmless


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2+3", "+cmd", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_a_formula_becomes_text(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "0001MAK", "-2.5", "-1.5e-07", "+266 58000001", "a=b", "Letšela"])
def test_other_text_stays(text):
    assert harmless(text) == text


def test_a_file_has_a_head_crlf_empty_gaps_and_no_formulas():
    assert csv_file(["name", "kwh"], [("=1+1", 2.5), ("Letšela", None)]) == (
        "name,kwh\r\n'=1+1,2.5\r\nLetšela,\r\n".encode()
    )


def test_a_file_without_rows_is_its_head():
    assert csv_file(["name"], []) == b"name\r\n"


def test_a_long_file_is_read_a_thousand_rows_at_a_time():
    rows = iter([[number] for number in range(2500)])
    pieces = csv_pieces(["number"], rows)
    assert next(pieces).splitlines() == [b"number", *(b"%d" % number for number in range(1000))]
    assert next(rows) == [1000]
    assert len(b"".join(pieces).splitlines()) == 1499
