"""How meter serials are compared."""

import re

from ccportal.core.text import clean

_HYPHEN = re.compile(r"\s*[-_]\s*")


def meter_key(text: object) -> str:
    """Upper case, underscores as hyphens, no blanks around hyphens (D-43).

    >>> meter_key("smrsd_03 - 0001963e")
    'SMRSD-03-0001963E'
    """
    return _HYPHEN.sub("-", clean(text).upper())
