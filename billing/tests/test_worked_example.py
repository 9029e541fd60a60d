"""The worked example of docs/algorithms/account.md."""

from decimal import Decimal as D

import pytest

from billing.calculations import Basis
from billing.queries.account import account_record
from billing.queries.ledger import ledger_of
from billing.tests.conftest import NOW, local

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def example(add_row, *, recorded):
    add_row("2026-01-05 08:00", amount=D("100"), kwh=20.0, balance=20.0 if recorded else None)
    add_row("2026-11-01 09:00", amount=D("60"), kwh=12.0, balance=14.0 if recorded else None)
    add_row("2026-11-10 10:00", amount=D("-60"), kwh=-12.0, is_payment=False)
    add_row("2026-11-10 10:05", amount=D("90"), kwh=18.0)
    add_row("2026-11-20 01:30", amount=D("0"), kwh=0.0, is_payment=False, balance=9.5 if recorded else None)


def overview():
    return account_record(ledger_of("0045MAK"), NOW).overview


def test_the_example_gives_the_figures_of_the_document(add_row):
    example(add_row, recorded=True)
    found = overview()
    assert (found.balance_kwh, found.balance_at, found.low) == (D("9.5"), local("2026-11-20 01:30"), True)
    assert (found.payment.amount, found.payment.kwh) == (90, 18)
    assert (found.usage.basis, found.usage.average, found.usage.days) == (Basis.VENDED, 1, 30)
    assert (found.left, found.recharge_seconds) == (D("9.5"), 820_800)
    assert {str(v.month): v.kwh for v in found.usage.monthly if v.kwh} == {"2026-01": 20, "2026-11": 30}
    assert (found.totals.amount, found.totals.kwh) == (190, 38)


def test_without_recorded_balances_it_is_computed(add_row):
    example(add_row, recorded=False)
    assert overview().balance_kwh == 38


def test_one_consumption_row_changes_the_basis_and_not_the_money(add_row):
    example(add_row, recorded=True)
    add_row("2026-11-15 12:00", amount=D("45"), kwh=0.0, is_payment=False)
    found = overview()
    assert (found.usage.basis, found.usage.average) == (Basis.CONSUMPTION, D("1.5"))
    assert found.totals.amount == 190
