"""The evaluation of the local classifier as a document: docs/triage-evaluation.md."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from whatsapp.triage import classifier, examples, local
from whatsapp.triage.evaluation import (
    Judged,
    Scores,
    by_category,
    by_language,
    cross_validate,
    judge,
    scores,
)
from whatsapp.triage.examples import Example

_SETS = Path(__file__).resolve().parents[1] / "tests" / "data"
CHALLENGE, BLIND = _SETS / "challenge.csv", _SETS / "blind.csv"
_NAMES = {"st": "Sesotho", "en": "English", "mixed": "mixed", "fr": "French"}


def report(own: Sequence[Example], tell: Callable[[str], None] = lambda _: None) -> str:
    """The whole document, on the repository's examples. The same examples, words and code give the same text."""
    crossed = cross_validate(own, tell)
    tell("challenge")
    local.build()
    model = classifier.Model.load(classifier.own_file())
    challenge, blind = (judge(model, examples.read(file)) for file in (CHALLENGE, BLIND))
    return "\n".join(
        [
            "# Evaluation of the local classifier",
            "",
            "Written by `manage.py triage report`; a test fails when examples, words or code changed since.",
            f"Digest of examples, words and code: `{classifier.source_digest()}`.",
            "How the classifier works, and what the figures do not say: [triage](algorithms/triage.md).",
            "`manage.py triage evaluate FILE` judges [your own messages](algorithms/triage.md#your-own-messages).",
            "",
            "## The blind set",
            "",
            "Written in one go before this model was trained, and never trained on (`whatsapp/tests/data/blind.csv`).",
            "What was changed after it was first judged: [here](algorithms/triage.md#what-the-figures-do-not-say).",
            "",
            tables(blind),
            "## The challenge set",
            "",
            "Never trained on, but the lists of words have been looked at beside it",
            "(`whatsapp/tests/data/challenge.csv`).",
            "",
            tables(challenge),
            "## The repository's examples, by cross-validation",
            "",
            f"{len(own):,} messages in {len({one.group for one in own}):,} groups. Five folds; wordings of one",
            "phrasing are never on both sides. Misspelt copies are made of training messages only. Far-fetched and",
            "mistyped messages are among them on purpose, and the lists of words were written beside them.",
            "",
            tables(crossed),
        ]
    )


def tables(judged: Sequence[Judged], *, safety: bool = True) -> str:
    """Figures by language, categories and confusions; without the columns of safety where nobody labelled it."""
    return "\n".join([*_figures(judged, safety=safety), "", *_categories(judged), "", *_confusions(judged), ""])


def mistakes(judged: Iterable[Judged], *, safety: bool = True) -> list[str]:
    """A line for every message that was judged wrongly."""
    lines = []
    for one in judged:
        faults = [f"{one.example.category} taken for {one.category}"] if one.category != one.example.category else []
        if safety and one.safety != one.example.safety:
            faults.append("danger missed" if one.example.safety else "false alarm")
        if faults:
            lines.append(f"[{one.example.language}] {'; '.join(faults)}: {' '.join(one.example.text.split())}")
    return lines


def _figures(judged: Sequence[Judged], *, safety: bool = True) -> list[str]:
    names = ["language", "messages", "macro-F1", "no-power recall"]
    names += ["safety recall", "safety precision"] if safety else []
    lines = [f"| {' | '.join(names)} |", f"| --- |{' ---: |' * (len(names) - 1)}"]
    lines += [_figure(_NAMES.get(code, code), part, safety=safety) for code, part in by_language(judged).items()]
    return [*lines, _figure("**all**", scores(judged), safety=safety)]


def _figure(name: str, figures: Scores, *, safety: bool) -> str:
    values = [(figures.macro_f1, figures.messages), (figures.no_power_recall, figures.outages)]
    if safety:
        values += [(figures.safety_recall, figures.dangers), (figures.safety_precision, figures.dangers)]
    told = (f"{value:.3f}" if number else "-" for value, number in values)
    return f"| {name} | {figures.messages:,} | {' | '.join(told)} |"


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
