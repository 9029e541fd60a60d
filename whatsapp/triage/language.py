"""Which language a message is written in, by the small words that every sentence has."""

import re

from whatsapp.triage.types import Language
from whatsapp.triage.words import normalise

_SESOTHO = frozenset(
    """
    ha ho na ke ka la le lea oa ea tsa ba bo se sa re ra lona rona uena eena nna kopa kea ntate mme ausi abuti bana
    thuso thusa thusang motlakase mohlakase metara mitara lapeng hae haeso heso motse motseng joale jwale kajeno
    kajeno hoseng bosiu maobane maoba khale empa hobane hore haeba ntse teng tjhelete chelete lefile lefa reka rekile
    rekileng terata palo sefate lumela lumelang lebone mabone lebese mollo mosi etsahala etsang joang jwang neng kae
    mang eng kopanya bakeng ntho batho batla ngoana ngwana tima timme tsamaile khaohile kgaohile oele kotsi leboha
    khotso che tjhe ehlile eya kena kenya kene sebetse sebetsa sebetsi sebetseng setse felile fela hape haholo holo
    moo mona moo mono koana ofising moahisane baahisane hlokahala mpotsa lokisa lokisetsa tlo tla tle tlile tsebe
    tseba utsoitse utsuoe utsoa bua buoa motho letsatsi letsatsing beke kgwedi khoeli mohla oona eona lona bona
    hantle sentle habohloko
    """.split()
)
_ENGLISH = frozenset(
    """
    the is are was were am i my me we our you your it its this that there and or but not no of to in on at from for
    with have has had do does did can could will would please help hello hi power electricity meter light lights
    since yesterday today morning night when why how what where who why which paid pay bought buy units token money
    house home village been working work off out still again back thanks thank need want problem issue
    tree pole line wire broken burnt people connected connection new they them he she his her
    """.split()
)
_FRENCH = frozenset(
    """
    le la les un une des du de et est sont je tu il elle nous vous ils mon ma mes notre votre pas plus ne depuis
    bonjour bonsoir salut merci svp courant electricite compteur lumiere maison village panne chez dans sur avec pour
    ce cette ca c j n l d qu que qui quand comment pourquoi combien ou hier matin soir nuit ai avons avez a ont
    recharge credit paye payer acheter achete jeton poteau fil arbre ampoule besoin probleme aide aidez
    vol vole coupe coupure quartier tout rien encore toujours etait mais oui non s
    """.split()
)
_SHARED = frozenset({"le", "la", "a", "l", "s", "c", "no", "on", "me", "ka", "ha", "re", "se", "ne", "que", "de", "d"})
_LETTERS = re.compile(r"[a-z]+")


def language_of(text: str) -> Language:
    """The language of a message; ``mixed`` when Sesotho and English (or French) share it.

    >>> language_of("Ha ho na motlakase"), language_of("No power at my house"), language_of("Pas de courant ici")
    ('st', 'en', 'fr')
    """
    words = _LETTERS.findall(normalise(text))
    scores = {
        "st": sum(0.4 if word in _SHARED else 1 for word in words if word in _SESOTHO),
        "en": sum(0.4 if word in _SHARED else 1 for word in words if word in _ENGLISH),
        "fr": sum(0.4 if word in _SHARED else 1 for word in words if word in _FRENCH),
    }
    ranked = sorted(scores, key=lambda code: -scores[code])
    first, second = ranked[0], ranked[1]
    if scores[first] == 0:
        return "en"
    if scores[second] >= 1.4 and scores[second] >= 0.5 * scores[first]:
        return "mixed"
    return "st" if first == "st" else "fr" if first == "fr" else "en"
