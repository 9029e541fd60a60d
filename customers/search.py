"""Finding customers by what somebody types: any part of a name, phone, account, plot, village or number.

The directory is searched through trigrams: an FTS5 table on SQLite, a pg_trgm index on PostgreSQL, so that a
match anywhere in a word needs no scan. Words shorter than three letters match the beginnings of words.
"""

import re

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from ccportal.acdb.accountnumbers import looks_like_account, parse_typed
from ccportal.core.phones import parse_stored
from ccportal.core.text import fold
from customers.calculations import search_terms
from customers.models import DirectoryCustomer

FTS_MATCH = "SELECT rowid FROM customers_search WHERE customers_search MATCH %s"
TRIGRAM = 3
_PHONE_LIKE = re.compile(r"^[\s()+./-]*\d[\d\s()+./-]{6,}$")
_PLOT_LIKE = re.compile(r"^[a-z]{2,4} \d{3,4}[a-z]? [a-z]{1,4}$")


def normalised_words(text: str) -> list[str]:
    """What to look for; a phone, account or plot number in any spelling becomes the one text that is stored."""
    if _PHONE_LIKE.match(text):
        phone = parse_stored(text)
        if phone:
            return [phone.digits]
    if looks_like_account(text):
        return [parse_typed(text).lower()]
    if _PLOT_LIKE.match(fold(text)):
        return [fold(text)]
    return [parse_typed(word).lower() if looks_like_account(word) else word for word in search_terms(text)]


def matching(text: str, *, everything: bool = True) -> QuerySet[DirectoryCustomer]:
    """Customers in whose entry every word of ``text`` occurs.

    ``everything`` False searches only what the API contract names (names, site, plot, city, district, number).
    An empty text matches all.
    """
    found = DirectoryCustomer.objects.all()
    words = normalised_words(text) if everything else search_terms(text)
    long_words = [word for word in words if len(word) >= TRIGRAM]
    short_words = [word for word in words if len(word) < TRIGRAM]
    if long_words:
        found = found.filter(_contains(long_words, everything))
    for word in short_words:
        # Entries begin with a blank and hold words separated by blanks.
        begins = Q(document__contains=f" {word}")
        found = found.filter(begins | Q(extra__contains=f" {word}") if everything else begins)
    return found


def _contains(words: list[str], everything: bool) -> Q:
    if connection.vendor == "sqlite":
        phrases = " AND ".join(f'"{word}"' for word in words)  # folded words hold no quotation marks
        query = phrases if everything else f"document : ({phrases})"
        return Q(number__in=RawSQL(FTS_MATCH, [query]))  # noqa: S611 - a constant, the words are a parameter
    condition = Q()
    for word in words:
        hit = Q(document__contains=word)
        condition &= hit | Q(extra__contains=word) if everything else hit
    return condition


def suggestions(text: str, limit: int = 8) -> list[DirectoryCustomer]:
    """The likeliest customers while somebody types: exact numbers first, then beginnings of words, then the rest."""
    words = normalised_words(text)
    if not words:
        return []
    exact = DirectoryCustomer.objects.filter(number=int(words[0])) if _is_number(words) else []
    candidates = [*exact, *matching(text).order_by()[: limit * 25]]
    unique = {customer.number: customer for customer in candidates}
    return sorted(unique.values(), key=lambda customer: _rank(customer, words))[:limit]


def _is_number(words: list[str]) -> bool:
    return len(words) == 1 and words[0].isdecimal() and len(words[0]) < 9


def _rank(customer: DirectoryCustomer, words: list[str]) -> tuple[int, str, int]:
    entry = f"{customer.document} {customer.extra} "
    if str(customer.number) == words[0] or any(f" {word} " in entry for word in words if any(map(str.isdigit, word))):
        place = 0
    elif all(f" {word}" in f" {customer.sort_name}" for word in words):
        place = 1
    elif all(f" {word}" in entry for word in words):
        place = 2
    else:
        place = 3
    return place, customer.sort_name, customer.number
