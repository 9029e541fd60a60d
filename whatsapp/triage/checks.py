"""Which free text of a language model may be sent or kept.

Its words go to a customer only when they are in all languages asked for, short, and free of everything the portal
would have to keep or to know: promises, times, money, numbers, links, and reports of what has been done. Everything
else is said by the fixed replies.
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
#: Times, visits and money: what nobody may read from us unless a person wrote it.
_PROMISES = re.compile(
    r"\b(?:"
    r"today|tomorrow|tonight|soon|shortly|immediately|within|minutes?|hours?|days|weeks?|oclock|asap|right away|"
    r"kajeno|hosane|hosasa|bosiung|haufinyane|hang hang|hora|lihora|dihora|metsotso|motsotso|matsatsi|beke|libeke|"
    r"aujourdhui|demain|bientot|rapidement|heures?|jours|semaines?|immediatement|sous peu|"
    r"(?:will|shall|ll) (?:be (?:there|back|fixed|repaired|restored|visited|sent|with)|come|arrive|fix|"
    r"repair|visit|send)|"
    r"is coming|are coming|on (?:the|his|her|their) way|"
    r"dispatched|guarantee\w*|promise\w*|tla tla|tla fihla|tla lokisa|tla romela|tseleng|tsepisa|tiisetsa|"
    r"viendra|viendront|va venir|vont venir|envoyons|en route|garanti\w*|promet\w*|"
    r"refund\w*|compensat\w*|free|discount\w*|bonus|maloti|loti|rands?|francs?|fcfa|khutlisets\w*|mahala|"
    r"rembours\w*|gratuit\w*"
    r")\b"
)
#: What a model may not say besides: what has been done, secrets, calls, and talk about itself.
_FORBIDDEN = re.compile(
    r"\b(?:"
    r"will|shall|ll be|going to|tla|tlo|sera|seront|allons|sent (?:a|our|someone)|rometse|romela|envoye|"
    r"letsatsi|jour|day|"
    r"ticket|tikete|reference|registered|logged|escalated|forwarded|notified|informed|reported to|assigned|resolved|"
    r"restored|fixed|tsebisitse|tsebisitsoe|ngolisitse|lokisitse|lokisitsoe|fetisitse|transmis\w*|informe\w*|"
    r"enregistre\w*|repare\w*|retabli\w*|"
    r"credit\w*|money|pay|payment|chelete|lefa|argent|payer|paiement|"
    r"password|pin|token|otp|phasewete|mot de passe|code|prompt|instruction\w*|system|language model|ai|json|robot|"
    r"assistant|call|phone|letsetsa|mohala|appelez|telephone|touch it|repair it yourself"
    r")\b"
)


def promises(text: str) -> bool:
    """Whether a text promises a time, a visit or money."""
    return bool(_PROMISES.search(normalise(text)))


def usable_reply(reply: str, languages: tuple[str, ...]) -> bool:
    """Whether a customer may read this."""
    if not SHORTEST <= len(reply) <= LONGEST:
        return False
    if _DIGIT.search(reply) or _LINK.search(reply) or _MARKUP.search(reply):
        return False
    if promises(reply) or _FORBIDDEN.search(normalise(reply)):
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
