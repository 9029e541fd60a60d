"""Customers who may be the person that somebody is about to register."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import Func, Value
from django.db.models.functions import Replace, Upper

from ccportal.core.phones import digits_of
from ccportal.core.text import fold
from customers.formats import id_key, plot_key
from customers.models import Customer, DirectoryCustomer, DirectoryPhone

#: Names that agree in so much of their letters are taken for one; Mokoena and Mokwena are, Mokoena and Mokone too.
SIMILAR = 0.84
SHOWN = 10
_SUFFIX = 8


@dataclass(frozen=True)
class Person:
    """What tells whether two customers are one. Texts as typed; ``phones`` local digits or in +266 form."""

    first_name: str
    last_name: str
    middle_name: str = ""
    national_id: str = ""
    phones: Sequence[str] = ()
    site: str = ""
    plot: str = ""


@dataclass(frozen=True)
class Lookalike:
    """A registered customer and why he may be the same."""

    entry: DirectoryCustomer
    reasons: tuple[str, ...]

    @property
    def number(self) -> int:
        return self.entry.number


def similar_names(one: str, other: str) -> bool:
    """Whether two names may be one person's: in any order, accents and apostrophes aside, small slips allowed.

    >>> similar_names("Lerato Letšela", "letsela lerato")
    True
    >>> similar_names("Thabo Mokoena", "Thabo Peter Mokwena")
    True
    >>> similar_names("Thabo Mokoena", "Lerato Mokoena")
    False
    """
    first, second = sorted(fold(one).split()), sorted(fold(other).split())
    if not first or not second:
        return False
    shorter, longer = (first, second) if len(first) <= len(second) else (second, first)
    if len(shorter) == 1:
        return len(longer) == 1 and _alike(shorter[0], longer[0])
    return all(any(_alike(word, candidate) for candidate in longer) for word in shorter)


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if 2 * min(len(one), len(other)) < SIMILAR * (len(one) + len(other)):
        return False  # too different in length; most pairs are, and the comparison is dear
    matcher = SequenceMatcher(None, one, other)
    return matcher.quick_ratio() >= SIMILAR and matcher.ratio() >= SIMILAR


def lookalikes(person: Person, besides: Iterable[int] = ()) -> list[Lookalike]:
    """Customers with the same national id, phone or plot, or a similar name at the site; best reasons first."""
    reasons: dict[int, list[str]] = defaultdict(list)
    for number in _with_id(person.national_id):
        reasons[number].append("same national id")
    for number in _with_phone(person.phones):
        reasons[number].append("same phone")
    for number in plot_holders(person.plot, person.site):
        reasons[number].append("same plot")
    for number in _with_name(person):
        reasons[number].append("similar name at the site")
    for number in besides:
        reasons.pop(number, None)
    entries = DirectoryCustomer.objects.in_bulk(list(reasons))
    found = [Lookalike(entries[number], tuple(why)) for number, why in reasons.items() if number in entries]
    return sorted(found, key=lambda lookalike: (-len(lookalike.reasons), lookalike.number))[:SHOWN]


def _with_id(national_id: str) -> Iterable[int]:
    wanted = id_key(national_id)
    if not wanted:
        return []
    plain: Func = Upper("id_number")
    for separator in (" ", "-", "/", "."):
        plain = Replace(plain, Value(separator), Value(""))
    return Customer.objects.annotate(plain=plain).filter(plain=wanted).order_by().values_list("number", flat=True)


def _with_phone(phones: Sequence[str]) -> Iterable[int]:
    suffixes = {digits_of(phone)[-_SUFFIX:] for phone in phones} - {""}
    rows = DirectoryPhone.objects.filter(suffix__in=suffixes).order_by()
    return set(rows.values_list("customer_number", flat=True))


def plot_holders(plot: str, site: str) -> list[int]:
    """Numbers of the site's customers who have this plot, in any spelling and whatever its type."""
    wanted = plot_key(plot)
    if not wanted:
        return []
    plots = DirectoryCustomer.objects.filter(site=site).exclude(plot="").order_by("number")
    return [number for number, written in plots.values_list("number", "plot") if plot_key(written) == wanted]


def _with_name(person: Person) -> Iterable[int]:
    name = f"{person.first_name} {person.middle_name} {person.last_name}"
    short = f"{person.first_name} {person.last_name}"
    neighbours = DirectoryCustomer.objects.filter(site=person.site).order_by() if person.site else []
    return [entry.number for entry in neighbours if similar_names(name, entry.name) or similar_names(short, entry.name)]
