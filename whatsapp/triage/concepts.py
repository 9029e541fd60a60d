"""What words mean, in three languages: the knowledge that the classifier starts from (``data/concepts.toml``).

Training weighs concepts and their pairs beside the letters of the message, so that a wording nobody wrote down before
is understood by the words it uses.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from whatsapp.triage.patterns import pattern_of, single_words
from whatsapp.triage.spelling import Speller

DATA = Path(__file__).parent / "data" / "concepts.toml"


@lru_cache(maxsize=1)
def _concepts() -> tuple[dict[str, re.Pattern[str]], Speller]:
    with DATA.open("rb") as file:
        source = tomllib.load(file)
    patterns = {name: re.compile(pattern_of(listed)) for name, listed in source.items()}
    return patterns, Speller(single_words(source.values()))


@lru_cache(maxsize=4096)
def concepts(text: str) -> frozenset[str]:
    """Names of the concepts that a ``unify``-ed text speaks of, slips of the finger corrected."""
    patterns, speller = _concepts()
    corrected = speller.corrected(text)
    both = text if corrected == text else f"{text} {corrected}"
    return frozenset(name for name, pattern in patterns.items() if pattern.search(both))
