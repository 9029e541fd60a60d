"""Adds what staff taught to the local classifier, and replaces the model only when it is no worse for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whatsapp.triage import classifier, examples, local
from whatsapp.triage.evaluation import Judged, Scores, cross_validate, scores
from whatsapp.triage.examples import Example
from whatsapp.triage.training import train

#: How much a figure may fall on the repository's own examples before the new model is refused.
TOLERANCE = 0.01
FIGURES = ("macro_f1", "no_power_recall", "safety_recall")


@dataclass(frozen=True)
class Outcome:
    """Figures on the repository's examples before and after, and on the corrections themselves."""

    before: Scores
    after: Scores
    corrections_before: float
    corrections_after: float
    taught: int
    replaced: bool
    reason: str

    def table(self) -> str:
        """The figures as lines of text."""
        lines = [f"{'':24}{'before':>8}{'after':>8}"]
        for name in FIGURES:
            title = name.replace("_", " ")
            lines.append(f"{title:24}{getattr(self.before, name):8.3f}{getattr(self.after, name):8.3f}")
        lines.append(f"{'corrections right':24}{self.corrections_before:8.3f}{self.corrections_after:8.3f}")
        return "\n".join(lines)


def retrain(tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Cross-validate with and without staff's corrections; install the model with them unless it is worse.

    Every figure is of messages that the model had not seen. Both runs are compared on the repository's examples, so
    that corrections cannot hide what they spoil.
    """
    own, taught = examples.read(), worth_teaching()
    if not taught:
        nothing = scores([])
        return Outcome(nothing, nothing, 0, 0, 0, False, "nothing was corrected")
    tell("without the corrections")
    before = cross_validate(own, tell)
    tell("with the corrections")
    after = cross_validate([*own, *taught], tell)
    own_after = [one for one in after if not _is_taught(one.example)]
    outcome = _compared(scores(before), scores(own_after), taught, after)
    if outcome.replaced:
        train([*own, *taught]).save(classifier.taught_file())
    return outcome


def worth_teaching() -> list[Example]:
    """Staff's examples with words in them; the same text counts once, as corrected last."""
    latest = {" ".join(example.text.lower().split()): example for example in examples.taught()}
    return [example for text, example in latest.items() if text]


def _is_taught(example: Example) -> bool:
    return example.group.startswith("staff-")


def _compared(before: Scores, after: Scores, taught: Sequence[Example], judged: Sequence[Judged]) -> Outcome:
    worse = [name for name in FIGURES if getattr(after, name) < getattr(before, name) - TOLERANCE]
    old = sum(1 for example in taught if local.judge(example.text).category == example.category)
    new = sum(1 for one in judged if _is_taught(one.example) and one.category == one.example.category)
    return Outcome(
        before=before,
        after=after,
        corrections_before=old / len(taught),
        corrections_after=new / len(taught),
        taught=len(taught),
        replaced=not worse,
        reason=f"worse in {', '.join(name.replace('_', ' ') for name in worse)}" if worse else "",
    )
