"""A message as numbers: letters, words and concepts, each block of length one."""

import math
from collections import Counter
from collections.abc import Mapping
from itertools import combinations

from whatsapp.triage.concepts import concepts
from whatsapp.triage.safety import is_dangerous
from whatsapp.triage.words import unify

#: Weight of each block beside the others.
#: Concepts count less: their lists were written with the examples in view.
BLOCKS = {"c": 1.0, "w": 1.0, "k": 0.6}
#: The concept of a message that holds words of danger.
DANGER_WORDS = "danger"
MIN_LETTERS, MAX_LETTERS = 2, 5
MAX_LENGTH = 1000


def counts(text: str) -> dict[str, Counter[str]]:
    """How often each feature occurs, block by block: letters of words, words and pairs, concepts and their pairs."""
    plain = unify(text)[:MAX_LENGTH]
    words = plain.split()
    letters: Counter[str] = Counter()
    for word in words:
        padded = f" {word} "
        for size in range(MIN_LETTERS, MAX_LETTERS + 1):
            letters.update("c" + padded[at : at + size] for at in range(len(padded) - size + 1))
    terms = Counter("w" + word for word in words)
    terms.update(f"w{first} {second}" for first, second in zip(["^", *words], [*words, "$"], strict=True))
    meanings = sorted(concepts(plain) | ({DANGER_WORDS} if is_dangerous(text) else frozenset()))
    ideas = Counter("k" + name for name in meanings)
    ideas.update(f"k{first}+{second}" for first, second in combinations(meanings, 2))
    ideas[f"klength{min(len(words).bit_length(), 5)}"] += 1
    return {"c": letters, "w": terms, "k": ideas}


def vector(counted: Mapping[str, Mapping[str, int]], idf: Mapping[str, float]) -> dict[str, float]:
    """The weights of a message's features (``counts``); features that training never saw are left out."""
    weights: dict[str, float] = {}
    for block, found in counted.items():
        raw = {name: (1 + math.log(count)) * idf[name] for name, count in found.items() if name in idf}
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        weights.update((name, BLOCKS[block] * value / length) for name, value in raw.items())
    return weights
