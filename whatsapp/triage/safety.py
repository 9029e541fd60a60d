"""Words of danger, in English, Sesotho and French, misspelt or not (``data/safety.toml``).

Whoever writes of sparks, smoke, fire, a shock, or a line or pole on the ground is a P1, whatever a model says. Missing
one may cost a life and a false one costs a drive, so only a denial directly in front of the word counts ("no smoke").
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from whatsapp.triage.patterns import entries, pattern_of, single_words
from whatsapp.triage.spelling import Speller
from whatsapp.triage.words import unify

DATA = Path(__file__).parent / "data" / "safety.toml"
#: Words between a thing and what happened to it.
_GAP = r" (?:\w+ ){0,5}?"
_BETWEEN = r" (?:(?:any|a|more|visible|of|de|d|du|le|ba|bile|letho|la|na|signs?) )?"


@lru_cache(maxsize=1)
def _lexicon() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], Speller]:
    with DATA.open("rb") as file:
        source = tomllib.load(file)
    pairs = [(pattern_of(pair["things"]), pattern_of(pair["states"])) for pair in source["together"].values()]
    danger = "|".join(
        (
            pattern_of(source["words"]),
            pattern_of(source["phrases"].replace("GETS", "get*")),
            *(f"{first}{_GAP}{second}" for pair in pairs for first, second in (pair, pair[::-1])),
        )
    )
    exceptions = {unify(word) for word in entries(source["exceptions"])}
    return (
        re.compile(danger),
        re.compile(pattern_of(source["harmless"])),
        re.compile(f"{pattern_of(source['denials'])}{_BETWEEN}$"),
        Speller(single_words([source["words"]]), exceptions),
    )


@lru_cache(maxsize=4096)
def words_of_danger(message: str) -> bool | None:
    """Whether the message speaks of danger to people; None when it has no word of danger, not even a denied one."""
    danger, harmless, denial, speller = _lexicon()
    text = unify(message)
    corrected = speller.corrected(text)
    denied = None
    for version in dict.fromkeys((text, corrected)):
        spans = [match.span() for match in harmless.finditer(version)]
        for match in danger.finditer(version):
            excused = any(first <= match.start() and match.end() <= last for first, last in spans)
            if not excused and not denial.search(version[: match.start()]):
                return True
            denied = False
    return denied


def is_dangerous(message: str) -> bool:
    """Whether the message speaks of danger to people.

    >>> is_dangerous("Sparks from the pole"), is_dangerous("ho tsoa mosi"), is_dangerous("No power, there is no smoke")
    (True, True, False)
    """
    return words_of_danger(message) is True
