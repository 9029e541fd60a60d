"""Where an account's rows are, and what they add up to."""

from datetime import date
from decimal import Decimal as D

import pytest

from billing.models import LegacyTransaction, Transaction
from billing.queries.ledger import (
    Kind,
    TransactionFilter,
    energy_by_day,
    last_payment,
    ledger_of,
    line_of,
    newest_balance,
    sums,
    transactions,
)
from billing.tests.conftest import local

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


# ---------------------------------------------------------------- which table


def test_the_recent_history_is_read_when_it_has_the_account(add_row, add_legacy_row):
    add_row()
    add_legacy_row()
    ledger = ledger_of("0045MAK")
    assert (ledger.model, ledger.rows.count()) == (Transaction, 1)


def test_the_long_history_is_read_when_the_recent_one_lacks_the_account(add_row, add_legacy_row):
    add_row(account="0046MAK")
    add_legacy_row()
    ledger = ledger_of("0045MAK")
    assert (ledger.model, ledger.rows.count()) == (LegacyTransaction, 1)


@pytest.mark.parametrize("written", ["0045MAK", "0045mak", "0045Mak", "0045MAK  ", "0045mak "])
def test_an_account_is_found_however_it_is_written(add_row, written):
    add_row(account=written)
    assert ledger_of(" 0045mak").rows.count() == 1


def test_all_spellings_of_an_account_count_together(add_row):
    add_row(account="0045MAK")
    add_row(account="0045mak")
    add_row(account="0045MAK  ")
    assert sums(ledger_of("0045MAK")).rows == 3


def test_an_unknown_account_has_an_empty_ledger(add_row):
    add_row()
    ledger = ledger_of("9999MAK")
    assert not ledger
    assert list(ledger.rows) == []
    assert (sums(ledger).rows, sums(ledger).amount, sums(ledger).first) == (0, 0, None)


# ---------------------------------------------------------------- sums


def test_totals_add_up_all_rows_with_nothing_for_null(add_row):
    add_row(amount=D("50"), kwh=10.0)
    add_row(at="2021-02-20 06:38:30", amount=D("20.50"), kwh=None)
    add_row(at=None, amount=None, kwh=2.5)
    found = sums(ledger_of("0045MAK"))
    assert (found.rows, found.amount, found.kwh) == (3, D("70.5"), D("12.5"))
    assert (found.first, found.latest) == (local("2021-02-20 06:38:30"), local("2026-11-20 18:30"))


def test_a_reversal_takes_money_and_energy_back(add_row):
    add_row(amount=D("110"), kwh=22.0)
    add_row(amount=D("-110"), kwh=-22.0, is_payment=False)
    found = sums(ledger_of("0045MAK"))
    assert (found.amount, found.kwh) == (0, 0)


def test_consumed_energy_in_the_amount_column_is_not_added_to_money(add_row):
    add_row(amount=D("50"), kwh=10.0)
    add_row(amount=D("3.2"), kwh=None, is_payment=False)
    add_row(amount=D("1.8"), kwh=0.0, is_payment=False)
    found = sums(ledger_of("0045MAK"))
    assert (found.amount, found.kwh) == (50, 10)
    assert (found.bought, found.used) == (10, 5)


def test_a_reversal_counts_as_used_for_the_computed_balance(add_row):
    add_row(amount=D("50"), kwh=10.0)
    add_row(amount=D("-20"), kwh=-4.0, is_payment=False)
    add_row(amount=D("3"), kwh=None, is_payment=False)
    found = sums(ledger_of("0045MAK"))
    assert (found.bought, found.used) == (10, 7)


# ---------------------------------------------------------------- single rows


def test_the_newest_balance_is_by_date_then_by_id(add_row):
    add_row("2026-11-20 18:30", balance=7.0)
    add_row("2026-11-20 18:30", balance=8.0)
    add_row("2026-11-19 10:00", balance=9.0)
    assert newest_balance(ledger_of("0045MAK")).balance == 8.0


def test_rows_without_a_balance_and_without_a_date_do_not_hide_the_newest_balance(add_row):
    add_row("2026-11-19 10:00", balance=9.0)
    add_row("2026-11-20 18:30", balance=None)
    add_row(None, balance=1.0)
    assert newest_balance(ledger_of("0045MAK")).balance == 9.0


def test_a_newest_balance_of_zero_is_found(add_row):
    add_row("2026-11-19 10:00", balance=9.0)
    add_row("2026-11-20 18:30", balance=0.0)
    assert newest_balance(ledger_of("0045MAK")).balance == 0.0


def test_the_last_payment_is_the_newest_dated_row_of_paid_money(add_row):
    paid = add_row("2026-11-18 09:00", amount=D("35"))
    add_row("2026-11-19 09:00", amount=D("4.2"), kwh=None, is_payment=False)
    add_row("2026-11-19 10:00", amount=D("-35"), kwh=-7.0, is_payment=False)
    add_row("2026-11-20 09:00", amount=None)
    add_row("2026-11-20 10:00", amount=D("0"))
    add_row(None, amount=D("99"))
    assert last_payment(ledger_of("0045MAK")) == paid


# ---------------------------------------------------------------- days


def test_energy_is_summed_by_local_day_and_by_source(add_row):
    add_row("2026-11-20 06:00", kwh=10.0)
    add_row("2026-11-20 20:00", kwh=2.5)
    add_row("2026-11-20 21:00", amount=D("3.2"), kwh=None, is_payment=False)
    add_row("2026-11-19 08:00", amount=D("-10"), kwh=-2.0, is_payment=False)
    add_row("2026-11-19 09:00", amount=D("0"), kwh=0.0, is_payment=False)
    days = {row.day: row for row in energy_by_day(ledger_of("0045MAK"), date(2026, 11, 1), date(2026, 11, 30))}
    assert (days[date(2026, 11, 20)].vended, days[date(2026, 11, 20)].consumed) == (D("12.5"), D("3.2"))
    assert (days[date(2026, 11, 19)].vended, days[date(2026, 11, 19)].consumed) == (0, None)


def test_a_day_begins_at_midnight_in_maseru_not_in_utc(add_row):
    # 01:30 in Maseru is 23:30 UTC of the day before.
    add_row("2026-11-20 01:30", kwh=1.0)
    add_row("2026-11-19 23:59:59", kwh=2.0)
    days = {row.day: row.vended for row in energy_by_day(ledger_of("0045MAK"), date(2026, 11, 19), date(2026, 11, 20))}
    assert days == {date(2026, 11, 19): 2, date(2026, 11, 20): 1}


def test_only_the_days_asked_for_are_summed(add_row):
    add_row("2026-11-18 23:59:59")
    add_row("2026-11-19 00:00:00", kwh=3.0)
    add_row("2026-11-21 00:00:00")
    add_row(None)
    found = energy_by_day(ledger_of("0045MAK"), date(2026, 11, 19), date(2026, 11, 20))
    assert [(row.day, row.vended) for row in found] == [(date(2026, 11, 19), 3)]


# ---------------------------------------------------------------- the list


@pytest.fixture
def mixed(add_row):
    add_row("2026-11-17 09:00", amount=D("35"), kwh=7.0)
    add_row("2026-11-18 09:00", amount=D("4.2"), kwh=None, is_payment=False)
    add_row("2026-11-19 10:00", amount=D("-35"), kwh=-7.0, is_payment=False)
    add_row("2026-11-20 09:00", amount=D("0"), kwh=None, is_payment=False)
    add_row("2026-11-20 10:00", amount=None, kwh=None, is_payment=None)
    add_row(None, amount=D("99"), kwh=None)
    return ledger_of("0045MAK")


def kinds(rows):
    return [str(line_of(row).kind) for row in rows]


def test_rows_are_listed_newest_first_and_undated_ones_last(mixed):
    assert kinds(transactions(mixed, TransactionFilter())) == [
        "other",
        "other",
        "reversal",
        "consumption",
        "payment",
        "payment",
    ]
    assert transactions(mixed, TransactionFilter()).last().at is None


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("payments", ["payment", "payment"]),
        ("consumption", ["consumption"]),
        ("other", ["other", "other", "reversal"]),
    ],
)
def test_every_kind_selects_its_rows_and_each_row_has_one_kind(mixed, kind, found):
    assert kinds(transactions(mixed, TransactionFilter(kind=kind))) == found


def test_the_dates_are_local_days_both_included(mixed, add_row):
    add_row("2026-11-19 00:00:00")
    add_row("2026-11-20 23:59:59")
    add_row("2026-11-21 00:00:00")
    found = transactions(mixed, TransactionFilter(first=date(2026, 11, 19), last=date(2026, 11, 20)))
    assert [f"{row.at:%d %H:%M}" for row in found] == ["20 23:59", "20 10:00", "20 09:00", "19 10:00", "19 00:00"]


def test_a_consumption_row_shows_energy_and_no_money(add_row):
    line = line_of(add_row(amount=D("4.2"), kwh=None, is_payment=False))
    assert (line.kind, line.amount, line.kwh) == (Kind.CONSUMPTION, None, D("4.2"))


def test_a_payment_shows_money_and_the_energy_sold(add_row):
    line = line_of(add_row(amount=D("35"), kwh=7.0))
    assert (line.kind, line.amount, line.kwh) == (Kind.PAYMENT, D("35"), D("7.0"))
