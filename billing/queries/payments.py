"""Lists of payments, lookups by reference, and who an unmatched payment may be for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from billing.models import Notification, NotificationState, Payment, PaymentKind, PaymentState
from billing.queries.ledger import day_begin
from billing.queries.owners import near_matches
from ccportal.acdb.accountnumbers import looks_like_account, parse_typed
from ccportal.core.phones import parse_stored
from ccportal.core.text import fold
from customers.models import DirectoryAccount, DirectoryCustomer, DirectoryPhone

SUGGESTIONS = 6
#: Money that is in the ledger; a reversal takes its payment off.
IN_LEDGER = Q(state__in=(PaymentState.POSTED, PaymentState.REVERSED))
OPEN_QUEUE = Q(state__in=(PaymentState.UNMATCHED, PaymentState.RECEIVED))


@dataclass(frozen=True)
class PaymentFilter:
    """What a list shows; empty restricts nothing. Days are local and both included."""

    state: str = ""
    provider: str = ""
    site: str = ""
    first: date | None = None
    last: date | None = None
    q: str = ""


def payments(wanted: PaymentFilter) -> QuerySet[Payment]:
    """Payments, newest first, reversals and moved ones included."""
    rows = Payment.objects.all()
    for name in ("state", "provider", "site"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if wanted.first:
        rows = rows.filter(received_at__gte=day_begin(wanted.first))
    if wanted.last:
        rows = rows.filter(received_at__lt=day_begin(wanted.last, 1))
    return rows.filter(_about(wanted.q)) if wanted.q.strip() else rows


def _about(text: str) -> Q:
    """Reference, account, payer's phone or name."""
    text = text.strip()
    compact = "".join(text.split()).upper()
    hit = Q(provider_reference__startswith=compact) | Q(payer_name__icontains=text) | Q(account=parse_typed(text))
    phone = parse_stored(text)
    return hit | Q(payer_phone__endswith=phone.suffix) if phone else hit


@dataclass(frozen=True)
class Totals:
    """Numbers and money of a list; ``posted_money`` is what stands in the ledger, reversals taken off.

    Money is in the ledger's currency; the ``foreign`` payments are counted and not added.
    """

    count: int
    foreign: int
    money: Decimal
    posted_money: Decimal
    waiting: int
    unmatched: int
    unmatched_money: Decimal


def totals(rows: QuerySet[Payment]) -> Totals:
    """The totals of a selection of payments, by one query."""
    ours = Q(currency=settings.CURRENCY)
    found = rows.order_by().aggregate(
        count=Count("pk"),
        foreign=Count("pk", filter=~ours),
        money=Sum("amount", filter=ours & Q(kind=PaymentKind.PAYMENT) & ~Q(state=PaymentState.FAILED)),
        posted=Sum("amount", filter=IN_LEDGER),
        waiting=Count("pk", filter=Q(state=PaymentState.MATCHED)),
        unmatched=Count("pk", filter=OPEN_QUEUE & Q(queue="")),
        unmatched_money=Sum("amount", filter=ours & OPEN_QUEUE & Q(queue="")),
    )
    zero = Decimal(0)
    return Totals(
        found["count"],
        found["foreign"],
        found["money"] or zero,
        found["posted"] or zero,
        found["waiting"],
        found["unmatched"],
        found["unmatched_money"] or zero,
    )


def by_reference(reference: str, provider: str = "") -> list[Payment]:
    """Payments with this provider reference, in any spelling: one for each provider that uses it (``pr_lookup``)."""
    wanted = "".join(reference.split()).upper()
    rows = Payment.objects.filter(provider_reference=wanted, kind=PaymentKind.PAYMENT)
    if provider:
        rows = rows.filter(provider=provider)
    return list(rows.prefetch_related("derived").order_by("provider"))


def queue(which: str) -> QuerySet[Payment]:
    """Unmatched payments, oldest first: the open ones, or those put aside or refunded."""
    return Payment.objects.filter(OPEN_QUEUE, queue=which).order_by("received_at", "pk")


def next_unmatched(payment: Payment) -> Payment | None:
    """The open payment to see to after this one: the next younger, else the oldest."""
    others = queue("").exclude(pk=payment.pk)
    younger = Q(received_at__gt=payment.received_at) | Q(received_at=payment.received_at, pk__gt=payment.pk)
    return others.filter(younger).first() or others.first()


def waiting_notifications() -> QuerySet[Notification]:
    """Notifications that people have to decide about, oldest first."""
    return Notification.objects.filter(state=NotificationState.REVIEW).select_related("payment").order_by("pk")


def sites_seen() -> list[str]:
    return list(Payment.objects.exclude(site="").order_by("site").values_list("site", flat=True).distinct())


def payments_of_rows(table: str, ids: Iterable[int]) -> dict[int, Payment]:
    """Row id -> the payment that wrote the row."""
    rows = Payment.objects.filter(table_name=table, row_id__in=[str(pk) for pk in ids]).exclude(posted_at=None)
    return {int(payment.row_id): payment for payment in rows}


# ---------------------------------------------------------------- suggestions


@dataclass(frozen=True)
class Suggestion:
    """An account that a payment may be for; a person decides. ``why`` is for people."""

    account: str
    name: str
    site: str
    why: str


def suggestions(payment: Payment) -> list[Suggestion]:
    """Accounts by the payer's phone, by a slip in the account, by the name; at most six, likeliest first."""
    found: dict[str, str] = {}
    for account in _by_phone(payment.payer_phone):
        found.setdefault(account, "has this phone number")
    for account in _by_slip(payment.account_given):
        as_written = account == parse_typed(payment.account_given)
        found.setdefault(account, "as written" if as_written else f"one slip away from {payment.account_given}")
    for account in _by_name(payment.payer_name):
        found.setdefault(account, "has this name")
    return _described(list(found.items())[:SUGGESTIONS])


def _by_phone(text: str) -> list[str]:
    phone = parse_stored(text)
    if phone is None:
        return []
    numbers = DirectoryPhone.objects.filter(suffix=phone.suffix).values_list("customer_number", flat=True)[:SUGGESTIONS]
    return _accounts_of(list(numbers))


def _by_slip(text: str) -> list[str]:
    if not looks_like_account(text):
        return []
    exact = DirectoryAccount.objects.filter(account=parse_typed(text), owner=True).values_list("account", flat=True)
    return list(exact[:1]) or [entry.account for entry in near_matches(text)]


def _by_name(text: str) -> list[str]:
    """Customers whose name has every word of the payer's, whatever the order."""
    words = [word for word in fold(text).split() if len(word) > 2]
    if len(words) < 2:
        return []
    named = DirectoryCustomer.objects.all()
    for word in words:
        named = named.filter(sort_name__contains=word)
    return _accounts_of(list(named.values_list("number", flat=True)[:SUGGESTIONS]))


def _accounts_of(numbers: Sequence[int]) -> list[str]:
    rows = DirectoryAccount.objects.filter(customer_number__in=numbers, owner=True).order_by("account")
    return list(rows.values_list("account", flat=True)[:SUGGESTIONS])


def _described(found: Sequence[tuple[str, str]]) -> list[Suggestion]:
    entries = DirectoryAccount.objects.filter(account__in=[account for account, _ in found], owner=True)
    numbers = {entry.account: entry.customer_number for entry in entries if entry.customer_number is not None}
    names = dict(DirectoryCustomer.objects.filter(number__in=numbers.values()).values_list("number", "name"))
    return [Suggestion(account, names.get(numbers.get(account) or -1, ""), account[-3:], why) for account, why in found]
