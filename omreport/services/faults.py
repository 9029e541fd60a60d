"""Finds what no figure should rest on, and keeps the first examples of each kind."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from billing.models import HistoryRow
from ccportal.core.periods import meter_zone
from ccportal.core.text import clean
from customers.models import Site
from omreport.calculations import SUSPICIOUS_KW
from omreport.functions import AsWritten
from omreport.models import AccountFirstSeen, DataFault, FaultKind, Reading
from omreport.services.ledger import account_key

MOST_EXAMPLES = 200
FIRST_DAY = datetime(2010, 1, 1, tzinfo=meter_zone())
HIGHEST_AMOUNT = 100_000
HIGHEST_KWH = 5_000
_PAID = Q(is_payment=True)


def row_faults() -> dict[FaultKind, Q]:
    """The condition of each fault that a single ledger row can have."""
    return {
        FaultKind.NO_DATE: Q(at=None),
        FaultKind.NO_ACCOUNT: Q(account=None) | Q(account=""),
        FaultKind.ODD_DATE: Q(at__lt=FIRST_DAY) | Q(at__gt=timezone.now() + timedelta(days=1)),
        FaultKind.ODD_AMOUNT: _PAID & (Q(amount=None) | Q(amount__lte=0) | Q(amount__gt=HIGHEST_AMOUNT)),
        FaultKind.ODD_ENERGY: Q(kwh__gt=HIGHEST_KWH),
        FaultKind.NO_ENERGY: _PAID & Q(amount__gt=0) & (Q(kwh=None) | Q(kwh=0)),
    }


def find(history: QuerySet[HistoryRow]) -> tuple[dict[str, int], list[DataFault]]:
    """The number of faults of every kind that occurs in the ledger or the readings, and examples of them."""
    counts: dict[str, int] = {}
    examples: list[DataFault] = []
    for kind, found, total in [*_rows(history), _spellings(history), _power()]:
        if total:
            counts[kind] = total
            examples += found
    return counts, examples


Found = tuple[FaultKind, list[DataFault], int]


def _rows(history: QuerySet[HistoryRow]) -> Iterator[Found]:
    conditions = row_faults()
    totals = history.aggregate(**{kind.name: Count("id", filter=condition) for kind, condition in conditions.items()})
    for kind, condition in conditions.items():
        total = totals[kind.name]
        rows = history.filter(condition).order_by("-id")[:MOST_EXAMPLES] if total else []
        yield kind, [_example(kind, row) for row in rows], total


def _example(kind: FaultKind, row: HistoryRow) -> DataFault:
    amount = "no amount" if row.amount is None else f"amount {row.amount:,.2f}"
    energy = "no kWh" if row.kwh is None else f"{row.kwh:,.2f} kWh"
    return DataFault(
        kind=kind, table=row._meta.db_table, row_id=row.id, account=clean(row.account)[:255], at=row.at,
        detail=f"{amount}, {energy}, {'payment' if row.is_payment else 'no payment'}",
    )  # fmt: skip


def _spellings(history: QuerySet[HistoryRow]) -> Found:
    written: dict[str, list[str]] = defaultdict(list)
    for text in history.order_by().values_list(AsWritten("account"), flat=True).distinct().iterator():
        if text and account_key(text):
            written[account_key(text)].append(text)
    split = {account: texts for account, texts in sorted(written.items()) if len(texts) > 1}
    found = [
        DataFault(
            kind=FaultKind.SPELLINGS, table=history.model._meta.db_table, account=account,
            detail=", ".join(f"“{text}”" for text in sorted(texts))[:255],
        )
        for account, texts in list(split.items())[:MOST_EXAMPLES]
    ]  # fmt: skip
    return FaultKind.SPELLINGS, found, len(split)


def unknown_sites() -> Found:
    """Accounts whose ending is no site of the table of sites (D-22), by the rollups."""
    strangers = AccountFirstSeen.objects.exclude(site__in=list(Site.objects.values_list("code", flat=True)))
    found = [
        DataFault(
            kind=FaultKind.UNKNOWN_SITE, account=entry.account,
            detail=f"ends in {entry.site}, which is no known site" if entry.site else "ends in no site code",
        )
        for entry in strangers.order_by("account")[:MOST_EXAMPLES]
    ]  # fmt: skip
    return FaultKind.UNKNOWN_SITE, found, strangers.count()


def _power() -> Found:
    odd = Reading._default_manager.filter(power_kw__gt=SUSPICIOUS_KW).order_by(
        F("at").desc(nulls_last=True), "meter_id"
    )
    found = [
        DataFault(
            kind=FaultKind.ODD_POWER, table=Reading._meta.db_table, at=at,
            detail=f"meter {clean(meter)}: {kw:,.1f} kW, probably watts"[:255],
        )
        for meter, at, kw in odd.values_list("meter_id", "at", "power_kw")[:MOST_EXAMPLES]
    ]  # fmt: skip
    return FaultKind.ODD_POWER, found, odd.count()
