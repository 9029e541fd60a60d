"""What is decided by rule, whoever proposed: priority, ticket or not, what to ask (semantics 24.8, 24.11)."""

import re

from whatsapp.triage.answers import says_power_is_back, thanks
from whatsapp.triage.types import FAULTS
from whatsapp.triage.words import normalise, unify

PRIORITIES = {
    "no-power": "P1",
    "equipment-failure": "P2",
    "meter-issue": "P2",
    "vandalism": "P2",
    "vegetation": "P3",
    "billing": "P3",
    "complaint": "P3",
    "general-inquiry": "P3",
    "installation": "P4",
}
#: Priorities a proposal may choose instead; a customer cannot talk a question into a P1.
_ALLOWED = {"vegetation": ("P2",), "complaint": ("P2",), "installation": ("P3",)}
#: Below this a category is a guess, and we ask.
SURE = 0.40
#: Longer thanks may say more than thanks.
THANKS_WORDS = 12
_ESCALATION = re.compile(
    r"\b(?:urgent\w*|immediately|manager|supervisor|lawyer|police|court|radio|escalate\w*|again and again|"
    r"(?:second|third|fourth|2nd|3rd) time|"
    r"(?:for|since|over|after) (?:\w+ ){0,2}(?:days|weeks|months|week|month)|last (?:week|month)|"
    r"nobody (?:helps?|answers?|responds?)|no one (?:helps?|answers?|responds?)|"
    r"still (?:waiting|nothing|no|not)|stole my money|stolen my money|refund|twice|double|"
    r"ka potlako|kapele-pele|mookameli|sepolesa|lekhetlo la (?:bobeli|boraro)|makhetlo|beke|libeke|khoeli|"
    r"likhoeli|khale|khutlisetsoa|nkhutlisetse|habeli|ntse ke (?:letile|emetse)|"
    r"urgente?|directeur|chef|police|(?:deuxieme|troisieme) fois|semaines?|mois|toujours (?:rien|pas)|"
    r"rembours\w*|deux fois)\b"
)
_BUT = re.compile(
    r"\b(?:but|however|only|except|again|hape|empa|feela|mara|maar|ntle le|mais|sauf|then|went|off|half|"
    r"ha e|ha o|ha li|not|no)\b"
)


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


#: Sets of words, no patterns: a pattern that tries the blanks between words in several ways can be kept busy for ever.
_GREETING = _words(
    "hi hello hey hallo helo good morning afternoon evening day night lumela lumelang dumela dumelang khotso "
    "bonjour bonsoir salut eita hola greetings ntate mme mma ausi abuti sir madam team dear ke there le kae joang "
    "how are you u ca va monsieur madame a o phela kea bo 1pwr onepower power care customer all tsa bophelo hle "
    "again test testing everyone"
)
_VAGUE = _words(
    "please hello hi help me us i we have a the problem problems issue need assistance assist kopa ke kea re na le "
    "bothata mathata thuso nthuse nthusang thusang thusa hle bo jai j ai un probleme aide aidez moi besoin d de "
    "svp sos urgent it is not working ha e sebetse sebetsi sebetsa ho senyehile there here mona heso lapeng ka at "
    "my home house same thing still ca marche pas ne ntate mme lumela lumelang bonjour sir madam something wrong "
    "with ntho senyeha yes no ok okay che can you could want to report tlaleha batla fault"
)


def is_greeting(text: str) -> bool:
    """Only a greeting: no fault, no question."""
    return _holds_only(normalise(text), _GREETING)


def is_vague(text: str) -> bool:
    """Words that ask for help and do not say with what."""
    plain = normalise(text)
    return not plain.strip(" ?!") or _holds_only(plain, _VAGUE) or _holds_only(plain, _GREETING)


def _holds_only(plain: str, words: frozenset[str]) -> bool:
    """Whether a ``normalise``-d text is made of these words, and of question and exclamation marks."""
    written = [word for word in plain.split() if word not in ("?", "!")]
    return bool(written) and words.issuperset(written)


def is_escalation(text: str) -> bool:
    """Urgent, repeated, or money lost: a person has to act, so even a billing question becomes a ticket."""
    return bool(_ESCALATION.search(unify(text)))


def says_back(text: str) -> bool:
    """Whether the message says, unasked and without a but, that all is well again."""
    return says_power_is_back(text) and not _BUT.search(unify(text))


def is_good_news(text: str, category: str) -> bool:
    """Power is back, or thanks, and no fault beside: only what was not taken for a fault."""
    return category == "general-inquiry" and (says_back(text) or (thanks(text) and len(text.split()) <= THANKS_WORDS))


def priority_of(category: str, *, safety: bool, proposed: str = "") -> str:
    """P1 for danger and outages; the category's own otherwise, or a proposal within what the category allows."""
    if safety:
        return "P1"
    return proposed if proposed in _ALLOWED.get(category, ()) else PRIORITIES[category]


def needs_ticket(category: str, *, safety: bool, escalation: bool) -> bool:
    """Faults, complaints and installations are work for somebody; billing only when it escalates (semantics 24.8)."""
    if safety or category in FAULTS or category in ("installation", "complaint"):
        return True
    return category == "billing" and escalation
