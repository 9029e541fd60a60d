"""What words mean, in three languages: the knowledge that the classifier starts from.

A concept is a pattern over ``unify``-ed text. Training weighs concepts and their pairs beside the letters of the
message, so that a wording nobody wrote down before is still understood by the words it uses.
"""

import re
from functools import lru_cache

_SOURCE = {
    "power": r"power|pwr|powa|electric\w*|elec\w*|eletri\w*|current|motlakas\w*|courant|electricite|jus|supply|energy|energie|matla",
    "light": r"light\w*|lite|lites|lebone|mabone|lebong|bone|lamp\w*|bulb\w*|globe\w*|globo|ampoule\w*|lumiere\w*|khantsa|khanya|khantse\w*",
    "absent": r"no|not|without|none|nothing|lost|off|out|dead|gone|missing|ha ho na|ha ho|ha ke na|ha re na|ha re so|sieo|sio|tsamail\w*|tsamaea|"
    r"timm\w*|tima|tinne|tsoile|nkiloe|felloa|hlokoa|hloka|khaohile|khaoha|khaotse|pas de|plus de|plus|sans|aucun\w*|rien|coupe|coupee|coupure|panne|delestage|ile|eile",
    "outage": r"outage\w*|black ?out\w*|load ?shedding|powercut\w*|power ?cut\w*|power ?failure|delestage|coupure\w*|panne|lefifi\w*|lififi|dark\w*|noir|obscurite|sombre|trip|tripped|trips|tripping",
    "back": r"back|restored|returned|khutl\w*|boetse|boele|revenu\w*|retabli\w*|reviendra|retour|revient",
    "area": r"village|whole|entire|everyone|everybody|all of us|area|section|neighbour\w*|neighbor\w*|motse\w*|motsana|bohle|kaofela|baahisane|moahisane|moahisani|sebaka|quartier|voisin\w*|tout le|villages|malapa|lelapa|street|shop|school|clinic|sekolo\w*|tleliniki|ecole|boutique",
    "meter": r"met[ea]r\w*|mitara|metara|metere|mitare|compteur\w*|conteur\w*|prepaid box|box|lebokose|keypad|display|screen|skrini|ecran|clavier|mita|miter\w*|afficheur",
    "token": r"token\w*|tokin\w*|tokene|jeton\w*|code\w*|khoutu|koutu|voucher\w*|digits?|pin|numbers? of token|nomoro ea token|e ?pin",
    "units": r"units?|unites?|liunit\w*|diunit\w*|liyunit\w*|diyunit\w*|yunit\w*|liunite|kwh|kilowatt\w*|litheko|credit\w*|recharge\w*|rechargement|airtime|balance|ch?ar?ge",
    "money": r"money|cash|amount|chelete|litselete|ditjhelete|chalete|maloti|loti|rand\w*|m ?\d+|argent|francs?|fcfa|cfa|montant|bank|mpesa|m pesa|ecocash|momo|mobile money|receipt|risiti|lesiti|recu|facture|bill\w*|invoice",
    "pay": r"pay|paid|payed|payment\w*|pays|paying|lefa|lefile|lefileng|lefella|lefetse|lefeile|lefuoa|patala|patetse|patile|paye|payer|payement|paiement|deposit\w*|rometse|romela|romele|sent|transfer\w*|debit\w*|deducted|charge\w*|virement",
    "buy": r"buy|bought|buying|purchas\w*|recharge\w*|load\w*|vend\w*|top ?up|topped|reka|rekile|rekileng|rekela|reke|rekisa|rekisetsoa|rekang|ke reka|achet\w*|achat\w*|recharg\w*",
    "notreceived": r"(?:not|never|didnt|havent|hasnt|dont|yet|no) (?:\w+ ){0,3}?(?:receive\w*|get|got|come|came|reflect\w*|show\w*|load\w*|arriv\w*|credited|added)|ha (?:li|e|lia|ea|ke|so|ke so|e so|li so|lieso|ke eso|ke a|kea|e a) (?:\w+ ){0,2}?(?:fihl\w*|fumane|fumana|kene|kena|hlah\w*|tle|bone|amohel\w*)|pas (?:\w+ ){0,2}?(?:recu|arrive\w*|credite\w*|charge\w*)|jamais recu|rien recu|ha li eso|ha li so",
    "twice": r"twice|double|doubled|habeli|habedi|deux fois|two times|again charged",
    "refund": r"refund\w*|reverse|reversal|give back|return my money|khutlisetsoa|khutlise|nkhutlisetse|rembours\w*",
    "price": r"price\w*|tariff\w*|tarif\w*|how much|cost\w*|expensive|cheap\w*|rate|fee|fees|theko|litheko|ke bokae|bokae|bokai|prix|combien|cher|chere|coute|turu|theoha|theole\w*|theko ea",
    "fast": r"fast|quick\w*|too soon|finish\w*|finished|depleted|consum\w*|drain\w*|run out|running out|fela kapele|kapele|feela|felile|felleng|fella|felloe|fela|li fela|ja|jele|vite|epuise\w*|consomme\w*|fini\w*",
    "reject": r"reject\w*|refus\w*|invalid|error|err|hana|hanile|hanne|hanela|amohele|accept\w*|accepte|rejete|erreur|faux|incorrect|used already|fosahetse|fail|failed|kenele|kene|entre|enter\w*|punch\w*|type|press|tobetsa|tobetse|ngola|kenya|kentse|kenyang|kenetse|taper|tape|saisi\w*|locked|lock|senotlolo|konyetse",
    "blank": r"blank|frozen|stuck|hang\w*|blink\w*|flash\w*|beep\w*|dead|off screen|display\w*|benya|panyapanya|faulty|defect\w*|fault|display|bontse|bontsa|ngotse|lla|bip|bipe|clignote\w*|affiche\w*|bloque\w*|gele|beepa|frozen",
    "broken": r"brok\w*|break\w*|damag\w*|fault\w*|faulty|not working|doesnt work|stopped|stop|senyeh\w*|senyehile|sentse|senya|robeh\w*|robile|sebetse|sebetsi|sebetsa|casse\w*|abime\w*|gate\w*|marche pas|fonctionne pas|defectueu\w*|crack\w*|petsohile|pshatleh\w*|ruptured|leak\w*|leaning|lean|sekame|sekamile|tsekama|thekesela|penche\w*|bent|inverter|batter\w*|solar|panel\w*|panneau\w*|transformer|transformateur|transformara|breaker|switch\w*|socket\w*|plug\w*|prise\w*|disjoncteur|fuse\w*|fusible|plaka",
    "weak": r"low|dim|dimming|weak|voltage|surge\w*|fluctuat\w*|flicker\w*|flick\w*|unstable|half|fokola|fokolang|fokolla|tlase|nyane|panyapanya|panya|khaoha-khaoha|tima khantsa|on and off|faible\w*|tension|baisse\w*|clignot\w*|vacill\w*|instable|bofokoli|brown ?out|too high|high voltage|phahame|matla a tlase|varie",
    "appliance": r"fridge\w*|tv|television|thelevishene|radio|sea ?lemoea|phone|charger|stove|kettle|iron|geyser|pump|freezer|frij\w*|sehatsetsi|tele|telephone|frigo|congelateur|appliance\w*|machine|plug|lisebelisoa|thepa",
    "wire": r"wire\w*|cable\w*|line|lines|terata|literata|diterata|thapo|lithapo|dithapo|khoele|fil|fils|cable|ligne\w*|waya|conductor\w*",
    "pole": r"pole|poles|palo|lipalo|dipalo|post|pylon|poteau\w*|stay|pilone|mast",
    "noise": r"noise\w*|buzz\w*|humm\w*|lerata|bruit\w*|lla|grond\w*",
    "tree": r"tree\w*|branch\w*|bush\w*|grass|vegetation|leaves|sefate|lifate|difate|sefateng|lekala|makala|lehlaka|joang|jwang bo|bolele|jwang|arbre\w*|branche\w*|herbe\w*|feuill\w*|vegetation|bluegum|poplar|popoliri|willow|moluoane|eucalyptus|mango|fig|shrub\w*|trim\w*|prun\w*|elagu\w*|elague\w*|fokotsa|pompang|kotula|liane\w*|hedge|thickets?|overgrown|hola|holetse|hotse|mela|metse|wattle|pine",
    "steal": r"st[eo]l\w*|steal\w*|theft|thief|thieves|robb\w*|utsoits\w*|utsoa\w*|utsoi\w*|utsue\w*|utsuo\w*|utsu\w*|utswa|utswitswe|utswitse|utswuoe|leshodu|leshoru|leshodu|mashodu|mashoru|lisholu|masholu|lesholu|vol|vole\w*|voleur\w*|tsoekere|strip\w*|vandal\w*|tamper\w*|sabotage\w*|bypass\w*|illegal\w*|hook\w*|molaong|connect\w* illegal\w*|pirat\w*|fraud\w*|brisk?e|thrown? stones?|stone\w*|majoe|majwe|pierres?|cut the|cut by|sehile|sehiloe|seha|sehuoe|khaotsoe|khaola|deliberate\w*|ka boomo|expres|boomo|graffiti|shot|shooting|thunya|smash\w*|forced|breaking",
    "connect": r"connect\w*|konek\w*|kopan\w*|hokel\w*|hokela|hokeloa|hokelwa|hokelle|new house|wiring|wire my|wayara|waera|waear\w*|install\w*|kenyetsoa|kenyelletsoa|kenngoa|kenyeloa|kenyetse|kenyetsa|kenngwa|kenya motlakase|kenyelloa|raccord\w*|branch(?:er|ement|ements|e)|installe\w*|apply|application|applied|ngolis\w*|kopo|register|sign up|abonn\w*|inscri\w*|upgrade|three phase|relocat\w*|move my meter|fallisa|fallise|falla|deplac\w*|new customer|extension|extend|reconnect\w*|survey|electrician|readyboard|ready board|house wiring|nouveau|nouvelle|neuve|neuf|new",
    "staff": r"staff|technician\w*|agent\w*|employee\w*|worker\w*|your people|your guy\w*|operator\w*|office|ofisi\w*|basebetsi|mosebetsi|moemeli|technicien\w*|employe\w*|call cent\w*|customer care|service|litsebeletso|tsebeletso|tshebeletso|manager|supervisor|mookameli|chef|agence|bureau",
    "rude": r"rude\w*|insult\w*|shout\w*|ignor\w*|arrogant|unprofessional|bad service|poor service|terrible|useless|disappoint\w*|unhappy|angry|fed up|tired of|not satisfied|unacceptable|complain\w*|compla\w*|tletleb\w*|tletlebo|ferekan\w*|halef\w*|tenehile|khathetse|khathala|mpe|mpe haholo|bohloko|hlapaotse|hlapaola|nyatsa|bribe\w*|corrupt\w*|tjotjo|plainte|plaind\w*|impoli\w*|mecontent\w*|mal recu|insulte\w*|scandal\w*|inadmissible|decu\w*|promise\w*|promised|tsepis\w*|promis|lied|lies|lie|cheat\w*|thetsa|thetsoa|bolela leshano|leshano|ment\w*|pathetic|worst|inkisit|fed|sick of|nobody|no one|ha ho motho|ha ho na motho|personne|emojiangry",
    "late": r"weeks?|months?|days?|long|waiting|waited|still waiting|no response|no reply|never came|not come|didnt come|respond\w*|answer\w*|pick up|khale|beke|libeke|matsatsi|khoeli|likhoeli|emetse|ema|leta|letile|araba|arabe|arabang|semaines?|mois|attend\w*|longtemps|repond\w*|reponse",
    "thanks": r"thank\w*|thanx|thx|tnx|leboh\w*|merci|appreciat\w*|good (?:work|job)|well done|le sebelitse|mosebetsi o motle|emojithanks|bless\w*|bravo|felicitations?",
    "greet": r"hi|hello|hey|morning|afternoon|evening|lumela\w*|dumela\w*|khotso|bonjour|bonsoir|salut|helele|eita|greetings",
    "ask": r"\?|how|where|which|who|may i know|want to know|would like to know|ask|asking|question|info\w*|wonder\w*|joang|jwang|hokae|kae|mang|eng|efe|na|botsa|potso|ho tseba|tsebe|mpolelle|comment|ou|quel\w*|qui|savoir|renseign\w*|est ce|question",
    "when": r"when|what time|how long|neng|nako mang|ka nako|quand|quelle heure|combien de temps",
    "contact": r"office\w*|ofisi\w*|address|open|opening|close|hours|holiday|contact|phone number|number for|nomoro ea mohala|mohala|buloa|koaloa|buletsoe|bula|numero|adresse|horaire\w*|ouvert\w*|ferme|bureau\w*|email|website|job|jobs|vacanc\w*|mosebetsi|emploi|recrut\w*|hire|hiring|work for you",
    "planned": r"planned|maintenance|schedul\w*|tomorrow|hosane|hosasa|demain|prevu\w*|entretien|announce\w*|notice|tsebiso",
    "help": r"help|assist|thuso|thusa\w*|nthuse|nthusang|aide\w*|aidez|problem|bothata|mathata|probleme|issue",
    "wrongbill": r"wrong|incorrect|too much|overcharg\w*|high|fosahetse\w*|phahameng|eketseh\w*|trop|elevee?|error|mistake|phoso|ngata haholo|erreur|adjust\w*|arrears|debt|owe|mokoloto|molato|molatong|dette|dois|statement|history|account|akhaonto",
}  # fmt: skip
_PATTERNS = {name: re.compile(rf"\b(?:{source})(?![a-z0-9])") for name, source in _SOURCE.items()}


@lru_cache(maxsize=4096)
def concepts(text: str) -> frozenset[str]:
    """Names of the concepts that a ``unify``-ed text speaks of."""
    return frozenset(name for name, pattern in _PATTERNS.items() if pattern.search(text))
