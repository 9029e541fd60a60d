"""Labelled messages in whatever file somebody brings: CSV, JSON or JSON lines, columns and values in many spellings."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ccportal.core.errors import InvalidInput
from ccportal.core.text import fold
from whatsapp.triage.examples import Example
from whatsapp.triage.language import language_of
from whatsapp.triage.types import CATEGORIES

#: Names a column may have, the first found counts.
_TEXT = ("text", "message", "messages", "msg", "body", "content", "input", "utterance", "sms", "customer message")
_CATEGORY = ("category", "label", "class", "expected category", "expected", "true category", "gold", "target", "intent")
_LANGUAGE = ("language", "lang", "locale", "langue", "language code")
_SAFETY = ("safety", "is safety", "danger", "is danger", "dangerous", "safety flag", "hazard", "expected safety")
_YES = frozenset(["1", "1.0", "true", "yes", "y", "t", "x", "oui", "e", "ee", "danger", "dangerous", "safety", "p1"])
_NO = frozenset(["", "0", "0.0", "false", "no", "n", "f", "non", "che", "none", "null", "-", "safe"])
_LANGUAGES = {
    "st": ("st", "sot", "sesotho", "sotho", "southern sotho", "st ls", "st za"),
    "en": ("en", "eng", "english", "en ls", "en us", "en gb", "en za"),
    "fr": ("fr", "fra", "fre", "french", "francais", "fr bj", "fr fr"),
    "mixed": ("mixed", "mix", "code mixed", "codemixed", "st en", "en st", "sesotho english", "code switched"),
}
_CODES = {name: code for code, names in _LANGUAGES.items() for name in names}
_WORDS = {"inquiry": ("enquiry", "inquiries", "enquiries"), "power": ("electricity",)}


def read(path: Path) -> tuple[list[Example], bool]:
    """The messages of a file, and whether it says which are dangerous; ``InvalidInput`` when it cannot be understood.

    A language that is not given is guessed; one that is not ours stands under its own name.
    """
    rows = [{fold(str(key)): value for key, value in row.items() if key is not None} for row in _rows(path)]
    if not rows:
        raise InvalidInput(f"{path.name} holds no messages.")
    names = list(dict.fromkeys(name for row in rows for name in row))
    text, category = _column(names, _TEXT), _column(names, _CATEGORY)
    if not text or not category:
        raise InvalidInput(f"{path.name} needs a column text and a column category; it has: {', '.join(names)}.")
    language, safety = _column(names, _LANGUAGE), _column(names, _SAFETY)
    found = []
    for number, row in enumerate(rows, start=1):
        words = _plain(row.get(text))
        try:
            found.append(
                Example(
                    group=f"row-{number}",
                    language=_language(_plain(row.get(language)), words),
                    category=category_named(_plain(row.get(category))),
                    safety=_flag(_plain(row.get(safety))),
                    text=words,
                )
            )
        except InvalidInput as fault:
            raise InvalidInput(f"{path.name}, message {number}: {fault}") from fault
    return found, bool(safety)


def category_named(written: str) -> str:
    """A category however it is written.

    >>> category_named("No_Power"), category_named("METER ISSUE"), category_named("general enquiry")
    ('no-power', 'meter-issue', 'general-inquiry')
    """
    plain = fold(re.sub(r"[_\-/]+", " ", written))
    for ours, theirs in _WORDS.items():
        plain = " ".join(ours if word in theirs else word for word in plain.split())
    joined = plain.replace(" ", "")
    exact = [name for name in CATEGORIES if name.replace("-", "") == joined]
    begun = [name for name in CATEGORIES if plain and plain in name.split("-") and plain not in ("no", "issue")]
    if not (exact or begun):
        raise InvalidInput(f"“{written}” is none of the categories {', '.join(CATEGORIES)}.")
    return (exact or begun)[0]


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidInput(f"{path.name} cannot be read as UTF-8 text.") from fault
    if text.lstrip()[:1] in ("{", "["):
        yield from _json_rows(path, text)
        return
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    yield from csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter)


def _json_rows(path: Path, text: str) -> Iterable[Mapping[str, Any]]:
    try:
        rows = (
            json.loads(text) if text.lstrip().startswith("[") else map(json.loads, filter(str.strip, text.split("\n")))
        )
        rows = list(rows)
    except ValueError as fault:
        raise InvalidInput(f"{path.name} is neither a JSON list nor one JSON object a line.") from fault
    if not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(f"{path.name} holds something else than objects.")
    return rows


def _column(names: Iterable[str], known: Iterable[str]) -> str:
    written = {name.replace("_", " ").replace("-", " "): name for name in names}
    return next((written[name] for name in known if name in written), "")


def _plain(value: object) -> str:
    return "" if value is None else str(value).strip()


def _language(written: str, text: str) -> str:
    if not written:
        return language_of(text)
    name = fold(re.sub(r"[_\-/+]+", " ", written))
    return _CODES.get(name, name)


def _flag(written: str) -> bool:
    if written.lower() not in _YES | _NO:
        raise InvalidInput(f"“{written}” says neither that there is danger nor that there is none.")
    return written.lower() in _YES
