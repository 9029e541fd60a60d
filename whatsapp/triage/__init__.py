"""From a message to a decision: category, priority, site, summary, ticket or not (docs/algorithms/triage.md)."""

from whatsapp.triage.answers import is_yes_no, parse_command
from whatsapp.triage.assessment import assess, same_fault
from whatsapp.triage.sites import account_in, known_for
from whatsapp.triage.types import CATEGORIES, Answer, Command, Known, Triage, Turn

__all__ = [
    "CATEGORIES",
    "Answer",
    "Command",
    "Known",
    "Triage",
    "Turn",
    "account_in",
    "assess",
    "is_yes_no",
    "known_for",
    "parse_command",
    "same_fault",
]
