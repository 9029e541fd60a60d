"""Text as people type it."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^0-9a-z@.+-]+")
_APOSTROPHES = str.maketrans("", "", "'’‘`´")


def fold(text: str | None) -> str:
    """Lower case without accents, apostrophes and punctuation, blanks single.

    >>> fold("'Mantšali  Letšela")
    'mantsali letsela'
    """
    plain = text or ""
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", plain.lower().translate(_APOSTROPHES)).strip()


def clean(text: object) -> str:
    """A database value as text: NULL is the empty string, outer blanks are gone (D-02)."""
    return "" if text is None else str(text).strip()
