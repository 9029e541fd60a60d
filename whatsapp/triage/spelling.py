"""Corrects slips of the finger toward a vocabulary, quickly."""

from collections import defaultdict
from collections.abc import Iterable

from whatsapp.triage.words import near

SHORTEST = 5


class Speller:
    """Knows words of five letters and more, and finds the one a word is a single slip of."""

    def __init__(self, vocabulary: Iterable[str], exceptions: Iterable[str] = ()) -> None:
        words = sorted({word for word in vocabulary if len(word) >= SHORTEST})
        self.known = frozenset(words) | frozenset(exceptions)
        self._by_hole: dict[str, list[str]] = defaultdict(list)
        for word in words:
            for hole in self._holes(word):
                self._by_hole[hole].append(word)

    def _holes(self, word: str) -> set[str]:
        """The word, and the word with one letter left out: two words one slip apart share at least one."""
        return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}

    def correct(self, word: str) -> str:
        """The known word that this one is a slip of; the word itself when there is none, or when it is short."""
        if len(word) < SHORTEST or word in self.known:
            return word
        found = {target for hole in self._holes(word) for target in self._by_hole.get(hole, ()) if near(word, target)}
        return min(found, key=lambda target: (target[0] != word[0], target)) if found else word

    def corrected(self, text: str) -> str:
        """The text with every word corrected."""
        return " ".join(self.correct(word) for word in text.split())
