"""One English sentence about a message, for the ticket, when no model wrote one."""

from whatsapp.triage.concepts import concepts
from whatsapp.triage.words import unify

_OPENINGS = {
    "no-power": "No power",
    "equipment-failure": "Equipment failure",
    "meter-issue": "Meter fault",
    "billing": "Question about payment or units",
    "installation": "Request for a connection or an installation",
    "vegetation": "Vegetation near the line",
    "vandalism": "Theft, tampering or vandalism",
    "complaint": "Complaint",
    "general-inquiry": "General inquiry",
}
_DETAILS = {
    "no-power": {"area": "more than one household mentioned"},
    "equipment-failure": {
        "weak": "low or unstable voltage",
        "pole": "pole mentioned",
        "wire": "line mentioned",
        "noise": "noise",
    },
    "meter-issue": {"reject": "token not accepted", "blank": "display fault", "token": "token mentioned"},
    "billing": {"notreceived": "units not received", "twice": "charged twice", "refund": "refund asked for"},
    "vegetation": {"wire": "on or near the line", "pole": "at a pole"},
    "vandalism": {"wire": "wire or cable", "meter": "meter"},
    "complaint": {"late": "long wait", "staff": "about staff or service"},
}


def summarise(text: str, category: str, *, safety: bool, site: str) -> str:
    """Like ``No power reported at Ha Makebe: more than one household mentioned.``"""
    found = concepts(unify(text))
    details = [words for name, words in _DETAILS.get(category, {}).items() if name in found]
    if safety:
        details.insert(0, "DANGER mentioned")
    place = f" at {site}" if site else ""
    tail = f": {', '.join(details)}" if details else ""
    return f"{_OPENINGS[category]} reported{place}{tail}."
