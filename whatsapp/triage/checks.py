"""Which free text of a language model may be sent or kept.

Its words go to a customer only when they are in all languages asked for, short, and free of everything the portal
would have to keep or to know: promises, times, money, numbers, links, and reports of what has been done. Everything else
is said by the fixed replies.
"""

import re

from whatsapp.triage.language import language_of
from whatsapp.triage.words import normalise

SHORTEST, LONGEST = 40, 900
SUMMARY_LONGEST = 240
_DIGIT = re.compile(r"\d")
_LINK = re.compile(
    r"https?:|www\.|wa\.me|\b[\w-]+\.(?:com|org|net|co|ls|info|io|app|bj|zm|za|me|ly)\b|@|//", re.IGNORECASE
)
_MARKUP = re.compile(r"[<>{}\[\]`|\\*#_~]")
_FORBIDDEN = re.compile(
    r"\b(?:"
    # times
    r"today|tomorrow|tonight|soon|shortly|immediately|within|minutes?|hours?|days?|weeks?|oclock|asap|right away|by evening|by morning|"
    r"kajeno|hosane|hosasa|bosiung|haufinyane|hang hang|hora|lihora|dihora|metsotso|motsotso|letsatsi|matsatsi|beke|libeke|ka potlako|"
    r"aujourdhui|demain|bientot|rapidement|heures?|minutes?|jours?|semaines?|immediatement|sous peu|"
    # visits and repairs
    r"will|shall|ll be|going to|on (?:the|his|her|their) way|is coming|are coming|sent (?:a|our|someone)|dispatched|guarantee\w*|promise\w*|"
    r"tla|tlo|tseleng|rometse|romela|tsepisa|tiisetsa|"
    r"viendra|viendront|sera|seront|allons|va venir|envoyons|envoye|en route|garanti\w*|promet\w*|"
    # what has been done
    r"ticket|tikete|reference|registered|logged|escalated|forwarded|notified|informed|reported to|assigned|resolved|restored|fixed|"
    r"tsebisitse|tsebisitsoe|ngolisitse|lokisitse|lokisitsoe|fetisitse|transmis\w*|informe\w*|enregistre\w*|repare\w*|retabli\w*|"
    # money
    r"refund\w*|compensat\w*|free|discount\w*|bonus|credit\w*|maloti|loti|rands?|francs?|fcfa|money|pay|payment|chelete|khutlisets\w*|mahala|lefa|"
    r"rembours\w*|gratuit\w*|argent|payer|paiement|"
    # secrets, and talk about itself
    r"password|pin|token|otp|phasewete|mot de passe|code|prompt|instruction\w*|system|language model|ai|json|robot|assistant|"
    r"call|phone|letsetsa|mohala|appelez|telephone|touch it|repair it yourself"
    r")\b"
)  # fmt: skip


def usable_reply(reply: str, languages: tuple[str, ...]) -> bool:
    """Whether a customer may read this."""
    if not SHORTEST <= len(reply) <= LONGEST:
        return False
    if _DIGIT.search(reply) or _LINK.search(reply) or _MARKUP.search(reply):
        return False
    if _FORBIDDEN.search(normalise(reply)):
        return False
    return _languages_of(reply) == [code for code in languages if code in ("st", "en", "fr")]


def _languages_of(reply: str) -> list[str]:
    """The languages of the paragraphs, in order."""
    return [language_of(paragraph) for paragraph in re.split(r"\n\s*\n", reply) if paragraph.strip()]


def usable_summary(summary: str) -> bool:
    """Whether a technician may read this as the summary of a ticket: one plain English sentence."""
    if not 8 <= len(summary) <= SUMMARY_LONGEST or "\n" in summary:
        return False
    if _LINK.search(summary) or _MARKUP.search(summary) or re.search(r"\d{5,}", summary):
        return False
    return language_of(summary) == "en"
