"""Account numbers (semantics 2): ``0045MAK``, four digits and the code of the site."""

import re

from ccportal.core.text import clean

_FORWARD = re.compile(r"^(\d{3,4})\s*-?\s*([A-Z]{2,4})$")
_REVERSED = re.compile(r"^([A-Z]{2,4})\s*-?\s*(\d{3,4})$")
_PLOT = re.compile(r"^([A-Z]{2,4})\s+(\d{3,4})([A-Z]?)\s+\S")


def normalise(value: object) -> str:
    """Trimmed and upper-cased, as account numbers are kept everywhere (D-13)."""
    return clean(value).upper()


def parse_typed(text: str) -> str:
    """What a person types, in either order and with or without blanks, in canonical form.

    Text that is no account number comes back normalised only; it then matches nothing.

    >>> parse_typed("mak 0045")
    '0045MAK'
    """
    account = normalise(text)
    forward, reversed_ = _FORWARD.match(account), _REVERSED.match(account)
    if forward:
        return forward[1].zfill(4) + forward[2]
    if reversed_:
        return reversed_[2].zfill(4) + reversed_[1]
    return account


def looks_like_account(text: str) -> bool:
    return bool(_FORWARD.match(normalise(text)) or _REVERSED.match(normalise(text)))


def site_code(account: object) -> str:
    """The last three letters of an account number; empty when it has no such ending (D-22)."""
    ending = normalise(account)[-3:]
    return ending if len(ending) == 3 and ending.isalpha() else ""


def from_plot(plot: object, concession: object) -> str:
    """The account that a plot number implies (semantics 3.3), empty when it implies none.

    Digits padded to four, then the site of the customer, not the letters of the plot; the sub-plot letter is dropped.

    >>> from_plot("KET 0914B HH", "KET")
    '0914KET'
    """
    match = _PLOT.match(normalise(plot))
    site = normalise(concession)
    return match[2].zfill(4) + site if match and site else ""
