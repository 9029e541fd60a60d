"""Prepared sets: what people ask for again and again, as data."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from audit.models import Mutation
from billing.models import Transaction
from ccportal.acdb.accountnumbers import normalise, site_code
from ccportal.core.periods import meter_zone
from customers.models import AccountNumber, Customer, DirectoryAccount, Meter

CHUNK = 1000


@dataclass(frozen=True)
class Period:
    """Local days, both included; open where None."""

    since: date | None = None
    until: date | None = None

    def of(self, rows: QuerySet, field: str) -> QuerySet:
        """The rows whose time is within."""
        if self.since:
            rows = rows.filter(**{f"{field}__gte": datetime.combine(self.since, time.min, meter_zone())})
        if self.until:
            after = datetime.combine(self.until + timedelta(days=1), time.min, meter_zone())
            rows = rows.filter(**{f"{field}__lt": after})
        return rows


@dataclass(frozen=True)
class PreparedSet:
    """A set of rows with words for its columns.

    ``rows`` gives tuples in the order of ``columns`` without keeping them, ``query`` what is counted; ``dated`` ones
    are of a period.
    """

    name: str
    title: str
    text: str
    columns: tuple[str, ...]
    query: Callable[[Period], QuerySet]
    rows: Callable[[QuerySet], Iterable[tuple[Any, ...]]]
    dated: bool = False


def _chunks(query: QuerySet) -> Iterator[list[Any]]:
    found = query.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _accounts(_: Period) -> QuerySet:
    return AccountNumber.objects.order_by("account", "customer_number")


def _accounts_with_people(query: QuerySet) -> Iterator[tuple[Any, ...]]:
    for chunk in _chunks(query):
        people = Customer.objects.in_bulk({row.customer_number for row in chunk if row.customer_number is not None})
        meters = {
            normalise(account): (meter, status)
            for account, meter, status in Meter.objects.filter(account__in=[row.account for row in chunk]).values_list(
                "account", "meter_id", "status"
            )
        }
        for row in chunk:
            person = people.get(row.customer_number)
            meter, status = meters.get(normalise(row.account), (row.meter_id, None))
            yield (normalise(row.account), site_code(row.account), row.customer_number, *_person(person), meter, status)


def _person(person: Customer | None) -> tuple[Any, ...]:
    if person is None:
        return (None,) * 9
    return (
        person.first_name,
        person.last_name,
        person.phone,
        person.cell_phone_1,
        person.plot_number,
        person.street_address,
        person.position,
        person.connected_at,
        person.terminated_at,
    )


def _transactions(period: Period) -> QuerySet:
    return period.of(Transaction.objects.order_by("pk"), "at")


def _transaction_rows(query: QuerySet) -> Iterator[tuple[Any, ...]]:
    names = ("id", "at", "account", "meter_id", "amount", "rate", "kwh", "is_payment", "balance")
    for number, at, account, *rest in query.values_list(*names).iterator(chunk_size=CHUNK):
        yield number, at, normalise(account), site_code(account), *rest


def _mutations(period: Period) -> QuerySet:
    return period.of(Mutation.objects.order_by("pk"), "at")


def _mutation_rows(query: QuerySet) -> Iterator[tuple[Any, ...]]:
    names = (
        "id", "at", "actor_id", "actor_name", "action", "event", "table_name", "record_id", "state", "reason",
        "reverts_id", "old_values", "new_values",
    )  # fmt: skip
    return query.values_list(*names).iterator(chunk_size=CHUNK)


_TRANSACTION_COLUMNS = (
    "Number", "Date", "Account", "Site", "Meter", "Amount", "Rate per kWh", "kWh", "Payment", "Balance after, kWh",
)  # fmt: skip

SETS: dict[str, PreparedSet] = {
    each.name: each
    for each in (
        PreparedSet(
            "customers",
            "Customers with account and meter",
            "A row for each account number, with the customer it is listed for and the registered meter.",
            (
                "Account", "Site", "Customer number", "First name", "Last name", "Phone", "Cell phone", "Plot",
                "Village", "Customer type", "Connected", "Terminated", "Meter", "Meter status",
            ),
            _accounts,
            _accounts_with_people,
        ),
        PreparedSet(
            "transactions",
            "Transactions of a period",
            "Purchases, payments and corrections of all accounts.",
            _TRANSACTION_COLUMNS,
            _transactions,
            _transaction_rows,
            dated=True,
        ),
        PreparedSet(
            "payments",
            "Payments of a period",
            "Only what customers paid.",
            _TRANSACTION_COLUMNS,
            lambda period: _transactions(period).filter(is_payment=True),
            _transaction_rows,
            dated=True,
        ),
        PreparedSet(
            "unmatched",
            "Accounts without a customer",
            "Accounts that appear in meters or transactions and that no customer record claims.",
            ("Account", "Site", "Customer type", "Meter", "Known from"),
            lambda _: DirectoryAccount.objects.filter(customer_number=None).order_by("account"),
            lambda query: (
                (row.account, row.site, row.customer_type, row.meter_id, row.get_source_display())
                for row in query.iterator(chunk_size=CHUNK)
            ),
        ),
        PreparedSet(
            "mutations",
            "Log of changes of a period",
            "Who changed what, with the values before and after.",
            (
                "Entry", "Time", "Actor", "Name", "Action", "Event", "Table", "Record", "State", "Reason", "Undoes",
                "Before", "After",
            ),
            _mutations,
            _mutation_rows,
            dated=True,
        ),
    )
}  # fmt: skip


def picked(prepared: PreparedSet, names: Sequence[str]) -> list[int]:
    """The places of the columns of these names; all of them when none is named."""
    wanted = set(names)
    return [place for place, name in enumerate(prepared.columns) if not wanted or name in wanted]
