"""Which account belongs to whom, and which site a text means: pure functions of values (semantics 3 and 5)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ccportal.acdb.accountnumbers import from_plot, normalise, site_code
from ccportal.core.text import clean, fold

#: Words in ``current status`` of a meter that does not run on its account any more.
CLOSED = frozenset({"replaced", "removed", "terminated"})


def is_closed(status: object) -> bool:
    """Whether the status of a meter in a registry says that it was taken away, replaced or switched off for good."""
    return clean(status).lower() in CLOSED


@dataclass(frozen=True)
class Claim:
    """A row of some table that ties an account to a customer.

    ``source`` is a value of ``AccountSource`` (1 is the best); ``rank`` orders claims of the same source,
    lowest first (a running meter before a replaced one, a newer listing before an older one).
    """

    account: str
    customer: int | None
    source: int
    rank: tuple[int | str, ...] = ()
    meter: str = ""
    customer_type: str = ""


@dataclass(frozen=True)
class Ownership:
    """What is known of one account: its owner first, then everybody else who claims it."""

    account: str
    owner: int | None
    others: tuple[int, ...]
    source: int
    meter: str
    customer_type: str
    sources: Mapping[int, int] = field(default_factory=dict)

    @property
    def site(self) -> str:
        return site_code(self.account)


def resolve(claims: Iterable[Claim], customers: set[int]) -> list[Ownership]:
    """One owner per account (D-14).

    Customers that exist come before numbers without a record; then the order of the sources: account numbers,
    small registry, large registry, plot. Where one source names several customers, the one that another source
    names too wins (a second listing is often a slip), then the lower ``rank``.
    """
    by_account: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.account:
            by_account[claim.account].append(claim)
    return [_resolve_one(account, by_account[account], customers) for account in sorted(by_account)]


def _resolve_one(account: str, claims: list[Claim], customers: set[int]) -> Ownership:
    support: dict[int, set[int]] = defaultdict(set)
    for claim in claims:
        if claim.customer:
            support[claim.customer].add(claim.source)
    ordered = sorted(
        (claim for claim in claims if claim.customer),
        key=lambda c: (c.customer not in customers, c.source, -len(support[c.customer or 0]), c.rank, c.customer),
    )
    people = list(dict.fromkeys(claim.customer for claim in ordered if claim.customer))
    metered = sorted((claim for claim in claims if claim.meter), key=lambda c: (c.source == 1, c.source, c.rank))
    typed = sorted((claim for claim in claims if claim.customer_type), key=lambda c: (c.source, c.rank))
    return Ownership(
        account=account,
        owner=people[0] if people else None,
        others=tuple(people[1:]),
        source=min(claim.source for claim in claims),
        meter=metered[0].meter if metered else "",
        customer_type=typed[0].customer_type if typed else "",
        sources={person: min(support[person]) for person in people},
    )


def plot_claims(plots: Iterable[tuple[int, object, object]], known: set[int], source: int) -> Iterable[Claim]:
    """Accounts that follow from plot numbers, for customers whom no registry gives one (semantics 3.1 d).

    ``plots`` are (customer number, plot, site code); ``known`` the customers that need no derivation.
    """
    for customer, plot, site in plots:
        if customer not in known:
            account = from_plot(plot, site)
            if account:
                yield Claim(account, customer, source)


class SiteNames:
    """Finds the code of a site from whatever was written: code, name or alias, in any case (D-21, D-23, D-37)."""

    def __init__(self, sites: Iterable[tuple[str, str, Iterable[str]]]) -> None:
        self.names: dict[str, str] = {}
        self._codes: dict[str, str] = {}
        for code, name, aliases in sites:
            self.names[code] = name
            for text in (code, name, *aliases):
                self._codes.setdefault(fold(text), code)

    def code(self, text: object) -> str:
        """The site's code; text that names no site comes back trimmed, never as an invented site (D-22)."""
        written = " ".join(normalise(text).split())
        return self._codes.get(fold(written), written)

    def known(self, code: str) -> bool:
        return code in self.names


def search_terms(text: str) -> list[str]:
    """The words of a search, folded; a word of digits and blanks typed as a phone number becomes one word.

    >>> search_terms("Letšela +266 5869 8650")
    ['letsela', '+266', '5869', '8650']
    """
    return fold(text).split()
