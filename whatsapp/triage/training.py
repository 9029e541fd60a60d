"""Trains the local classifier from labelled examples, the same way every time. Imports scikit-learn when called."""

import math
import random
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from whatsapp.triage.classifier import Model
from whatsapp.triage.examples import Example
from whatsapp.triage.features import DANGER_WORDS, counts, vector

COURTESIES = Path(__file__).parent / "data" / "courtesies.toml"
#: Inverse strengths of the regularisation, chosen on messages that another hand wrote.
STRENGTH, DANGER_STRENGTH = 0.5, 10.0
#: Distances from a category's border as log odds: so that confidences are about as often right as they say.
SCALE = 3.0
#: A feature of fewer messages (a message and its copies are three) teaches nothing.
LEAST_MESSAGES = 4
#: Copies count less than what somebody wrote.
COPY_WEIGHT = 0.5
Counts = dict[str, Counter[str]]
Prepared = Mapping[Example, tuple[Counts, ...]]
_LETTERS = "aeiouthsnlmk"
DIGITS = 4
#: The log odds of a danger that no example has.
NEVER = -20.0


def misspelt(text: str, chance: random.Random) -> str:
    """The text with a slip of the finger every eighteen letters.

    >>> misspelt("Ha ho na motlakase", random.Random(3)) != "ha ho na motlakase"
    True
    """
    letters = list(text.lower())
    for _ in range(max(1, len(letters) // 18)):
        at, kind = chance.randrange(len(letters)), chance.random()
        if kind < 0.35 and len(letters) > 3:
            del letters[at]
        elif kind < 0.6 and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif kind < 0.8:
            letters.insert(at, letters[at])
        else:
            letters[at] = chance.choice(_LETTERS)
    return "".join(letters)


@lru_cache(maxsize=1)
def _courtesies() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    with COURTESIES.open("rb") as file:
        source = tomllib.load(file)
    return source["openings"], source["closings"]


def polite(example: Example, chance: random.Random) -> str:
    """The text of an example with a greeting before it, a plea behind it, both or neither."""
    openings, closings = _courtesies()
    language = chance.choice(("st", "en")) if example.language == "mixed" else example.language
    text = example.text
    if chance.random() < 0.5:
        text = f"{chance.choice(openings[language])} {text}"
    if chance.random() < 0.5:
        text = f"{text} {chance.choice(closings[language])}"
    return text


def prepared(examples: Iterable[Example]) -> Prepared:
    """The features of every example and of two copies: one misspelt, one with courtesies around it and misspelt."""
    features = {}
    for example in examples:
        chance = random.Random(example.text)  # noqa: S311 - spelling mistakes, no secrets
        texts = (example.text, misspelt(example.text, chance), misspelt(polite(example, chance), chance))
        features[example] = tuple(counts(text) for text in texts)
    return features


def train(examples: Sequence[Example], features: Prepared | None = None) -> Model:
    """A model of these examples; takes seconds. Equal examples give equal models; ``features`` saves finding them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC
    from threadpoolctl import threadpool_limits

    features = prepared(examples) if features is None else features
    counted = [features[example][copy] for copy in range(3) for example in examples]
    idf = _rarity(counted)
    matrix = _matrix(counted, idf)
    weights = _weights(examples)
    kinds = LinearSVC(C=STRENGTH, random_state=1)
    danger = LogisticRegression(C=DANGER_STRENGTH, max_iter=400, class_weight="balanced")
    # More threads take ten times as long on matrices this small, and add up in another order.
    with threadpool_limits(limits=1):
        kinds.fit(matrix, [example.category for example in examples] * 3, sample_weight=weights)
        if len({example.safety for example in examples}) == 2:
            dangers = [example.safety for example in examples] * 3
            danger.fit(_without_danger_words(matrix, idf), dangers, sample_weight=weights)
    # Without a dangerous example only the words of danger count.
    taught = hasattr(danger, "coef_")
    columns = [*(SCALE * kinds.coef_), danger.coef_[0] if taught else [0.0] * len(idf)]
    rows = [[round(float(column[place]), DIGITS) for column in columns] for place in range(len(idf))]
    starts = [*(SCALE * kinds.intercept_), danger.intercept_[0] if taught else NEVER]
    return Model([str(name) for name in kinds.classes_], [round(float(value), DIGITS) for value in starts], idf, rows)


def _weights(examples: Sequence[Example]) -> list[float]:
    """A phrasing with many wordings counts more than one with one, but not as many times; copies less."""
    sizes = Counter(example.group for example in examples)
    shares = [1 / math.sqrt(sizes[example.group]) for example in examples]
    return shares + 2 * [COPY_WEIGHT * share for share in shares]


def _without_danger_words(matrix: Any, idf: dict[str, float]) -> Any:
    """The features without the list of words of danger: the feeling for danger shall be a second opinion."""
    from scipy.sparse import diags

    return matrix @ diags([0.0 if DANGER_WORDS in name and name.startswith("k") else 1.0 for name in idf])


def _rarity(counted: Sequence[Counts]) -> dict[str, float]:
    """The inverse document frequency of every feature that more than one message has."""
    messages: Counter[str] = Counter()
    for message in counted:
        for found in message.values():
            messages.update(found.keys())
    total = len(counted)
    return {
        name: round(math.log((1 + total) / (1 + number)) + 1, DIGITS)
        for name, number in sorted(messages.items())
        if number >= LEAST_MESSAGES
    }


def _matrix(counted: Sequence[Counts], idf: dict[str, float]) -> Any:
    from scipy.sparse import csr_matrix

    place = {name: number for number, name in enumerate(idf)}
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for message in counted:
        row = vector(message, idf)
        values.extend(row.values())
        columns.extend(place[name] for name in row)
        ends.append(len(values))
    return csr_matrix((values, columns, ends), shape=(len(counted), len(idf)))
