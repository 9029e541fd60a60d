"""Trains the local classifier from labelled examples, the same way every time. Imports scikit-learn when called."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from whatsapp.triage.classifier import Model
from whatsapp.triage.examples import Example
from whatsapp.triage.features import counts, vector

#: Inverse strength of the regularisation, chosen by cross-validation.
STRENGTH = 10.0
#: A feature of a single message teaches nothing.
LEAST_MESSAGES = 2
#: Misspelt copies count less than what somebody wrote.
COPY_WEIGHT = 0.5
Counts = dict[str, Counter[str]]
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


def train(examples: Sequence[Example]) -> Model:
    """A model of these examples; takes seconds. Equal examples give equal models."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    sizes = Counter(example.group for example in examples)
    chance = random.Random(1)  # noqa: S311 - spelling mistakes, no secrets
    texts = [example.text for example in examples] + [misspelt(example.text, chance) for example in examples]
    shares = [1 / math.sqrt(sizes[example.group]) for example in examples]
    weights = shares + [COPY_WEIGHT * share for share in shares]
    counted = [counts(text) for text in texts]
    idf = _rarity(counted)
    matrix = _matrix(counted, idf)
    kinds = LogisticRegression(C=STRENGTH, max_iter=400)
    danger = LogisticRegression(C=STRENGTH, max_iter=400, class_weight="balanced")
    # More threads take ten times as long on matrices this small, and add up in another order.
    with threadpool_limits(limits=1):
        kinds.fit(matrix, [example.category for example in examples] * 2, sample_weight=weights)
        if len({example.safety for example in examples}) == 2:
            danger.fit(matrix, [example.safety for example in examples] * 2, sample_weight=weights)
    # Without a dangerous example only the words of danger count.
    taught = hasattr(danger, "coef_")
    columns = [*kinds.coef_, danger.coef_[0] if taught else [0.0] * len(idf)]
    rows = [[round(float(column[place]), DIGITS) for column in columns] for place in range(len(idf))]
    intercepts = [
        round(float(value), DIGITS) for value in (*kinds.intercept_, danger.intercept_[0] if taught else NEVER)
    ]
    return Model([str(name) for name in kinds.classes_], intercepts, idf, rows)


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
