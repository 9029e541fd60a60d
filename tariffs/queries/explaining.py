"""How the rate of one customer comes about: the cascade level by level, with who decided and what comes next."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ccportal.acdb.accountnumbers import looks_like_account, parse_typed, site_code
from ccportal.core.text import clean
from customers.models import DirectoryAccount, LegacyMeter, Meter, RegisteredMeter, Site
from tariffs.calculations import CONCESSION, CUSTOMER, GLOBAL, LEVELS, CascadeStep, ResolvedRate
from tariffs.models import TariffOverride
from tariffs.parsing import MAX_NUMBER
from tariffs.queries.overview import customer_of
from tariffs.queries.rates import rate_for
from tariffs.queries.standing import standing


@dataclass(frozen=True)
class Holder:
    """Whose rate is asked for. ``number`` is None for an account of nobody; ``known`` says whether anything is known
    of the identifier."""

    asked: str
    account: str
    number: int | None
    name: str
    site: str
    known: bool


@dataclass(frozen=True)
class Level:
    """One level of the cascade; ``rate`` is None where it has none in force."""

    scope: str
    key: str
    rate: Decimal | None
    since: datetime | None
    set_by: str
    notes: str
    decides: bool
    coming: tuple[TariffOverride, ...]


@dataclass(frozen=True)
class Explanation:
    holder: Holder
    resolved: ResolvedRate
    levels: tuple[Level, ...]
    site_name: str


def holder_of(asked: str) -> Holder:
    """Who is behind a customer number (digits only) or an account number in any spelling.

    The site is the customer's, for an account of nobody that of its meter, else the account's last three letters.
    """
    text = asked.strip()
    if text.isascii() and text.isdecimal():
        return _customer(text)
    account = parse_typed(text)
    entry = DirectoryAccount.objects.filter(account=account, owner=True).first()
    if entry is None and not looks_like_account(text):
        return Holder(text, "", None, "", "", known=False)
    number = entry.customer_number if entry else None
    person = customer_of(number) if number is not None else None
    site = (person.site if person else "") or _site_of_meter(account) or site_code(account)
    return Holder(text, account, number, person.name if person else "", site, known=entry is not None)


def _customer(text: str) -> Holder:
    number = int(text[:20])
    person = customer_of(number)
    account = person.account_list[0] if person and person.account_list else ""
    site = person.site if person else ""
    return Holder(
        text, account, number if 0 < number <= MAX_NUMBER else None, person.name if person else "", site,
        known=person is not None,
    )  # fmt: skip


def _site_of_meter(account: str) -> str:
    rows: list[RegisteredMeter] = []
    for model in (Meter, LegacyMeter):
        rows += model._default_manager.filter(account=account).order_by("-connected_at", "meter_id")[:5]
        if rows:
            break
    running = [row for row in rows if clean(row.status).lower() != "replaced"] or rows
    return clean(running[0].community).upper() if running else ""


def explain(holder: Holder, now: datetime) -> Explanation:
    """The rate in force and every level that was looked at, the most specific first."""
    resolved = rate_for(holder.number, holder.site, now)
    pks = [step.rate.order for step in resolved.cascade if step.rate.order]
    rows = TariffOverride.objects.in_bulk(pks)
    keys = {CUSTOMER: "" if holder.number is None else str(holder.number), CONCESSION: holder.site, GLOBAL: ""}
    levels = [_level(scope, keys[scope], resolved, rows, now) for scope in LEVELS]
    name = Site.objects.filter(code=holder.site).values_list("name", flat=True).first() or ""
    return Explanation(holder, resolved, tuple(levels), name)


def _level(scope: str, key: str, resolved: ResolvedRate, rows: dict[int, TariffOverride], now: datetime) -> Level:
    steps = [step for step in resolved.cascade if step.rate.scope == scope]
    coming = tuple(rows[step.rate.order] for step in steps if not step.in_force and step.rate.order in rows)
    running = next((step for step in steps if step.in_force), None)
    if running is None:
        return Level(scope, key, None, None, "", "", resolved.is_default and scope == GLOBAL, coming)
    since, by, notes = _origin(running, rows, now)
    decides = resolved.source == scope and not resolved.is_default
    return Level(scope, key, running.rate.rate, since, by, notes, decides, coming)


def _origin(step: CascadeStep, rows: dict[int, TariffOverride], now: datetime) -> tuple[datetime | None, str, str]:
    """Since when a rate holds, who set it and why, as far as it was set through the portal."""
    row = rows.get(step.rate.order)
    if row:
        return row.effective_from, row.set_by_name or row.set_by, row.notes
    entry = standing(GLOBAL, "", now).latest_in_force
    if entry is None or entry.rate != step.rate.rate:
        return None, "", ""
    source = entry.override
    by = (source.set_by_name or source.set_by) if source else (entry.set_by_name or entry.set_by)
    return entry.effective_from, by, source.notes if source else entry.notes
