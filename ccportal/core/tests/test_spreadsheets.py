"""Texts that a spreadsheet would run, in every file that leaves the portal."""

import pytest

from ccportal.core.spreadsheets import harmless


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2+3", "+cmd", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_a_formula_becomes_text(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "0001MAK", "-2.5", "+266 58000001", "a=b", "Letšela"])
def test_other_text_stays(text):
    assert harmless(text) == text
