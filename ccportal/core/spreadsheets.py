"""Cells that no spreadsheet runs as a formula: the one rule for every CSV and XLSX that leaves the portal."""

import re

#: What makes a spreadsheet take a text for a formula, full-width signs included.
STARTS_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9][0-9. ]*", re.ASCII)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run this text.

    >>> is_formula("=1+1"), is_formula("-2+3"), is_formula("+266 58000001")
    (True, True, False)
    """
    return text[:1] in STARTS_FORMULA and not _PLAIN_NUMBER.fullmatch(text)


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it instead of running it.

    >>> harmless("=1+1")
    "'=1+1"
    """
    return f"'{text}" if is_formula(text) else text
