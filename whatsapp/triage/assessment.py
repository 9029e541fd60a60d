"""The decision on a message: a category is proposed, rules decide."""

from collections.abc import Sequence
from typing import Protocol

from whatsapp.triage import rules
from whatsapp.triage.keywords import category_by_keywords
from whatsapp.triage.language import language_of
from whatsapp.triage.safety import is_dangerous
from whatsapp.triage.sites import site_in
from whatsapp.triage.summaries import summarise
from whatsapp.triage.types import FAULTS, Known, Triage, Turn

MAX_TEXT = 4000


class Judged(Protocol):
    """What an earlier judgement was; a ``Triage`` or the row that keeps it."""

    @property
    def category(self) -> str: ...
    @property
    def site_code(self) -> str: ...


def assess(text: str, known: Known, history: Sequence[Turn] = ()) -> Triage:
    """Judge a message of a customer. Never raises for a vendor's fault: another way of judging takes over."""
    text = text[:MAX_TEXT]
    category, confidence = category_by_keywords(text)
    return _decided(text, known, category, confidence)


def _decided(text: str, known: Known, category: str, confidence: float) -> Triage:
    safety = is_dangerous(text)
    if safety and category not in FAULTS:
        category = "equipment-failure"
    site = known.site_code or site_in(text, known)
    vague = rules.is_vague(text) and not safety
    back = rules.is_good_news(text, category) and not safety
    unsure = confidence < rules.SURE and not safety and category != "no-power"
    escalation = rules.is_escalation(text)
    ticket = not (vague or back or unsure) and rules.needs_ticket(category, safety=safety, escalation=escalation)
    return Triage(
        needs_ticket=ticket,
        category="general-inquiry" if vague or back else category,
        priority=rules.priority_of(category, safety=safety),
        site_code=site,
        summary=summarise(text, category, safety=safety, site=known.sites.get(site, site)),
        reply="",
        needs_information=vague or (unsure and not back),
        confidence=confidence,
        source="rules",
        safety=safety,
        language=language_of(text),
        power_back=back,
        greeting=rules.is_greeting(text),
        escalation=escalation,
    )


def same_fault(earlier: Judged, now: Judged) -> bool:
    """Whether a later message speaks of the fault that was judged before (D-107)."""
    if earlier.site_code and now.site_code and earlier.site_code != now.site_code:
        return False
    return now.category == earlier.category or now.category == "general-inquiry"
