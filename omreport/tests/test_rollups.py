"""Rollups follow the ledger (semantics 1, 5, 6, 8, 9)."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.models import LegacyTransaction, Transaction
from omreport import queries
from omreport.models import AccountFirstSeen, RollupState, SiteMonth
from omreport.services.rollups import rebuild as refresh_rollups

MASERU = ZoneInfo("Africa/Maseru")
pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def at(*when):
    return datetime(*when, tzinfo=MASERU)


def pay(row_id, account, when, amount, kwh=0, *, model=Transaction, payment=True):
    model.objects.create(id=row_id, account=account, at=when, amount=amount, kwh=kwh, is_payment=payment)


def months():
    return {(m.site, m.period): (m.transactions, m.revenue, m.kwh) for m in SiteMonth.objects.all()}


def test_amounts_are_summed_by_site_and_local_month():
    pay(1, "0001MAK", at(2026, 3, 31, 23, 45), 10, 2)
    pay(2, "0001MAK", at(2026, 4, 1, 0, 15), 5, 1)
    pay(3, "0002MAK", at(2026, 4, 2), -3, -0.6, payment=False)
    refresh_rollups()
    assert months() == {
        ("MAK", 202603): (1, Decimal(10), Decimal(2)),
        ("MAK", 202604): (2, Decimal(2), Decimal("0.4")),
    }


def test_the_payments_of_a_month_are_the_rows_marked_as_such():
    pay(1, "0001MAK", at(2026, 4, 1), 50, 10)
    pay(2, "0001MAK", at(2026, 4, 2), -50, -10, payment=False)  # a reversal
    pay(3, "0002MAK", at(2026, 4, 3), 3, 0, payment=False)  # consumption
    refresh_rollups()
    month = SiteMonth.objects.get()
    assert (month.paid, month.paid_kwh, month.payments, month.revenue) == (50, 10, 1, 3)


def test_spellings_of_an_account_are_one_account():
    pay(1, "0001MAK", at(2026, 3, 1), 10)
    pay(2, " 0001mak ", at(2026, 2, 1), 10)
    refresh_rollups()
    assert list(AccountFirstSeen.objects.values_list("account", "site", "period")) == [("0001MAK", "MAK", 202602)]


def test_rows_without_date_are_kept_apart_and_make_nobody_a_customer():
    pay(1, "0001MAK", None, 10)
    refresh_rollups()
    assert months() == {("MAK", 0): (1, Decimal(10), Decimal(0))}
    assert queries.first_seen() == {}
    assert queries.month_sums() == []
    assert queries.totals().revenue == 10


def test_accounts_that_end_in_no_site_are_summed_without_one():
    pay(1, None, at(2026, 1, 1), 10)
    pay(2, "", at(2026, 1, 1), 20)
    pay(3, "12345", at(2026, 1, 1), 30)
    refresh_rollups()
    assert months() == {("", 202601): (3, Decimal(60), Decimal(0))}
    assert queries.site_sums() == {}


def test_null_amounts_count_as_nothing_but_as_rows():
    Transaction.objects.create(id=1, account="0001MAK", at=at(2026, 1, 1), amount=None, kwh=None, is_payment=None)
    refresh_rollups()
    assert months() == {("MAK", 202601): (1, Decimal(0), Decimal(0))}


def test_payments_are_kept_beside_all_rows():
    pay(1, "0001MAK", at(2026, 1, 1), 10, 2)
    pay(2, "0001MAK", at(2026, 1, 2), 7, 0, payment=False)
    refresh_rollups()
    month = SiteMonth.objects.get()
    assert (month.revenue, month.paid, month.paid_kwh, month.payments) == (17, 10, 2, 1)


def test_the_long_history_serves_when_the_recent_one_is_empty():
    pay(1, "0001MAK", at(2020, 1, 1), 10, model=LegacyTransaction)
    refresh_rollups()
    assert months() == {("MAK", 202001): (1, Decimal(10), Decimal(0))}
    assert RollupState.objects.get().source_table == "tblaccounthistoryOriginal"


def test_the_two_histories_are_never_added_up():
    pay(1, "0001MAK", at(2026, 1, 1), 10)
    pay(1, "0001MAK", at(2020, 1, 1), 99, model=LegacyTransaction)
    refresh_rollups()
    assert queries.totals().revenue == 10


def test_a_refresh_follows_changes_and_deletions():
    pay(1, "0001MAK", at(2026, 1, 1), 10)
    pay(2, "0002KET", at(2026, 1, 1), 20)
    refresh_rollups()
    Transaction.objects.filter(id=1).update(amount=11)
    Transaction.objects.filter(id=2).delete()
    refresh_rollups()
    assert months() == {("MAK", 202601): (1, Decimal(11), Decimal(0))}


def test_the_state_says_of_when_and_of_what_the_figures_are():
    pay(1, "0001MAK", at(2026, 1, 1, 8, 30), 10)
    refresh_rollups()
    fresh = queries.freshness()
    assert (fresh.source_table, fresh.latest_transaction, fresh.error) == (
        "tblaccounthistory1", at(2026, 1, 1, 8, 30), "",
    )  # fmt: skip


def test_site_summary_in_the_shape_of_the_contract(sign_in, thabo):
    pay(1, "0001MAK", at(2026, 1, 1), 12345, 2469)
    pay(2, "0001KET", at(2026, 1, 1), 1, 1)
    refresh_rollups()
    answer = sign_in(thabo).get("/api/stats/site-summary").json()
    assert answer.pop("as_of")
    assert answer == {
        "sites": [
            {"site": "KET", "mwh": 0.0, "lsl_thousands": 0.0},
            {"site": "MAK", "mwh": 2.47, "lsl_thousands": 12.35},
        ],
        "totals": {"mwh": 2.47, "lsl_thousands": 12.35},
        "source_table": "tblaccounthistory1",
        "site_count": 2,
    }
