"""Labelled messages: those of the repository, and those that staff added by correcting a judgement."""

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from whatsapp.models import TriageExample

FILE = Path(__file__).parent / "data" / "examples.csv"


@dataclass(frozen=True)
class Example:
    """A message and what it is. Wordings of one phrasing share a group and are never split in an evaluation."""

    group: str
    language: str
    category: str
    safety: bool
    text: str


def read(path: Path = FILE) -> list[Example]:
    """The examples of a file with the columns group, language, category, safety (0 or 1), text."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Example(row["group"], row["language"], row["category"], row["safety"] == "1", row["text"])
            for row in csv.DictReader(file)
        ]


def taught() -> list[Example]:
    """The examples that staff added."""
    return [
        Example(f"staff-{row.pk}", row.language, row.category, row.safety, row.text)
        for row in TriageExample.objects.order_by("pk")
    ]


def digest(examples: Iterable[Example]) -> str:
    """A name for exactly these examples."""
    hashed = hashlib.sha256()
    for example in examples:
        hashed.update(repr(astuple(example)).encode())
    return hashed.hexdigest()
