"""Text from outside, made safe to store and to show."""

import re
import unicodedata

#: Longer messages are cut; WhatsApp itself allows 4096 characters, captions and other channels more.
LONGEST = 65536
#: Characters that turn the direction of what follows, or that cannot be seen at all.
_TRICKS = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """What people wrote, without control and direction characters that no database or page should get.

    >>> clean_text("hello\\x00 \\u202eworld\\r\\n")
    'hello world'
    """
    text = _SURROGATES.sub("\ufffd", text[:LONGEST])
    text = _TRICKS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


def clean_line(text: str, length: int) -> str:
    """The same on one line, cut to a length."""
    return " ".join(clean_text(text[: 4 * length + 64]).split())[:length]
