"""Lists of words and phrases in data files, as patterns over ``unify``-ed text."""

import re
from collections.abc import Iterable

from whatsapp.triage.words import unify

_GAP = r"(?:\w+ ){0,4}?"


def entries(listed: str) -> list[str]:
    """The entries of a comma-separated list."""
    return [entry.strip() for entry in listed.replace("\n", " ").split(",") if entry.strip()]


def pattern_of(listed: str) -> str:
    """A comma-separated list as a regular expression of whole words; a star is any ending, GAP up to four words."""
    return rf"(?<!\w)(?:{'|'.join(_one(entry) for entry in entries(listed))})(?!\w)"


def _one(entry: str) -> str:
    if entry == "?":
        return r"\?"
    parts = [_plain(part) for part in re.split(r"\s+GAP(?:\s+|$)", entry) if part]
    return f" {_GAP}".join(parts)


def _plain(text: str) -> str:
    """Words, each with or without a star."""
    return " ".join(
        r"\w*".join(re.escape(unify(part)).replace(r"\ ", " ") for part in word.split("*")) for word in text.split()
    )


def single_words(lists: Iterable[str]) -> set[str]:
    """The entries that are one word, as the vocabulary of a ``Speller``."""
    found = {unify(entry.rstrip("*")) for listed in lists for entry in entries(listed)}
    return {word for word in found if " " not in word}
