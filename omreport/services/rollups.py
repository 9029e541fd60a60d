"""Rollups of the ledger: what reports read instead of the history (D-01, D-32).

Two passes over the history table: sums by site and month, and the first month of every account. The result
replaces the old rollups in one transaction, so a report is always of one moment.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from django.db import transaction
from django.db.models import Case, Count, F, FloatField, Max, Min, Q, QuerySet, Sum, When
from django.utils import timezone

from billing.models import HistoryRow, LegacyTransaction, Transaction
from ccportal.acdb.accountnumbers import site_code
from ccportal.acdb.functions import YearMonth, normalised, site_of
from ccportal.core.money import rounded
from omreport.models import AccountFirstSeen, RollupState, SiteMonth

Report = Callable[[str], None]
UNDATED = 0


def refresh_rollups(report: Report = lambda step: None) -> RollupState:
    """Rebuild the rollups from the recent history, or the long one when that is empty (semantics 1.1).

    Raises the database's error when the ACDB cannot be read; the old rollups then stay.
    """
    history = _source()
    report("Summing transactions by site and month")
    months = list(_site_months(history))
    report("Finding the first transaction of every account")
    firsts = list(_first_seen(history))
    rows = sum(month.transactions for month in months)
    latest = history.aggregate(latest=Max("at"))["latest"]
    with transaction.atomic():
        SiteMonth.objects.all().delete()
        SiteMonth.objects.bulk_create(months, batch_size=500)
        AccountFirstSeen.objects.all().delete()
        AccountFirstSeen.objects.bulk_create(firsts, batch_size=500)
        state, _ = RollupState.objects.update_or_create(
            id=1,
            defaults={
                "source_table": history.model._meta.db_table,
                "source_rows": rows,
                "refreshed_at": timezone.now(),
                "latest_transaction": latest,
                "error": "",
            },
        )
    return state


def _source() -> QuerySet[HistoryRow]:
    recent = Transaction._default_manager.order_by()
    return recent if recent.exists() else LegacyTransaction._default_manager.order_by()


def _site_months(history: QuerySet[HistoryRow]) -> Iterator[SiteMonth]:
    """Sums per site and month; sites that are no three letters are one, without a name (D-22)."""
    paid = Q(is_payment=True)
    rows = (
        history.values(ending=site_of("account"), period=YearMonth("at"))
        .annotate(
            transactions=Count("*"),
            revenue=Sum("amount"),
            vended=Sum("kwh"),
            payments=Count("id", filter=paid),
            paid=Sum("amount", filter=paid),
            paid_kwh=Sum(Case(When(paid, then=F("kwh")), output_field=FloatField())),
        )
        .order_by()
    )
    merged: dict[tuple[str, int], SiteMonth] = {}
    for row in rows.iterator():
        period = row["period"] or UNDATED
        key = (site_code(row["ending"]), period)
        part = merged.setdefault(
            key,
            SiteMonth(
                site=key[0], year=period // 100, month=period % 100, transactions=0, payments=0,
                revenue=Decimal(0), kwh=Decimal(0), paid=Decimal(0), paid_kwh=Decimal(0),
            ),
        )  # fmt: skip
        part.transactions += row["transactions"]
        part.payments += row["payments"]
        part.revenue += rounded(row["revenue"], 4)
        part.paid += rounded(row["paid"], 4)
        part.kwh += rounded(row["vended"], 4)
        part.paid_kwh += rounded(row["paid_kwh"], 4)
    yield from merged.values()


def _first_seen(history: QuerySet[HistoryRow]) -> Iterator[AccountFirstSeen]:
    """The first dated month of every account, blanks left out (semantics 8.3)."""
    rows = history.values(key=normalised("account")).annotate(first=Min(YearMonth("at"))).order_by()
    for row in rows.iterator():
        account, first = row["key"], row["first"]
        if account and first:
            yield AccountFirstSeen(account=account[:20], site=site_code(account), year=first // 100, month=first % 100)
