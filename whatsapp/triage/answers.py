"""Short answers: whether power is back, and what a technician says of a ticket."""

import re

from whatsapp.triage.types import Answer, Command
from whatsapp.triage.words import normalise, unify

_NO = re.compile(
    r"^(?:(?:emojino|no|nope|nop|nah|non|not|never|che|chee|ce|cheche|negative|o se|ha ke|ha e|ha re|"
    r"ha se|ha ho|ha o|ha li|ha eso)\b|"
    r"(?:still|it is still|its still|we are still|i am still|im still|ntse|le joale|hajoale|toujours|encore|pas)\b)"
)
_NOT_YET = re.compile(
    r"\b(?:not yet|still (?:no|off|out|not|dark|dont|dnt|do not|without|nothing|down)|(?:dont|dnt|"
    r"do not) have|no (?:power|electricity|light|lights|elec|change)|"
    r"(?:isnt|is not|hasnt|has not|not|didnt|did not|doesnt|does not|never|arent|are not|havent|have not|"
    r"wont) (?:\w+ ){0,2}?(?:back|come|came|fixed|working|restored|returned|on|"
    r"fine|okay|ok|solved|work|here|yet)|nothing (?:has )?changed|same problem|off again|out again|gone again|"
    r"ha (?:ho|ho na|ho eso|ho so|e|o|li|le|a|ba|e so|o so|li so|ke|re|ke so|"
    r"re so) (?:\w+ ){0,3}?(?:motlakase|khutle|khutla|khutlile|kgutle|be|na|tle|tla|sebetse|sebetsi|"
    r"lokile|loke|loka|khutleng|khantse|khantsi|hlahe|letho|fetohe|chencha)|"
    r"(?:ha so|haeso|ha eso|ha oso|ha o so|ha e so|haoso|ha e eso|ha o eso|ha ho so|ha li so|ha ke so|"
    r"ha re so)|ntse (?:ho le lefifi|re le lefifing|ke le lefifing|o le sieo|e le sieo|o timme|o tsamaile|"
    r"re lefifing|ho se|ke se|re se)|"
    r"le sieo|o sieo|e sieo|lefifing|toujours (?:pas|rien|dans|coupe|en panne)|pas encore|toujours pas|"
    r"pas de (?:courant|lumiere)|"
    r"(?:nest|est) (?:toujours )?pas (?:revenu|retabli|repare|la|de retour)|pas (?:revenu|retabli)|"
    r"rien na change|still waiting|stopped working|stops working|stop working)\b"
)
_YES = re.compile(
    r"^(?:emojiyes|yes|yess|yeah|yea|yep|yup|ye|y|ya|ee|e|eea|eya|eyea|ehlile|ehlilea|ea|ok|okay|oui|"
    r"ouais|si|affirmative|sure|correct|true|fixed|restored|solved|"
    r"resolved|done|back|perfect|great|eona|hantle|sharp|nete|nnete|ke nnete|ho joalo|ho lokile|e lokile|"
    r"oe|hoo|ewe|exactly|indeed|c ?est bon|super|parfait|"
    r"emojithanks)\b"
)
_BACK = re.compile(
    r"\b(?:(?:power|electricity|lights?|elec|it|its|everything|we|all|they|current|supply|motlakase|"
    r"the power)(?: \w+){0,2} "
    r"(?:back|on now|restored|returned|came back|fixed|working|fine now|okay now|ok now|on again|came on)|"
    r"(?:is|are|now|has|have|it|just) (?:come |came |been )?(?:back|restored|returned|fixed|working)|"
    r"came back|come back|we have (?:power|electricity|light)|i have (?:power|electricity|light)|"
    r"(?:o|e|li|a|motlakase|mabone|lebone|se o|se e|se li|o se o|li se li|ke se ke|re se re) (?:se |"
    r"o |oa |a |e |ea |li ){0,5}(?:khutlile|kgutlile|khutlie|khutletse|teng|lokile|lokisitsoe|lokisitswe|"
    r"khantsa|khantse|khanya|sebetsa|tlile|fihlile|boetse|bo etse)|"
    r"(?:o|motlakase o|e) (?:teng|khutlile|lokile)|khutlile|"
    r"(?:courant|lumiere|electricite|c ?est|ca|tout|il|elle)(?: \w+){0,2} (?:revenu|revenue|retabli|"
    r"retablie|repare|reparee|marche|de retour|fonctionne|bon|arrange|resolu)|"
    r"(?:on a|nous avons|j ?ai) (?:le |du |la |de la |l ){0,3}(?:courant|lumiere|electricite))\b"
)
_THANKS = re.compile(r"\b(?:thank|thanks|thanx|thx|tnx|leboha|lebohile|lebohe|merci|emojithanks)\b")

_COMMANDS = (
    (
        Command.DECLINE,
        r"decline|declined|no|nope|reject|refuse|cannot|cant|busy|not available|unavailable|pass|skip|che|"
        r"chee|ha ke khone|"
        r"ha ke na nako|nke ke|ha ke teng|hana|kea hana|ke a hana|ke hana|ke tsoarehile|ke tsoarehileng|"
        r"ke phathahane|non|refuse|emojino|i cant|"
        r"i cannot|im busy|i am busy|not me|ke kula|im sick|i am sick|sick|off duty|cancel",
    ),
    (
        Command.DONE,
        r"done|finished|fixed|finish|completed|complete|resolved|repaired|restored|solved|ready|job done|work done|"
        r"qetile|ke qetile|re qetile|felile|e felile|ho felile|lokile|e lokile|ho lokile|ke lokisitse|"
        r"lokisitse|ke e lokisitse|e lokisitsoe|"
        r"mosebetsi o felile|o khutlile|fini|termine|repare|all done|its done|it is done|its fixed|"
        r"it is fixed|i am done|im done|"
        r"ke entse|motlakase o khutlile|power restored|power is back|i have fixed|i fixed",
    ),
    (
        Command.ARRIVED,
        r"arrived|arrive|here|on site|onsite|at site|at the site|reached|i am here|im here|i have arrived|"
        r"ive arrived|"
        r"fihlile|ke fihlile|re fihlile|ke teng|ke se ke fihlile|ke se ke le teng|ke mona|re mona|ke moo|"
        r"sebakeng|arrive sur place|sur place|"
        r"je suis la|i arrived|arived|arrved|ke hona teng|im at site|i am at site|i am on site|im on site|"
        r"started|qala|ke qalile",
    ),
    (
        Command.ACCEPT,
        r"accept|accepted|accepting|acept|yes|yeah|yep|y|ok|okay|sure|on my way|going|i will go|i go|ill go|"
        r"i take it|mine|coming|"
        r"e|ee|ea|eea|ehlile|kea amohela|ke amohetse|ke a amohela|ke amohela|amohela|amohetse|ke tla ea|"
        r"kea ea|ke ea teng|kea tla|ke tseleng|ke a ea|ke tla e etsa|"
        r"ke nka|kea e nka|ke e nkile|ke tla|oui|jaccepte|accepte|emojiyes|will do|roger|copy|noted|got it|"
        r"taking it|ke eo|ke eona|on it|im going|i am going|im on my way|im coming|i am coming|"
        r"ho lokile ke ea|sharp|hantle",
    ),
)  # fmt: skip
_COMMAND_PATTERNS = tuple((command, re.compile(rf"^(?:{words})(?![a-z0-9])")) for command, words in _COMMANDS)
#: Words a technician may begin with, in front of the one that counts.
_OPENING = re.compile(
    r"^(?:hi|hello|hey|lumela|lumelang|good morning|good evening|ntate|mme|boss|sir|madam|please|bonjour|"
    r"khotso)\b[ ]*"
)
_NOTE_MARK = re.compile(r"^[\s:,.;!?/–—-]+")


def is_yes_no(text: str) -> bool | None:
    """The answer to "is power back?"; None when the text answers neither way.

    >>> is_yes_no("e, se o khutlile"), is_yes_no("Tjhe"), is_yes_no("oui merci"), is_yes_no("how much is a unit?")
    (True, False, True, None)
    """
    plain = unify(text).replace(" ? ", " ").strip(" ?!")
    plain = _OPENING.sub("", plain)
    if not plain or ("?" in text and not _YES.search(plain) and not _NO.search(plain)):
        return None
    if _NOT_YET.search(plain):
        return False
    if _NO.search(plain):
        # "No problem, power is back" and "no it is fine now" are yes.
        return bool(_BACK.search(plain) and re.search(r"\b(?:now|thank|thanks|leboha|merci|problem)\b", plain))
    if _YES.search(plain) or _BACK.search(plain):
        return True
    return True if _THANKS.search(plain) and len(plain.split()) <= 5 else None


def parse_command(text: str) -> Answer | None:
    """What a technician says: accept, decline, arrived, or done with a note; None when it is something else.

    The note is what follows the word, as it was written.

    >>> parse_command("Done: replaced the fuse")
    Answer(command=<Command.DONE: 'done'>, note='replaced the fuse')
    """
    plain = unify(text)
    opening = _OPENING.sub("", plain)
    for command, pattern in _COMMAND_PATTERNS:
        found = pattern.match(opening)
        if found:
            return Answer(command, _rest(text, len(plain) - len(opening) + found.end()))
    return None


def _rest(text: str, read: int) -> str:
    """The part of ``text`` behind the first ``read`` characters of its unified form."""
    words = len(unify(text)[:read].split())
    for part in re.finditer(r"\S+", text):
        if len(unify(text[: part.end()]).replace(" ?", "").replace(" !", "").split()) >= words:
            return _NOTE_MARK.sub("", text[part.end() :]).rstrip()
    return ""


def thanks(text: str) -> bool:
    """Whether the message thanks."""
    return bool(_THANKS.search(normalise(text)))


def says_power_is_back(text: str) -> bool:
    """Whether the message says, unasked, that all is well again."""
    plain = unify(text)
    return bool(_BACK.search(plain)) and not _NOT_YET.search(plain) and "?" not in plain
