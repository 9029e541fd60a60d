"""Words of danger, in English, Sesotho and French, misspelt or not.

Whoever writes of sparks, smoke, fire, a shock, or a line or pole on the ground is a P1, whatever a model says. Missing
one costs a life and a false one a drive, so only a denial that stands directly before the word counts ("no smoke").
"""

import re

from whatsapp.triage.words import correct, unify

#: Words that are danger by themselves.
DANGER = frozenset(
    """
    spark sparks sparking sparked sparkling arcing arc smoke smoking smokes smoky burn burns burning burned burnt
    fire fires flame flames flaming explode exploded explodes exploding explosion explosions exploted shock shocks
    shocked shocking shoked shokd electrocuted electrocute electrocution electrocuting danger dangerous dangerously
    melt melted melting melts blast blasted catching ignited ignite overheating overheated overheats hazard hazardous
    unsafe injured
    hlase litlhase ditlhase tlhase lihlase dihlase lehlase mosi musi mollo mullo kotsi kotse likotsi dikotsi phatloha
    phatlohile phatlohileng phatlohetse thunya thuntse thunye qhoma qhomile qhomme spaka sepaka spakile spakang sparka
    shoka shokile shoko shokuoe shokoe nshokile shokela qhibiliha qhibilihile chesehile chesehileng hlabile
    malakabe lelakabe selika lehalima kenyekoa
    etincelle etincelles etincellent etincelant fumee fume fument feu flamme flammes brule brulee brulent brules
    bruler brulure brulait cramer crame incendie explose explosion exploser dangereux danger dangereuse
    electrocute electrocution fondu fondue foudroye decharge
    """.split()
)
#: Correct words that are one slip away from a word of danger.
_NOT_SLIPS = frozenset(
    """
    spare shops shock's store stock stocks share sharks park parks parked speak speaks shook shake short shown
    sparse from first fired smile smiles black blank blame flame's borne turns bread brings burns' mount manger ranger
    dander mosali motse mose metse kotse mollo's molla molao molomo mosia hlasi thuso phatloha's chock choix chose
    fumer femme femmes faire frere branle brute boule meule seule bruit arrive moteng mohla moholo boile bosiu basic
    spank smoker house hours turn turned burner learned earned horn flames' inches matching watching reaching
    teaching cutting patching electric electrical electricite electronique couche decharger fundu fonde rendu rendue
    vendu vendue perdu perdue pendu pendue tendu tendue fondre shorts exposed explore explored explain explained
    explains exposes exploit exposition expose exposee kotla likotlo lihlare lihlasi chese tsohile chelete eshoka
    setsha leshoka moshoka mashoka blessed last past least fast cast beast blasts masculine mellow fellow mulch
    share shared stocked knocked blocked locked shocker checks check checked chalk socks sock mosa mosebetsi sharp
    """.split()
)
_WIRE = r"(?:wire|wires|waya|oaea|cable|cables|cabel|line|lines|conductor|conductors|powerline|powerlines|terata|terateng|literata|diterata|thapo|lithapo|dithapo|khoele|likhoele|ketane|kabole|likabole|fil|fils|cable|cables|ligne|lignes|laene|laine)"
_POLE = r"(?:pole|poles|pillar|post|pylon|palo|lipalo|dipalo|pala|palong|lepalo|poteau|poteaux|poto|pilone|mast|transformer|tranformer|transformara|transformateur|thransformara)"
_DOWN = (
    r"(?:fallen|fell|fall|falling|falls|felt|down|ground|floor|lying|laying|hanging|hangs|hang|snapped|broke|broken|brok|loose|collapsed|dropped|"
    r"low|touch|touching|touched|swinging|exposed|bare|naked|open|"
    r"oele|oela|oeleng|oetse|oetseng|wele|wela|weleng|wetse|oa|oang|fatse|fatsi|fats|khaohile|khaoha|khaohileng|robehile|robeha|robehileng|"
    r"leketlile|leketla|leketlileng|leketlang|fanyehile|fanyehileng|hlobolile|pepeneneng|pepenene|petsohile|tlase|likile|thetsehile|putlame|putlamile|lahlehetse|rapaletse|robetse|robaletse|"
    r"tombe|tombes|tombee|tombees|tomber|terre|sol|casse|cassee|casses|arrache|arraches|arrachee|pend|pendent|pendant|traine|denude|denudes|denudee|nu|nus|couche|coupe|coupes|effondre|rompu)"
)
_NO = (
    r"(?:no|not|without|never|isnt|arent|zero|neither|nor|any|pas|sans|aucun|aucune|plus|ni|"
    r"ha ho na|ha ho|ha ke na|ha se|ha e|ha li|ha re bone|ha ke bone|ntle le|ha hona)"
)
_GAP = r"(?: \w+){0,5}? "
_COMBINED = re.compile(
    rf"\b(?:{_WIRE}{_GAP}{_DOWN}|{_DOWN}{_GAP}{_WIRE}|{_POLE}{_GAP}(?!low\b|open\b|loose\b|bare\b){_DOWN}|(?!low\b|open\b){_DOWN}{_GAP}{_POLE})\b"
)
_PHRASES = re.compile(
    r"\b(?:live (?:wire|cable|conductor)s?|(?:odeur|smell|smells|smelling|monko|nkho|nkha)(?: \w+){0,4} "
    r"(?:brule|burn\w*|plastic|plastiki|cha|chang|rubber|fumee|smoke)|on fire|"
    r"(?:get|got|gets|getting|gives?|giving|gave) (?:a |an |me |us |you |electric |small )*(?:shock|shocks|zap|zapped)|"
    r"(?:mosi|musi|mollo|mullo)|(?:e|ea|e a|li|lia|li a|tse|oa|o a|ntse e|se|sa|ea ntse e) (?:cha|chele|tuka|tukile|chesa haholo|tukang|chang|chesitse)|"
    r"(?:chele|tuka|tukile|tukang|cheleng|chesitsoe|tuketse|hotetse)|"
    r"(?:tsoara|tsoere|tsoeroe|ntsoara|ntsoere|tsoaroa|hohela|hula|otla|otloa|otlile|otlela|ntlile|notla|hlaba|hlaba|hlabile|hlorisa|bolaea|bolaile|ntsoeroe|thothomela|thothometsa)"
    r"(?: \w+){0,3} (?:motlakase|ke motlakase|oona|metara|mitara|switchi)|"
    r"(?:motlakase|metara|mitara|switchi|plaka|lebota|terata|thapo)(?: \w+){0,3} (?:ntsoara|ntsoere|ntsoaile|tsoara|tsoere|otla|otlile|ntlile|hlaba|hlabile|notla|ntotla|ntotlile|ntlhabile|bolaea|bolaile|thothomela)|"
    r"(?:choc|secousse|decharge|chatouille|pique|tape)s?(?: \w+){0,3} (?:electrique|courant|compteur|electricite)|"
    r"(?:pris|prend|prends|prenons|attrape|touche|tape|secoue|frappe|secouee|pique)(?: \w+){0,2} (?:du |le |par le |un )?(?:jus|courant)|"
    r"(?:courant|compteur|fil)(?: \w+){0,2} (?:pris|attrape|tape|secoue|frappe|electrocute|pique|picote)(?!\w)|"
    r"(?:about|going|wants?|ready|batla|re oele|risque|va|menace)(?: \w+){0,2} (?:to fall|to collapse|ho oa|oela|de tomber|tomber)|"
    r"(?:tree|sefate|arbre|branch|lekala)(?: \w+){0,3} (?:fallen|fell|oele|oetse|wele|oela|oetse|tombe)(?: \w+){0,4} (?:line|lines|wire|wires|cable|cables|terata|literata|diterata|lithapo|thapo|terateng|ligne|lignes|fil|fils|cable|holima|pole|palo))\b"
)
#: Things that burn out without danger, and talk that is not of danger.
_HARMLESS = re.compile(
    r"\b(?:(?:globe|globes|globo|globu|bulb|bulbs|bulp|fuse|fuses|ampoule|ampoules|lamp|lampe)(?: \w+){0,2} "
    r"(?:burn|burned|burnt|blew|brule|brulee|grille|grillee|chele|e chele|li chele|e cha)|"
    r"(?:burn|burned|burnt|blown) (?:out )?(?:globe|globes|bulb|bulbs|fuse|fuses)|"
    r"fire ?wood|cease ?fire|fire(?:d)? (?:him|her|them|me|that|the|your|from)|on fire lately|"
    r"(?:shock|shocked|shocking)(?: \w+){0,3} (?:price|prices|bill|bills|tariff|cost|costs|see|hear|service|amount)|"
    r"(?:price|prices|bill|bills|tariff|tariffs|service|cost) (?:is |are |was |were |really |so )*(?:a )?(?:shock|shocking)|"
    r"mollo oa patsi|feu vert|feu rouge|au feu rouge)\b"
)
_NEGATED = re.compile(rf"\b{_NO} (?:(?:any|a|more|visible|signs? of|de|d|du|trace de|le|ba|bile|letho la|na) ?)*$")


def _hits(text: str) -> list[tuple[int, int]]:
    """Where the text speaks of danger, as spans of characters."""
    spans = [match.span() for match in _COMBINED.finditer(text)] + [match.span() for match in _PHRASES.finditer(text)]
    position = 0
    for word in text.split():
        start = text.index(word, position)
        position = start + len(word)
        if word in DANGER:
            spans.append((start, position))
    return spans


def is_dangerous(message: str) -> bool:
    """Whether the message speaks of danger to people.

    >>> is_dangerous("Sparks from the pole"), is_dangerous("ho tsoa mosi"), is_dangerous("No power, there is no smoke")
    (True, True, False)
    """
    text = " ".join(correct(unify(message).split(), DANGER, _NOT_SLIPS))
    harmless = [match.span() for match in _HARMLESS.finditer(text)]
    for start, end in _hits(text):
        if any(first <= start and end <= last for first, last in harmless):
            continue
        if not _NEGATED.search(text[:start]):
            return True
    return False
