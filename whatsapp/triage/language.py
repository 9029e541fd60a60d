"""Which language a message is written in, by the small words that every sentence has."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from whatsapp.triage.types import Language
from whatsapp.triage.words import normalise

DATA = Path(__file__).parent / "data" / "languages.toml"
_LETTERS = re.compile(r"[a-z]+")


#: What a word counts that two languages share.
SHARED = 0.4
#: A second language of at least so many words, and half as many as the first, makes a message mixed.
SECOND = 1.4


@lru_cache(maxsize=1)
def _small_words() -> dict[str, frozenset[str]]:
    with DATA.open("rb") as file:
        return {name: frozenset(listed.split()) for name, listed in tomllib.load(file).items()}


def language_of(text: str) -> Language:
    """The language of a message; ``mixed`` when Sesotho and English (or French) share it.

    >>> language_of("Ha ho na motlakase"), language_of("No power at my house"), language_of("Pas de courant ici")
    ('st', 'en', 'fr')
    """
    known = _small_words()
    words = _LETTERS.findall(normalise(text))
    codes: tuple[Language, ...] = ("st", "en", "fr")
    scores = {
        code: sum(SHARED if word in known["shared"] else 1.0 for word in words if word in known[code]) for code in codes
    }
    first, second, _ = sorted(codes, key=lambda code: -scores[code])
    if scores[first] == 0:
        return "en"
    return "mixed" if scores[second] >= max(SECOND, scores[first] / 2) else first
