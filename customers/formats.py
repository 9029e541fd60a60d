"""What people type for plots, meters and national ids, in the one form in which it is kept (acdb_schema 2 and 3).

Pure functions of texts. A text that does not fit is ``InvalidInput``, which names the field and says what to do.
"""

import re
from dataclasses import dataclass

from ccportal.acdb.accountnumbers import normalise
from ccportal.core.errors import InvalidInput

#: Type codes of customers (semantics 1.6) and what they stand for.
CUSTOMER_TYPES: dict[str, str] = {
    "HH": "Household",
    "SME": "Small business",
    "CHU": "Church",
    "SCP": "Small commercial or productive user",
    "SCH": "School",
    "HC": "Health centre",
    "GOV": "Government",
    "COM": "Commercial",
    "IND": "Industry",
}
_PLOT = re.compile(r"([A-Z]{2,4})[\s-]*(\d{3,4})([A-Z]?)(?:[\s-]+|(?<=\d))([A-Z]{2,4})", re.ASCII)
_SERIAL = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*", re.ASCII)
_SPARKMETER = re.compile(r"SMRSD(RF)?-\d{2}-[0-9A-F]{8}", re.ASCII)
_NATIONAL_ID = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)
_DASHES = re.compile(r"\s*[-_‐‑‒–—−]\s*")
_SEPARATORS = re.compile(r"[\s./-]+")


@dataclass(frozen=True)
class Plot:
    """A plot number, ``MAK 0045A HH``: site, number, sub-plot, type."""

    site: str
    number: str
    sub_plot: str
    kind: str

    def __str__(self) -> str:
        return f"{self.site} {self.number}{self.sub_plot} {self.kind}"


def parse_plot(text: str) -> Plot:
    """The plot number in any letter case, with blanks, hyphens or nothing between its parts.

    >>> str(parse_plot("mak-0045 hh"))
    'MAK 0045 HH'
    >>> str(parse_plot("KET 914b sme"))
    'KET 0914B SME'
    """
    match = _PLOT.fullmatch(normalise(text))
    if not match:
        raise InvalidInput(
            "A plot number is written like MAK 0045 HH or KET 0914B SME: the site, three or four digits, "
            "perhaps the letter of a sub-plot, and the type.",
            field="plot_number",
        )
    return Plot(match[1], match[2].zfill(4), match[3], match[4])


def plot_key(text: object) -> str:
    """What two spellings of one plot share, without the type, which other programs write differently.

    >>> plot_key(" ket 0914b  HH") == plot_key("KET-914B SME") == "KET 0914B"
    True
    """
    try:
        plot = parse_plot(normalise(text))
    except InvalidInput:
        return " ".join(normalise(text).split())
    return f"{plot.site} {plot.number}{plot.sub_plot}"


def serial_key(text: object) -> str:
    """A meter's serial in one spelling: capitals, hyphens for underscores and dashes, no blanks around them.

    >>> serial_key("smrsd_03 - 0001963e")
    'SMRSD-03-0001963E'
    """
    return _DASHES.sub("-", normalise(text))


def parse_serial(text: str) -> str:
    """The serial of a meter as it is kept; ``InvalidInput`` when it cannot be one.

    Known are SparkMeter's (``SMRSD-03-0001963E``), pilot meters (``FSI00031``) and long codes
    (``02-01-M-2303-000005``).
    """
    serial = serial_key(text)
    if serial.startswith("SMRSD") and not _SPARKMETER.fullmatch(serial):
        raise InvalidInput(
            "A SparkMeter serial is written like SMRSD-03-0001963E: two digits and eight digits or letters A to F. "
            "Read it from the label again.",
            field="meter_id",
        )
    if not _SERIAL.fullmatch(serial) or not 5 <= len(serial) <= 40 or sum(map(str.isdigit, serial)) < 3:
        raise InvalidInput(
            "A meter's serial has letters, digits and hyphens, five to forty of them, like SMRSD-03-0001963E. "
            "Read it from the label.",
            field="meter_id",
        )
    return serial


def id_key(text: object) -> str:
    """A national id or passport number in capitals without blanks, dots, slashes and hyphens."""
    return _SEPARATORS.sub("", normalise(text))


def parse_national_id(text: str) -> str:
    """The national id or passport number as it is kept; ``InvalidInput`` when it cannot be one."""
    found = id_key(text)
    if not _NATIONAL_ID.fullmatch(found) or not any(map(str.isdigit, found)):
        raise InvalidInput(
            "A national id or passport number has five to twenty digits or letters. Copy it from the document, "
            "or leave the field empty.",
            field="id_number",
        )
    return found
