"""Which site a message speaks of."""

import re
from collections.abc import Container

from ccportal.acdb.accountnumbers import looks_like_account, parse_typed, site_code
from ccportal.core.text import fold
from customers.models import Site
from whatsapp.triage.types import Known

_ACCOUNT = re.compile(r"\b(?:\d{3,4}\s?-?\s?[A-Za-z]{3}|[A-Za-z]{3}\s?-?\s?\d{3,4})\b")
#: "I live at", "ke lula", "my account number is".
WORDS_AROUND_A_PLACE = 4
FRANCOPHONE = frozenset({"BJ", "TG", "CI", "BF", "SN", "NE", "ML", "GN", "CD", "CM", "GA", "CG"})


def known_for(site_code: str = "", *, customer_known: bool = False) -> Known:
    """What triage has to know of a contact: the active sites, and the languages replied in at the contact's site."""
    sites = list(Site.objects.filter(active=True))
    return Known(
        site_code=site_code if any(site.code == site_code for site in sites) else "",
        customer_known=customer_known,
        sites={site.code: site.name for site in sites},
        aliases={site.code: tuple(site.aliases) for site in sites},
        languages=languages_of(next((site.country for site in sites if site.code == site_code), "")),
    )


def languages_of(country: str) -> tuple[str, ...]:
    """Languages of the replies in a country: French where it is spoken, else Sesotho and English."""
    return ("fr", "en") if country in FRANCOPHONE else ("st", "en") if country in ("LS", "") else ("en",)


def account_in(text: str, sites: Container[str]) -> str:
    """The account number of one of the sites that a message holds, in canonical form; empty when it holds none.

    >>> account_in("bought for 100 maloti, account mak 0045 please", {"MAK"})
    '0045MAK'
    """
    for found in _ACCOUNT.findall(text):
        if looks_like_account(found) and site_code(parse_typed(found)) in sites:
            return parse_typed(found)
    return ""


def site_in(text: str, known: Known) -> str:
    """The code of the one site that a message names, by account number, name or alias; empty when none or several."""
    account = account_in(text, known.sites)
    if account:
        return site_code(account)
    folded = f" {fold(text)} "
    found = set()
    for code, name in known.sites.items():
        for written in (name, *known.aliases.get(code, ())):
            if len(written) > 2 and f" {fold(written)} " in folded:
                found.add(code)
        if f" {code} " in f" {' '.join(re.findall('[A-Za-z]+', text))} ":
            found.add(code)
    return found.pop() if len(found) == 1 else ""


def names_only_a_place(text: str, known: Known) -> bool:
    """Whether the message is an answer to "where?": a site or an account number, and hardly a word beside."""
    if not site_in(text, known):
        return False
    place = site_in(text, known)
    written = [known.sites[place], place, *known.aliases.get(place, ()), *_ACCOUNT.findall(text)]
    rest = f" {fold(text)} "
    for name in sorted(written, key=len, reverse=True):
        rest = rest.replace(f" {fold(name)} ", " ")
    return len(rest.split()) <= WORDS_AROUND_A_PLACE
