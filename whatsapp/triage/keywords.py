"""A category by key words alone: what is left when there is neither a model nor a trained classifier."""

from whatsapp.triage.concepts import concepts
from whatsapp.triage.words import unify

#: In order; the first whose concepts are all there.
_RULES: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(words.split()), category)
    for words, category in (
        ("thanks back", "general-inquiry"),
        ("steal wire", "vandalism"),
        ("steal meter", "vandalism"),
        ("tree wire", "vegetation"),
        ("tree power", "vegetation"),
        ("tree pole", "vegetation"),
        ("pay notreceived", "billing"),
        ("buy notreceived", "billing"),
        ("pay twice", "billing"),
        ("refund", "billing"),
        ("token reject", "meter-issue"),
        ("meter blank", "meter-issue"),
        ("meter broken", "meter-issue"),
        ("meter reject", "meter-issue"),
        ("staff rude", "complaint"),
        ("rude late", "complaint"),
        ("weak", "equipment-failure"),
        ("pole broken", "equipment-failure"),
        ("wire broken", "equipment-failure"),
        ("connect ask", "installation"),
        ("connect help", "installation"),
        ("outage", "no-power"),
        ("absent power", "no-power"),
        ("absent light", "no-power"),
        ("connect", "installation"),
        ("pay", "billing"),
        ("units fast", "billing"),
        ("meter", "meter-issue"),
        ("broken", "equipment-failure"),
        ("rude", "complaint"),
    )
)
CONFIDENCE = 0.5


def category_by_keywords(text: str) -> tuple[str, float]:
    """Category and confidence (0.5, or 0.2 when no key word was found)."""
    found = concepts(unify(text))
    for needed, category in _RULES:
        if needed <= found:
            return category, CONFIDENCE
    return "general-inquiry", 0.2
