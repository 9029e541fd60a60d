"""The evaluation of the local classifier as a document: docs/triage-evaluation.md."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from whatsapp.triage import classifier, examples
from whatsapp.triage.evaluation import (
    LANGUAGES,
    Judged,
    Scores,
    by_category,
    by_language,
    cross_validate,
    judge,
    scores,
)
from whatsapp.triage.examples import Example
from whatsapp.triage.training import train

CHALLENGE = Path(__file__).resolve().parents[1] / "tests" / "data" / "challenge.csv"
_NAMES = {"st": "Sesotho", "en": "English", "mixed": "mixed", "fr": "French"}


def report(own: Sequence[Example], tell: Callable[[str], None] = lambda _: None) -> str:
    """The whole document. The same examples, words and code give the same text."""
    crossed = cross_validate(own, tell)
    tell("challenge")
    challenge = judge(train(own), examples.read(CHALLENGE))
    return "\n".join(
        [
            "# Evaluation of the local classifier",
            "",
            "Written by `manage.py triage report`; a test fails when examples, words or code changed since.",
            f"Digest of examples, words and code: `{classifier.source_digest()}`.",
            "How the classifier works, and what the figures do not say: [triage](algorithms/triage.md).",
            "",
            "## The repository's examples, by cross-validation",
            "",
            f"{len(own):,} messages in {len({one.group for one in own}):,} groups. Five folds; wordings of one",
            "phrasing are never on both sides. Misspelt copies are made of training messages only.",
            "",
            *_figures(crossed),
            "",
            "### Categories",
            "",
            *_categories(crossed),
            "",
            "### What is taken for what",
            "",
            *_confusions(crossed),
            "",
            "## The challenge set",
            "",
            "Written in another style after the classifier, never trained on (`whatsapp/tests/data/challenge.csv`).",
            "",
            *_figures(challenge),
            "",
            *_categories(challenge),
            "",
            "### What is taken for what",
            "",
            *_confusions(challenge),
            "",
        ]
    )


def _figures(judged: Sequence[Judged]) -> list[str]:
    lines = ["| language | messages | macro-F1 | no-power recall | safety recall | safety precision |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    languages = by_language(judged)
    lines += [_figure(_NAMES[code], languages[code]) for code in LANGUAGES]
    return [*lines, _figure("**all**", scores(judged))]


def _figure(name: str, figures: Scores) -> str:
    values = (figures.macro_f1, figures.no_power_recall, figures.safety_recall, figures.safety_precision)
    return f"| {name} | {figures.messages:,} | {' | '.join(f'{value:.3f}' for value in values)} |"


def _categories(judged: Iterable[Judged]) -> list[str]:
    lines = ["| category | messages | precision | recall | F1 |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, part in by_category(judged).items():
        figures = " | ".join(f"{part[key]:.3f}" for key in ("precision", "recall", "f1"))
        lines.append(f"| {name} | {part['messages']:,} | {figures} |")
    return lines


def _confusions(judged: Iterable[Judged]) -> list[str]:
    """The commonest confusions, most frequent first."""
    pairs = Counter((one.example.category, one.category) for one in judged if one.example.category != one.category)
    lines = ["| is | taken for | times |", "| --- | --- | ---: |"]
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [*lines, *(f"| {real} | {called} | {number} |" for (real, called), number in ranked[:12])]
