"""Builds the directory from the ACDB: reads every registry, decides ownership, writes only what changed.

Layer: a service. Called after an import, after a portal write, and on a schedule (other programs write too).
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from audit.models import Mutation, MutationState
from billing.models import LegacyTransaction, Transaction
from ccportal.acdb.accountnumbers import normalise
from ccportal.core.periods import meter_zone
from ccportal.core.phones import Phone, parse_stored
from ccportal.core.text import clean, fold
from customers.calculations import Claim, Ownership, SiteNames, is_closed, plot_claims, resolve
from customers.models import (
    AccountNumber,
    AccountSource,
    Customer,
    DirectoryAccount,
    DirectoryCustomer,
    DirectoryPhone,
    DirectoryState,
    LegacyMeter,
    Meter,
    Site,
    Status,
)

CHUNK = 2000
#: So many times a change of the portal may get in before a refresh leaves the rest to the next one.
OVERTAKEN = 3
FIRST_DAY = datetime(1900, 1, 1, tzinfo=meter_zone())
_COLUMNS = (
    "number", "first_name", "middle_name", "last_name", "phone", "cell_phone_1", "cell_phone_2", "email",
    "plot_number", "street_address", "city", "district", "concession", "position", "connected_at",
    "terminated_at", "id_number",
)  # fmt: skip
Report = Callable[[str], None]
_Entry = tuple[int, tuple[DirectoryCustomer, list[Phone]] | None]


def refresh_directory(report: Report = lambda step: None) -> DirectoryState:
    """Bring the directory up to date with the ACDB; ``report`` is told each step.

    The work is proportional to the registries, the writing to what changed. Raises the database's error when the
    ACDB cannot be read; the directory then stays as it was. When the portal changed a registry meanwhile, what was
    read may be older than what is there: then it is done again.
    """
    for _again in range(OVERTAKEN):
        before = _latest_change()
        with suppress(IntegrityError):  # both wrote the same entry
            state = _refresh(report)
            if _latest_change() == before:
                return state
    return _refresh(report)


def _latest_change() -> datetime | None:
    """When the portal last changed a record of a registry."""
    tables = [model._meta.db_table for model in (Customer, AccountNumber, Meter, LegacyMeter)]
    changes = Mutation.objects.filter(table_name__in=tables, state=MutationState.APPLIED)
    latest: datetime | None = changes.aggregate(latest=Max("settled_at"))["latest"]
    return latest


def _refresh(report: Report) -> DirectoryState:
    sites = SiteNames(Site.objects.values_list("code", "name", "aliases"))
    report("Reading accounts and meters")
    ownerships = _ownerships(sites)
    report("Reading customers")
    _write_customers(sites, ownerships)
    report("Writing accounts")
    _write_accounts(ownerships)
    state, _ = DirectoryState.objects.update_or_create(
        id=1, defaults={**figures(), "refreshed_at": timezone.now(), "error": ""}
    )
    return state


def figures() -> dict[str, Any]:
    """What ``DirectoryState`` counts, from the directory as it stands."""
    return {
        "customers": DirectoryCustomer.objects.count(),
        "accounts": DirectoryAccount.objects.order_by().values("account").distinct().count(),
        "sites": _site_counts(),
        "types": sorted(set(DirectoryCustomer.objects.values_list("customer_type", flat=True)) - {""}),
    }


def _site_counts() -> dict[str, list[int]]:
    active = Count("number", filter=Q(status=Status.ACTIVE))
    rows = DirectoryCustomer.objects.order_by().values("site").annotate(total=Count("number"), active=active)
    return {row["site"]: [row["total"], row["active"]] for row in rows}


def _ownerships(sites: SiteNames) -> list[Ownership]:
    claims = [*listed_claims(AccountNumber.objects.all())]
    claims += meter_claims(Meter.objects.all(), AccountSource.METER)
    claims += meter_claims(LegacyMeter.objects.all(), AccountSource.LEGACY_METER)
    known = {claim.customer for claim in claims if claim.customer}
    people = list(Customer.objects.order_by().values_list("number", "plot_number", "concession"))
    plots = ((number, plot, sites.code(concession)) for number, plot, concession in people)
    claims += plot_claims(plots, known, AccountSource.PLOT)
    claims += [Claim(account, None, AccountSource.HISTORY) for account in _history_accounts()]
    return resolve(claims, {number for number, _, _ in people})


def listed_claims(listed: QuerySet[AccountNumber]) -> Iterator[Claim]:
    """What tblaccountnumbers says of whose account is which."""
    rows = listed.order_by().values_list("account", "customer_number", "meter_id", "opened_at")
    for account, customer, meter, opened in rows.iterator(CHUNK):
        # Newest listing first among those that nothing else supports.
        newest = -((opened or FIRST_DAY) - FIRST_DAY).total_seconds()
        yield Claim(normalise(account), customer or None, AccountSource.ACCOUNTS, (int(newest),), clean(meter))


def meter_claims(meters: QuerySet[Any], source: AccountSource) -> Iterator[Claim]:
    """What a meter registry says of whose account is which."""
    rows = meters.order_by().values_list(
        "account", "customer_number", "meter_id", "customer_type", "status", "connected_at"
    )
    for account, customer, meter, kind, status, connected in rows.iterator(CHUNK):
        newest = -int(((connected or FIRST_DAY) - FIRST_DAY).total_seconds())
        rank = (int(is_closed(status)), newest, clean(meter))
        yield Claim(normalise(account), customer or None, source, rank, clean(meter), clean(kind).upper())


def _history_accounts() -> set[str]:
    found: set[str] = set()
    for model in (Transaction, LegacyTransaction):
        rows = model._default_manager.order_by().values_list("account", flat=True).distinct()
        found.update(normalise(account) for account in rows.iterator(CHUNK))
    found.discard("")
    return found


def entries(
    people: QuerySet[Customer], sites: SiteNames, ownerships: Iterable[Ownership], known: dict[int, str]
) -> Iterator[_Entry]:
    """An entry per customer; None in place of one whose source has the digest that is ``known`` of it."""
    accounts: dict[int, list[Ownership]] = defaultdict(list)
    for ownership in ownerships:
        for person in (ownership.owner, *ownership.others):
            if person:
                accounts[person].append(ownership)
    salt = repr(sorted(sites.names.items()))
    for values in people.order_by().values_list(*_COLUMNS).iterator(CHUNK):
        number, owned = values[0], accounts.get(values[0], [])
        digest = hashlib.blake2b(f"{salt}{values}{owned}".encode(), digest_size=16).hexdigest()
        if known.get(number) == digest:
            yield number, None
        else:
            yield number, _entry(dict(zip(_COLUMNS, values, strict=True)), sites, owned, digest)


def _entry(
    row: dict[str, Any], sites: SiteNames, owned: list[Ownership], digest: str
) -> tuple[DirectoryCustomer, list[Phone]]:
    """What the directory keeps of a record of the ACDB, and the customer's phones, each once."""
    text = {name: clean(row[name]) for name in _COLUMNS if not name.endswith("_at")}
    site = sites.code(text["concession"])
    name = " ".join(filter(None, (text["first_name"], text["middle_name"], text["last_name"])))
    phones = {
        phone.digits: phone
        for phone in map(parse_stored, (row["phone"], row["cell_phone_1"], row["cell_phone_2"]))
        if phone
    }
    kind = text["position"].upper() or next((o.customer_type for o in owned if o.customer_type), "")
    connected = row["connected_at"]
    document = (
        name, text["concession"], site, sites.names.get(site, ""), text["plot_number"], text["city"],
        text["district"], text["number"],
    )  # fmt: skip
    extra = (
        *(f"{phone.digits} {phone.e164}" for phone in phones.values()),
        *(f"{ownership.account} {ownership.meter}" for ownership in owned),
        text["street_address"], text["email"], text["id_number"],
    )  # fmt: skip
    entry = DirectoryCustomer(
        number=row["number"],
        name=(name or f"Customer {row['number']}")[:255],
        sort_name=fold(f"{text['last_name']} {text['first_name']} {text['middle_name']}")[:255],
        site=site[:80],
        customer_type=kind[:40],
        status=Status.TERMINATED if row["terminated_at"] else Status.ACTIVE,
        plot=text["plot_number"][:80],
        village=text["street_address"][:255],
        phones=", ".join(phone.digits for phone in phones.values())[:120],
        accounts=" ".join(sorted({ownership.account for ownership in owned}))[:255],
        connected_on=connected.astimezone(meter_zone()).date() if connected else None,
        document=_searched(document),
        extra=_searched(extra),
        digest=digest,
    )
    return entry, list(phones.values())


def _searched(texts: Iterable[str]) -> str:
    """Folded, with a blank before every word, so that the beginning of a word can be looked for."""
    return f" {fold(' '.join(texts))}"


def _write_customers(sites: SiteNames, ownerships: Iterable[Ownership]) -> None:
    known = dict(DirectoryCustomer.objects.order_by().values_list("number", "digest"))
    gone = set(known)
    found = entries(Customer.objects.all(), sites, ownerships, known)
    while chunk := list(islice(found, CHUNK)):
        gone.difference_update(number for number, _ in chunk)
        changed = [entry for _, entry in chunk if entry]
        if changed:
            write_chunk(changed)
    for numbers in _chunks(sorted(gone)):
        with transaction.atomic():
            DirectoryPhone.objects.filter(customer_number__in=numbers).delete()
            DirectoryCustomer.objects.filter(number__in=numbers).delete()


_FIELDS = [field.name for field in DirectoryCustomer._meta.concrete_fields if field.name != "number"]


def write_chunk(changed: list[tuple[DirectoryCustomer, list[Phone]]]) -> None:
    """Write entries with their phones, new ones and those that are there already."""
    numbers = [entry.number for entry, _ in changed]
    with transaction.atomic():
        there = DirectoryCustomer.objects.filter(number__in=numbers).order_by()
        existing = set(there.values_list("number", flat=True))
        DirectoryPhone.objects.filter(customer_number__in=existing).delete()
        DirectoryCustomer.objects.bulk_create(entry for entry, _ in changed if entry.number not in existing)
        DirectoryCustomer.objects.bulk_update(
            [entry for entry, _ in changed if entry.number in existing], _FIELDS, batch_size=50
        )
        DirectoryPhone.objects.bulk_create(
            DirectoryPhone(suffix=phone.suffix, digits=phone.digits[:20], customer_number=entry.number)
            for entry, phones in changed
            for phone in phones
        )


def _write_accounts(ownerships: Iterable[Ownership]) -> None:
    identity = ("account", "customer_number", "site", "customer_type", "meter_id", "source", "owner")
    known = {tuple(row[1:]): row[0] for row in DirectoryAccount.objects.order_by().values_list("id", *identity)}
    wanted = [row for ownership in ownerships for row in account_rows(ownership)]
    fresh = [row for row in wanted if tuple(getattr(row, name) for name in identity) not in known]
    kept = {tuple(getattr(row, name) for name in identity) for row in wanted}
    stale = [row_id for key, row_id in known.items() if key not in kept]
    with transaction.atomic():
        for ids in _chunks(stale):
            DirectoryAccount.objects.filter(id__in=ids).delete()
        DirectoryAccount.objects.bulk_create(fresh, batch_size=500)


def account_rows(ownership: Ownership) -> Iterator[DirectoryAccount]:
    """The owner's row of an account and one for everybody else who claims it."""
    people: list[int | None] = [ownership.owner, *ownership.others]
    for place, person in enumerate(people):
        yield DirectoryAccount(
            account=ownership.account[:20],
            customer_number=person,
            site=ownership.site,
            customer_type=ownership.customer_type[:40],
            meter_id=ownership.meter[:80],
            source=ownership.sources.get(person, ownership.source) if person else ownership.source,
            owner=place == 0,
        )


def _chunks(items: list[int], size: int = 500) -> Iterator[list[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))
