"""How good the local classifier is: cross-validation, and the report that is kept in docs/triage-evaluation.md."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from whatsapp.triage.classifier import Model
from whatsapp.triage.examples import Example
from whatsapp.triage.local import decided
from whatsapp.triage.training import prepared, train
from whatsapp.triage.types import CATEGORIES

FOLDS = 5
LANGUAGES = ("st", "en", "mixed", "fr")


@dataclass(frozen=True)
class Judged:
    """An example, and what a model that had not seen it made of it."""

    example: Example
    category: str
    safety: bool


@dataclass(frozen=True)
class Scores:
    """Figures of a set; recalls are 1 where the set has no such message (``outages`` or ``dangers`` is 0)."""

    messages: int
    outages: int
    dangers: int
    macro_f1: float
    no_power_recall: float
    safety_recall: float
    safety_precision: float


def judge(model: Model, examples: Iterable[Example]) -> list[Judged]:
    """What is decided on messages with this model, rules of danger included."""
    judged = []
    for example in examples:
        category, danger = decided(example.text, model.judge(example.text))
        judged.append(Judged(example, category, danger))
    return judged


def cross_validate(examples: Sequence[Example], tell: Callable[[str], None] = lambda _: None) -> list[Judged]:
    """Every example judged by a model trained without its group; staff's examples and the repository's alike."""
    groups = sorted({example.group for example in examples})
    random.Random(5).shuffle(groups)  # noqa: S311 - folds, no secrets
    fold = {group: number % FOLDS for number, group in enumerate(groups)}
    features = prepared(examples)
    judged = []
    for number in range(FOLDS):
        tell(f"fold {number + 1} of {FOLDS}")
        model = train([example for example in examples if fold[example.group] != number], features)
        judged += judge(model, (example for example in examples if fold[example.group] == number))
    return judged


def scores(judged: Sequence[Judged]) -> Scores:
    """The figures of a set of judged messages."""
    dangerous = [one for one in judged if one.example.safety]
    called = [one for one in judged if one.safety]
    hits = sum(1 for one in called if one.example.safety)
    parts = by_category(judged)
    present = [part for part in parts.values() if part["messages"]]
    return Scores(
        messages=len(judged),
        outages=int(parts["no-power"]["messages"]),
        dangers=len(dangerous),
        macro_f1=sum(part["f1"] for part in present) / len(present) if present else 1.0,
        no_power_recall=parts["no-power"]["recall"],
        safety_recall=sum(1 for one in dangerous if one.safety) / len(dangerous) if dangerous else 1.0,
        safety_precision=hits / len(called) if called else 1.0,
    )


def by_category(judged: Iterable[Judged]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and number of messages of each category."""
    pairs = Counter((one.example.category, one.category) for one in judged)
    table = {}
    for name in CATEGORIES:
        hits = pairs[name, name]
        real = sum(number for (category, _), number in pairs.items() if category == name)
        called = sum(number for (_, category), number in pairs.items() if category == name)
        precision = hits / called if called else 1.0
        recall = hits / real if real else 1.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        table[name] = {"precision": precision, "recall": recall, "f1": f1, "messages": real}
    return table


def by_language(judged: Sequence[Judged]) -> Mapping[str, Scores]:
    """The figures of each language there is, ours first."""
    present = {one.example.language for one in judged}
    codes = [*(code for code in LANGUAGES if code in present), *sorted(present.difference(LANGUAGES))]
    return {code: scores([one for one in judged if one.example.language == code]) for code in codes}
