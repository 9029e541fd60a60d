"""Messages as words: one spelling for what people type in many."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ")
_NOT_WORD = re.compile(r"[^0-9a-z?!]+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_MARKS = re.compile(r"([?!])")
#: Pictures that say something, as words.
EMOJI = {
    "👍": " emojiyes ", "✅": " emojiyes ", "👌": " emojiyes ", "✔": " emojiyes ", "🙏": " emojithanks ",
    "👎": " emojino ", "❌": " emojino ", "🔥": " fire ", "⚡": " electricity ", "💡": " light ",
    "😡": " emojiangry ", "😠": " emojiangry ", "🤬": " emojiangry ", "🌳": " tree ", "🌲": " tree ",
    "💥": " explosion ",
}  # fmt: skip
#: Spellings of the two orthographies of Sesotho (Lesotho and South Africa) that sound the same.
_ORTHOGRAPHY = (
    ("tsh", "ts"), ("tjh", "ch"), ("kgw", "kho"), ("kg", "kh"),
)  # fmt: skip
_WORDS = {
    "ya": "ea", "wa": "oa", "yona": "eona", "wena": "uena", "yane": "eane", "mohlakase": "motlakase",
    "motlakasi": "motlakase", "mohlakasi": "motlakase", "mutlakase": "motlakase", "motlakse": "motlakase",
    "mohlagase": "motlakase", "motlagase": "motlakase", "motlakatse": "motlakase", "tlakase": "motlakase",
    "hona": "ho na", "hake": "ha ke", "hare": "ha re", "hase": "ha se",
    "hano": "ha ho", "haho": "ha ho", "hahona": "ha ho na", "hahoa": "ha ho",
    "hawna": "ha ho na", "haona": "ha ho na",
    "jai": "j ai", "cest": "c est", "sest": "s est", "lai": "l ai",
}  # fmt: skip


#: French articles and pronouns that lost their vowel; two letters must follow, for "'M'e" is Sesotho.
_ELISION = re.compile(r"\b(qu|[cdjlmns])['’](?=\w\w)", re.IGNORECASE)


@lru_cache(maxsize=2048)
def normalise(text: str) -> str:
    """Lower case without accents and apostrophes; pictures as words, stretched letters once, blanks single.

    >>> normalise("Hooo! Tšoara   mohlakaseee")
    'ho ! tsoara mohlakase'
    """
    for picture, word in EMOJI.items():
        if picture in text:
            text = text.replace(picture, word)
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = _MARKS.sub(r" \1 ", plain.lower().translate(_APOSTROPHES))
    plain = _STRETCHED.sub(r"\1", _NOT_WORD.sub(" ", plain))
    return " ".join(plain.split())


def unify(text: str) -> str:
    """``normalise``, the two orthographies of Sesotho written alike, and French words apart.

    >>> unify("Mohlakase wa ka o kgaohile"), unify("l'arbre")
    ('motlakase oa ka o khaohile', 'l arbre')
    """
    words = []
    for word in normalise(_ELISION.sub(r"\1 ", text)).split():
        for ours, theirs in _ORTHOGRAPHY:
            word = word.replace(ours, theirs)
        words.append(_WORDS.get(word, word))
    return " ".join(words)


def near(word: str, target: str) -> bool:
    """Equal but for one slip of the finger: a letter wrong, missing, doubled, or two exchanged.

    >>> near("spraks", "sparks"), near("shop", "shock")
    (True, False)
    """
    if word == target:
        return True
    short, long = sorted((word, target), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    return short[at + 1 :] == long[at + 1 :] or (
        short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    )


def correct(words: Iterable[str], vocabulary: Iterable[str], exceptions: frozenset[str]) -> list[str]:
    """The words, each replaced by the word of the vocabulary that it is a slip of; short words stay."""
    known = tuple(vocabulary)
    found = []
    for word in words:
        if len(word) >= 5 and word not in known and word not in exceptions:
            word = next((target for target in known if len(target) >= 5 and near(word, target)), word)
        found.append(word)
    return found
