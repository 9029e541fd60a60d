"""What is known of customers: lists from the directory, records from the ACDB (semantics 2 to 5)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet

from ccportal.acdb.accountnumbers import normalise, parse_typed
from ccportal.core.errors import NotFound
from ccportal.core.phones import Phone, parse_stored
from ccportal.core.phones import parse_typed as parse_phone
from ccportal.core.text import clean
from customers.calculations import SiteNames, is_closed
from customers.models import (
    AccountSource,
    Customer,
    DirectoryAccount,
    DirectoryCustomer,
    DirectoryPhone,
    DirectoryState,
    LegacyMeter,
    Meter,
    RegisteredMeter,
    Site,
)
from customers.positions import Position, middle
from customers.search import matching

MAX_NUMBER = 2**31 - 1
NO_SITE = "-"

#: Name in the address -> what the list is ordered by; the number is the tie-breaker.
SORTS: dict[str, tuple[F, ...]] = {
    "name": (F("sort_name"),),
    "number": (),
    "site": (F("site"), F("sort_name")),
    "type": (F("customer_type"), F("sort_name")),
    "status": (F("status"), F("sort_name")),
    "connected": (F("connected_on"),),
}


@dataclass(frozen=True)
class CustomerFilter:
    """What the customer list shows; empty strings mean no restriction."""

    q: str = ""
    site: str = ""
    customer_type: str = ""
    status: str = ""
    sort: str = "name"
    descending: bool = False


def customer_list(wanted: CustomerFilter) -> QuerySet[DirectoryCustomer]:
    """The directory filtered and ordered."""
    found = matching(wanted.q)
    if wanted.site:
        found = found.filter(site="" if wanted.site == NO_SITE else wanted.site)
    if wanted.customer_type:
        found = found.filter(customer_type=wanted.customer_type)
    if wanted.status:
        found = found.filter(status=wanted.status)
    keys = (*SORTS.get(wanted.sort, SORTS["name"]), F("number"))
    if wanted.descending:
        return found.order_by(*(key.desc(nulls_last=True) for key in keys))
    return found.order_by(*(key.asc(nulls_last=True) for key in keys))


def site_names() -> SiteNames:
    return SiteNames(Site.objects.values_list("code", "name", "aliases"))


@dataclass(frozen=True)
class SiteCount:
    """Customers of a site; ``code`` is empty for customers without a concession."""

    code: str
    name: str
    total: int
    active: int

    @property
    def terminated(self) -> int:
        return self.total - self.active


def site_counts() -> list[SiteCount]:
    """Customers per site in order of the code (semantics 10.1, 10.3), those without a site last.

    Counted when the directory is refreshed, so the answer costs one row.
    """
    state = DirectoryState.objects.first()
    names = site_names().names
    counts = [SiteCount(code, names.get(code, code), *count) for code, count in (state.sites if state else {}).items()]
    return sorted(counts, key=lambda count: (not count.code, count.code))


def customer_types() -> list[str]:
    state = DirectoryState.objects.first()
    return state.types if state else []


def customer_number(text: str) -> int:
    """A customer number from an address; ``NotFound`` for anything that cannot be one."""
    if text.isascii() and text.isdecimal() and len(text) < 11 and int(text) <= MAX_NUMBER:
        return int(text)
    raise NotFound(f"There is no customer {text[:20]!r}; customer numbers are whole numbers.")


def get_customer(number: int) -> Customer:
    """The record of the ACDB; ``NotFound`` when there is none."""
    customer = Customer.objects.filter(number=number).first()
    if customer is None:
        raise NotFound(f"There is no customer {number}.")
    return customer


def customers_with_phone(text: str) -> list[Customer]:
    """Customers who have this phone number in any spelling, by number (semantics 4.2, D-18).

    The last eight digits are looked up in an index; where more are given, they must agree.
    """
    wanted = parse_phone(text)
    rows = DirectoryPhone.objects.filter(suffix=wanted.suffix).values_list("customer_number", "digits")
    numbers = {number for number, digits in rows if digits.endswith(wanted.digits) or wanted.digits.endswith(digits)}
    return list(Customer.objects.filter(number__in=numbers).order_by("number"))


def owner_of(text: str) -> Customer:
    """The customer of an account, written in either order (semantics 3.2, D-14).

    ``NotFound`` says whether the account is unknown, belongs to nobody, or to a number without a record.
    """
    account = parse_typed(text)
    entry = DirectoryAccount.objects.filter(account=account, owner=True).first()
    if entry is None:
        raise NotFound(f"There is no account {account[:20]}.")
    if entry.customer_number is None:
        raise NotFound(f"Account {account} has transactions but belongs to no customer.")
    customer = Customer.objects.filter(number=entry.customer_number).first()
    if customer is None:
        raise NotFound(f"Account {account} belongs to customer {entry.customer_number}, who has no record.")
    return customer


def accounts_of(numbers: Iterable[int]) -> dict[int, list[str]]:
    """Account numbers of each customer, sorted, without repeats (semantics 3.1)."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = DirectoryAccount.objects.filter(customer_number__in=list(numbers)).order_by()
    for number, account in rows.values_list("customer_number", "account"):
        if number is not None:
            found[number].add(account)
    return {number: sorted(accounts) for number, accounts in found.items()}


@dataclass(frozen=True)
class AccountLine:
    """An account on a customer's page; ``shared_with`` are other customers who are listed for it."""

    account: str
    source: str
    owned: bool
    shared_with: Sequence[int]


def account_lines(number: int) -> list[AccountLine]:
    """The accounts of a customer and who else claims them."""
    own = DirectoryAccount.objects.filter(customer_number=number).order_by("account")
    names = [entry.account for entry in own]
    others: dict[str, list[int]] = defaultdict(list)
    rows = DirectoryAccount.objects.filter(account__in=names).exclude(customer_number=number)
    for account, other in rows.values_list("account", "customer_number"):
        if other is not None:
            others[account].append(other)
    return [
        AccountLine(entry.account, AccountSource(entry.source).label, entry.owner, others[entry.account])
        for entry in own
    ]


@dataclass(frozen=True)
class MeterLine:
    """A meter on a customer's page."""

    meter_id: str
    account: str
    customer_type: str
    status: str
    village: str
    connected_at: datetime | None
    registry: str
    map_url: str

    @property
    def running(self) -> bool:
        """False for meters that were replaced or removed or whose service ended; registries write it as words."""
        return not is_closed(self.status)


def meter_lines(number: int, accounts: Sequence[str]) -> list[MeterLine]:
    """Meters registered for the customer or for one of the accounts, running ones first, each once."""
    lines: dict[tuple[str, str], MeterLine] = {}
    for model in (Meter, LegacyMeter):
        rows = model._default_manager.filter(Q(customer_number=number) | Q(account__in=accounts))
        for row in rows.order_by("account", "meter_id"):
            line = meter_line(row)
            lines.setdefault((line.meter_id, line.account), line)
    return sorted(lines.values(), key=lambda line: (not line.running, line.account, line.meter_id))


def meter_line(row: RegisteredMeter) -> MeterLine:
    """A row of a registry as pages show it."""
    return MeterLine(
        meter_id=clean(row.meter_id),
        account=normalise(row.account),
        customer_type=clean(row.customer_type).upper(),
        status=clean(row.status),
        village=clean(row.village),
        connected_at=row.connected_at,
        registry=row._meta.db_table,
        map_url=map_url(row.latitude, row.longitude),
    )


def phones_of(customer: Customer) -> list[Phone]:
    """The phone numbers of a customer, each once, in the order of the columns."""
    stored = (customer.phone, customer.cell_phone_1, customer.cell_phone_2)
    return list({phone.digits: phone for phone in map(parse_stored, stored) if phone}.values())


def date_oddity(customer: Customer) -> str:
    """A sentence when the dates of the record contradict each other, else empty."""
    connected, terminated = customer.connected_at, customer.terminated_at
    if connected and terminated and terminated < connected:
        return "The record says the service ended before it was connected."
    return ""


def map_url(latitude: object, longitude: object) -> str:
    """A map of the place; empty when it is unknown (NULL or 0) or no place on earth."""
    north, east = _degrees(latitude, 90), _degrees(longitude, 180)
    if not north or not east:
        return ""
    place = {"mlat": f"{north:.6f}", "mlon": f"{east:.6f}"}
    return f"https://www.openstreetmap.org/?{urlencode(place)}#map=17/{north:.6f}/{east:.6f}"


def site_middle(site: Site) -> Position | None:
    """Where a site is: as the site table says, else the middle of its customers' positions; None when unknown."""
    if site.latitude and site.longitude:
        return Position(site.latitude, site.longitude)
    known = Customer.objects.filter(concession__iexact=site.code).exclude(gps_x=None).exclude(gps_y=None).order_by()
    degrees = ((_degrees(y, 90), _degrees(x, 180)) for y, x in known.values_list("gps_y", "gps_x"))
    return middle(Position(north, east) for north, east in degrees if north and east)


def _degrees(value: object, limit: int) -> float | None:
    """A coordinate that the ACDB may hold as a number or as text."""
    try:
        degrees = float(clean(value).replace(",", "."))
    except ValueError:
        return None
    return degrees if abs(degrees) <= limit else None


def as_contract(customer: Customer, names: SiteNames) -> dict[str, str]:
    """The customer in the words of the API contract, with the code of the site."""
    return customer.profile(names.code(customer.concession))
