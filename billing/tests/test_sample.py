"""The imported sample file: figures counted from the exported rows without this code."""

from datetime import date
from decimal import Decimal as D

import pytest

from billing.calculations import Basis, energy_per_day
from billing.models import LegacyTransaction, Transaction
from billing.queries.account import account_record
from billing.queries.ledger import ledger_of, sums
from billing.queries.meters import hours_read
from billing.tests.conftest import local

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("sample")]
SEVENTH_OF_NOVEMBER = local("2026-11-07 12:00")


def record(account):
    return account_record(ledger_of(account), SEVENTH_OF_NOVEMBER)


def test_a_busy_account_has_its_figures():
    found = record("0037mas ")
    overview = found.overview
    assert (overview.totals.rows, overview.totals.amount) == (262, D("41726.25"))
    assert round(overview.totals.kwh, 6) == D("8189.25")
    assert (overview.balance_kwh, overview.balance_at) == (D("30.957541"), local("2026-10-31 15:16:26"))
    assert (overview.payment.amount, overview.payment.kwh) == (80, 16)
    assert (overview.usage.basis, overview.usage.days) == (Basis.VENDED, 30)
    assert overview.usage.average == D(115) / 30
    assert (str(overview.usage.monthly[-2].month), overview.usage.monthly[-2].kwh) == ("2026-10", 115)
    assert found.meters.current.meter_id == "SMRSD-02-0001A5A9"
    assert found.tariff.rate == 5


def test_an_account_that_bought_nothing_lately_has_no_days_left_to_tell():
    overview = record("0019MAK").overview
    assert (overview.balance_kwh, overview.payment.amount) == (D("75.284871"), 365)
    assert (overview.usage.average, overview.left) == (0, None)


def test_reversals_are_taken_off_the_totals():
    overview = record("0030MAK").overview
    assert (overview.totals.amount, round(overview.totals.kwh, 6)) == (D("2495.35"), D("515.025"))
    assert (overview.balance_kwh, overview.usage.average) == (D("6.384445"), D(7) / 30)


def test_an_account_that_only_the_long_history_has_is_read_from_there():
    ledger = ledger_of("0012TOS")
    assert (ledger.model, ledger.rows.count()) == (LegacyTransaction, 1)


def test_all_accounts_together_give_the_expected_totals():
    accounts = set(Transaction.objects.exclude(account=None).exclude(account="").values_list("account", flat=True))
    found = [sums(ledger_of(account)) for account in accounts]
    assert len(found) == 292
    assert sum(one.rows for one in found) == 19_990
    assert sum(one.amount for one in found) == D("814095.25")
    assert round(sum(one.kwh for one in found), 4) == D("162322.26")


def test_readings_give_the_energy_of_each_day():
    hours = hours_read(["SMRSD-01-00019E79"], date(2025, 5, 30), date(2025, 6, 5))
    days = {f"{day:%d %b}": round(kwh, 5) for day, kwh in energy_per_day(hours).items()}
    assert len(hours) == 167
    assert days == {
        "30 May": D("1.35079"),
        "31 May": D("1.39769"),
        "01 Jun": D("1.31131"),
        "02 Jun": D("1.32605"),
        "03 Jun": D("1.27271"),
        "04 Jun": D("1.24582"),
        "05 Jun": D("1.31972"),
    }
