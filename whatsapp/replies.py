"""The fixed, reviewed texts of customer care, in Sesotho, English and French (``data/replies.toml``)."""

import tomllib
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

TEXTS = Path(__file__).parent / "data" / "replies.toml"
LANGUAGES = ("st", "en", "fr")


class Situation(StrEnum):
    """Every occasion on which the portal writes to a customer or a technician."""

    TICKET_CREATED = "ticket_created"  # number
    TICKET_RECORDED_LOCALLY = "ticket_recorded_locally"  # number: uGridPlan does not answer
    COMMENT_ADDED = "comment_added"  # number
    ASK_ACCOUNT_OR_VILLAGE = "ask_account_or_village"
    ASK_WHICH_CUSTOMER = "ask_which_customer"  # choices
    ASK_WHAT_IS_WRONG = "ask_what_is_wrong"
    NO_TEXT = "no_text"
    GREETING = "greeting"
    BILLING_INFO = "billing_info"
    GENERAL_INFO = "general_info"
    THANKS = "thanks"
    POWER_BACK_NOTED = "power_back_noted"
    ACKNOWLEDGED = "acknowledged"  # number: a technician accepted
    SEEN_BY_TEAM = "seen_by_team"  # number: acknowledged in uGridPlan, nobody named yet
    IN_PROGRESS = "in_progress"  # number
    RESOLVED_ASK_POWER_BACK = "resolved_ask_power_back"  # number
    RESOLVED_ASK_FIXED = "resolved_ask_fixed"  # number: a fault that is not about power
    ASK_YES_OR_NO = "ask_yes_or_no"  # number
    REOPENED = "reopened"  # number
    CLOSED_THANKS = "closed_thanks"  # number
    SAFETY_WARNING = "safety_warning"
    INCIDENT_KNOWN = "incident_known"  # number, site
    RESTORED_TO_ALL = "restored_to_all"  # site
    FLOOD_SLOW_DOWN = "flood_slow_down"
    OUT_OF_ORDER = "out_of_order"
    TECHNICIAN_OFFER = "technician_offer"  # number, priority, site, description
    TECHNICIAN_DANGER = "technician_danger"  # number
    TECHNICIAN_ACCEPTED = "technician_accepted"  # number
    TECHNICIAN_DECLINED = "technician_declined"  # number
    TECHNICIAN_ARRIVED = "technician_arrived"  # number
    TECHNICIAN_THANKS = "technician_thanks"  # number
    TECHNICIAN_ALREADY_TAKEN = "technician_already_taken"  # number
    TECHNICIAN_TOO_LATE = "technician_too_late"  # number
    TECHNICIAN_WITHDRAWN = "technician_withdrawn"  # number
    TECHNICIAN_HOW_TO_ANSWER = "technician_how_to_answer"
    TECHNICIAN_WHICH_JOB = "technician_which_job"  # choices
    TECHNICIAN_NOTHING_OPEN = "technician_nothing_open"
    GROUP_NOTICE = "group_notice"  # number, priority, site, description


@lru_cache(maxsize=1)
def texts() -> dict[str, dict[str, str]]:
    """Situation, then language, then text."""
    with TEXTS.open("rb") as file:
        return tomllib.load(file)


def reply(situation: Situation, languages: Iterable[str] = ("st", "en"), **facts: object) -> str:
    """The text of a situation, one paragraph per language.

    ``KeyError`` when a fact is missing: a sentence with a hole is never sent. Unknown languages are left out; English
    remains when none is known.

    >>> reply(Situation.COMMENT_ADDED, ("en",), number="CC-MAK-2026-0001")
    'Your message has been added to ticket CC-MAK-2026-0001.'
    """
    wanted = [language for language in languages if language in LANGUAGES] or ["en"]
    return "\n\n".join(texts()[situation][language].format(**facts) for language in dict.fromkeys(wanted))
