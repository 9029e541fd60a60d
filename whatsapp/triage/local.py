"""Judging without a language model: the trained classifier, or key words while there is none."""

import fcntl
import logging
from dataclasses import dataclass
from typing import Literal

from whatsapp.triage import classifier
from whatsapp.triage.classifier import Model, Verdict
from whatsapp.triage.keywords import category_by_keywords
from whatsapp.triage.rules import is_vague
from whatsapp.triage.safety import is_dangerous, words_of_danger
from whatsapp.triage.types import FAULTS

logger = logging.getLogger(__name__)
#: A missed outage is worse than a false one: it wins when it is this much less probable than the best.
NO_POWER_FAVOUR = 4.0
#: Probability from which the classifier alone, without a word of danger, calls a message dangerous.
DANGER = 0.4


@dataclass(frozen=True)
class Local:
    """Category, confidence (0 to 1) and danger as seen on this machine."""

    category: str
    confidence: float
    safety: bool
    source: Literal["classifier", "rules"]


def decided(text: str, verdict: Verdict) -> tuple[str, bool]:
    """The category, and whether there is danger: by words, or by the classifier's feeling for it where it sees a fault.

    Danger that the words deny is none.
    Outages are favoured, except where there is danger: "smoke from the power house" is more than an outage. Danger is
    always a fault; a greeting or a plea without a matter never is.
    """
    words = words_of_danger(text)
    felt = words is None and verdict.danger >= DANGER and verdict.category in FAULTS and not is_vague(text)
    if words or felt:
        faults = FAULTS & verdict.probabilities.keys()
        return max(faults, key=verdict.probabilities.__getitem__, default="equipment-failure"), True
    if is_vague(text):
        return "general-inquiry", False
    outage = verdict.probabilities.get("no-power", 0.0)
    return "no-power" if outage * NO_POWER_FAVOUR >= verdict.confidence else verdict.category, False


def judge(text: str) -> Local:
    """Judge by the classifier; by key words, with a line in the log, when it cannot be had."""
    try:
        verdict = model().judge(text)
    except (OSError, ValueError, ImportError) as error:
        logger.warning("The local classifier cannot be used", extra={"reason": type(error).__name__})
        category, confidence = category_by_keywords(text)
        return Local(category, confidence, is_dangerous(text), "rules")
    category, danger = decided(text, verdict)
    return Local(category, verdict.probabilities.get(category, 0.0), danger, "classifier")


def model() -> Model:
    """The model in use; trained now, by one process, when this version of the portal has none yet."""
    try:
        return classifier.current()
    except FileNotFoundError:
        build()
        return classifier.current()


def build() -> bool:
    """Train the model of the repository's examples unless it is there; whether it had to be trained."""
    target = classifier.own_file()
    if target.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "training.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return False
        from whatsapp.triage import examples, training

        training.train(examples.read()).save(target)
    return True
