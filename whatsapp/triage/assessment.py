"""The decision on a message: a language model or the local classifier proposes, rules decide."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ccportal.integrations.llm.client import LlmFault, is_set_up
from whatsapp.triage import local, rules
from whatsapp.triage.checks import usable_reply, usable_summary
from whatsapp.triage.language import language_of
from whatsapp.triage.local import Local
from whatsapp.triage.proposals import Proposal, propose
from whatsapp.triage.sites import names_only_a_place, site_in
from whatsapp.triage.summaries import summarise
from whatsapp.triage.types import FAULTS, Known, Source, Triage, Turn

logger = logging.getLogger(__name__)
MAX_TEXT = 4000
#: From here on the local classifier is believed against a model that sees no fault.
CERTAIN = 0.7
#: How many earlier messages of the customer an answer is read together with.
EARLIER = 3
_BLANKS = re.compile(r"\s+")


class Judged(Protocol):
    """What an earlier judgement was; a ``Triage`` or the row that keeps it."""

    @property
    def category(self) -> str: ...
    @property
    def site_code(self) -> str: ...
    @property
    def safety(self) -> bool: ...


@dataclass(frozen=True)
class _Opinion:
    """What is proposed about a message, whoever proposed it."""

    category: str
    priority: str
    confidence: float
    source: Source
    asks: bool = False
    site: str = ""
    summary: str = ""
    reply: str = ""


def assess(text: str, known: Known, history: Sequence[Turn] = ()) -> Triage:
    """Judge a message of a customer. Never raises for a vendor's fault: another way of judging takes over."""
    text = text[:MAX_TEXT]
    context = _with_history(text, known, history)
    seen = local.judge(context)
    opinion = _Opinion(seen.category, "", seen.confidence, seen.source)
    if is_set_up():
        try:
            opinion = _reconciled(propose(text, known, history), seen)
        except LlmFault as fault:
            logger.warning("The local classifier judges: %s", fault)
    return _decided(text, context, known, opinion, seen)


def _with_history(text: str, known: Known, history: Sequence[Turn]) -> str:
    """The message, or the messages before it too when it only answers a question (D-108)."""
    earlier = [turn.text for turn in history if turn.who == "customer"][-EARLIER:]
    if earlier and (names_only_a_place(text, known) or rules.is_vague(text)):
        return "\n".join([*earlier, text])[-MAX_TEXT:]
    return text


def _reconciled(proposal: Proposal, seen: Local) -> _Opinion:
    """The model's proposal, unless it overlooks a fault that the local classifier is certain of (D-110)."""
    overlooked = seen.category in FAULTS and seen.confidence >= CERTAIN and proposal.category not in FAULTS
    agreed = proposal.category == seen.category
    return _Opinion(
        category=seen.category if overlooked else proposal.category,
        priority=proposal.priority,
        confidence=max(seen.confidence, 0.9) if agreed else seen.confidence if overlooked else 0.6,
        source="model",
        asks=proposal.ask_for_info and not (seen.category in FAULTS and seen.confidence >= CERTAIN),
        site=proposal.site_id,
        summary="" if overlooked else _BLANKS.sub(" ", proposal.fault_summary),
        reply="" if overlooked else proposal.customer_reply,
    )


def _decided(text: str, context: str, known: Known, opinion: _Opinion, seen: Local) -> Triage:
    category = opinion.category
    if seen.safety and category not in FAULTS:
        category = seen.category if seen.category in FAULTS else "equipment-failure"
    good_news = not seen.safety and rules.is_good_news(text, category)
    vague = not seen.safety and (rules.is_vague(context) or opinion.asks)
    unsure = not seen.safety and opinion.confidence < rules.SURE and category not in FAULTS
    asks = not good_news and (vague or unsure)
    if good_news or rules.is_vague(context):
        category = "general-inquiry"
    escalation = rules.is_escalation(text)
    site = known.site_code or site_in(context, known) or (opinion.site if opinion.site in known.sites else "")
    ticket = not (asks or good_news) and rules.needs_ticket(category, safety=seen.safety, escalation=escalation)
    return Triage(
        needs_ticket=ticket,
        category=category,
        priority=rules.priority_of(category, safety=seen.safety, proposed=opinion.priority),
        site_code=site,
        summary=_summary(context, category, opinion, seen.safety, known.sites.get(site, site)),
        reply=_reply(opinion, known, seen.safety),
        needs_information=asks,
        confidence=round(opinion.confidence, 3),
        source=opinion.source,
        safety=seen.safety,
        language=language_of(context),
        power_back=good_news,
        greeting=rules.is_greeting(text),
        escalation=escalation,
    )


def _summary(context: str, category: str, opinion: _Opinion, safety: bool, site: str) -> str:
    """The model's sentence when it stands the checks and speaks of the category decided on; our own otherwise."""
    if opinion.category == category and usable_summary(opinion.summary) and not safety:
        return opinion.summary
    return summarise(context, category, safety=safety, site=site)


def _reply(opinion: _Opinion, known: Known, safety: bool) -> str:
    """The model's words when they stand the checks; never where there is danger."""
    return opinion.reply if not safety and usable_reply(opinion.reply, known.languages) else ""


def same_fault(earlier: Judged, now: Judged) -> bool:
    """Whether a later message speaks of the fault that was judged before, so that it becomes a comment (D-107).

    Another site, another kind of fault, or danger that was not there before make a new ticket; a question about money
    is none of the repair team's business.
    """
    if earlier.site_code and now.site_code and earlier.site_code != now.site_code:
        return False
    if now.safety and not earlier.safety:
        return False
    return now.category == earlier.category or now.category not in FAULTS | {"installation", "billing"}
