"""Owner, meter, rate, balance and use of an account, as the page and the API get them."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from billing.calculations import Basis
from billing.queries.account import account_record
from billing.queries.ledger import ledger_of
from billing.queries.owners import first_account_of, near_matches
from billing.tests.conftest import NOW, local
from customers.models import LegacyMeter, Meter, Site
from omreport.models import Reading, RollupState
from tariffs.models import GlobalRate, TariffOverride

SINCE_JANUARY = local("2026-01-01 00:00")
pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def record(account="0045MAK"):
    return account_record(ledger_of(account), NOW)


# ---------------------------------------------------------------- balance, average, days left


def test_it_reads_balance_average_and_days_left(add_row):
    add_row("2025-01-05 08:00", kwh=100.0)
    add_row("2026-11-05 08:00", kwh=12.0)
    add_row("2026-11-15 08:00", kwh=18.0, balance=9.5)
    overview = record().overview
    assert (overview.balance_kwh, overview.balance_at) == (D("9.5"), local("2026-11-15 08:00"))
    assert (overview.usage.average, overview.usage.days) == (1, 30)
    assert (overview.left, overview.recharge_seconds) == (D("9.5"), 820_800)
    assert (overview.low, overview.urgent) == (True, False)


def test_less_than_three_days_left_is_urgent(add_row):
    add_row("2025-01-05 08:00")
    add_row("2026-11-15 08:00", kwh=30.0, balance=2.9)
    assert record().overview.urgent


def test_a_balance_is_computed_where_the_ledger_records_none(add_row):
    add_row("2026-11-01 08:00", kwh=20.0)
    add_row("2026-11-02 08:00", amount=D("4.5"), kwh=None, is_payment=False)
    overview = record().overview
    assert (overview.balance_kwh, overview.balance_at, overview.balance_recorded) == (D("15.5"), None, False)


def test_a_young_account_is_judged_by_its_own_days(add_row):
    add_row("2026-11-11 08:00", kwh=20.0)
    usage = record().overview.usage
    assert (usage.average, usage.days) == (2, 10)


def test_reversals_are_not_use(add_row):
    add_row("2025-01-05 08:00")
    add_row("2026-11-15 08:00", kwh=30.0)
    add_row("2026-11-16 08:00", amount=D("-100"), kwh=-20.0, is_payment=False)
    usage = record().overview.usage
    assert (usage.basis, usage.average) == (Basis.VENDED, 1)
    assert usage.daily[-6].kwh == 0


def test_consumption_rows_go_before_what_was_bought(add_row):
    add_row("2025-01-05 08:00")
    add_row("2026-11-15 08:00", kwh=30.0)
    add_row("2026-11-16 08:00", amount=D("45"), kwh=0.0, is_payment=False)
    usage = record().overview.usage
    assert (usage.basis, usage.average) == (Basis.CONSUMPTION, D("1.5"))


def test_months_are_summed_by_the_calendar_of_maseru(add_row):
    add_row("2025-12-01 00:00:00", kwh=1.0)
    add_row("2025-11-30 23:59:59", kwh=2.0)
    add_row("2026-10-31 23:30:00", kwh=4.0)
    add_row("2026-11-01 00:30:00", kwh=8.0)
    monthly = record().overview.usage.monthly
    assert [(str(value.month), value.kwh) for value in monthly if value.kwh] == [
        ("2025-12", 1),
        ("2026-10", 4),
        ("2026-11", 8),
    ]


def test_an_unknown_account_has_zeros_and_full_series():
    found = record("9999MAK")
    overview = found.overview
    assert (found.known, found.tariff, found.meters.current, overview.payment) == (False, None, None, None)
    assert (overview.balance_kwh, overview.left, overview.recharge_seconds) == (0, None, 0)
    assert [len(s) for s in (overview.usage.week, overview.usage.daily, overview.usage.monthly)] == [7, 30, 12]
    assert {value.kwh for value in overview.usage.daily} == {0}


# ---------------------------------------------------------------- readings


@pytest.fixture
def read_meter():
    """Reads a meter at 0.3 and 0.1 kW in every hour of the days before 14:05 on 21 November."""

    def read(meter_id, days, **fields):
        begin = NOW - timedelta(days=days)
        readings = []
        for hour in range(days * 24):
            for minutes, power in ((0, 0.3), (20, 0.1), (40, None), (50, -5.0), (55, 0.0)):
                at = begin + timedelta(hours=hour, minutes=minutes)
                readings.append(Reading(meter_id=meter_id, at=at, power_kw=power, **fields))
        Reading.objects.bulk_create(readings)

    return read


def test_readings_of_the_window_give_mean_power_per_hour(add_row, read_meter):
    add_row("2025-01-05 08:00")
    add_row("2026-11-15 08:00", kwh=30.0)
    Meter.objects.create(meter_id="SMRSD-01-00019A01", account="0045MAK")
    read_meter("SMRSD-01-00019A01", days=31)
    usage = record().overview.usage
    assert usage.basis == Basis.READINGS
    assert usage.daily[-2].kwh == D("4.80")
    assert usage.daily[0].kwh == D("4.80")


def test_a_year_with_few_readings_is_shown_by_what_was_bought(add_row, read_meter):
    add_row("2025-01-05 08:00")
    add_row("2026-03-15 08:00", kwh=30.0)
    Meter.objects.create(meter_id="SMRSD-01-00019A01", account="0045MAK")
    read_meter("SMRSD-01-00019A01", days=31)
    usage = record().overview.usage
    assert (usage.basis, usage.monthly_basis) == (Basis.READINGS, Basis.VENDED)
    assert [value.kwh for value in usage.monthly] == [0, 0, 0, D("30.0"), *[0] * 8]


def test_readings_of_a_replaced_meter_continue_those_of_its_successor(add_row, read_meter):
    add_row("2025-01-05 08:00")
    LegacyMeter.objects.create(meter_id="OLD", account="0045MAK", status="replaced")
    LegacyMeter.objects.create(meter_id="NEW", account="0045MAK", status="active")
    read_meter("NEW", days=10)
    Reading.objects.bulk_create(
        Reading(meter_id="OLD", at=NOW - timedelta(days=10, hours=hour), power_kw=0.2) for hour in range(1, 500)
    )
    usage = record().overview.usage
    assert usage.basis == Basis.READINGS
    assert (usage.daily[-20].kwh, usage.daily[-2].kwh) == (D("4.80"), D("4.80"))


def test_readings_of_other_meters_and_long_ago_do_not_count(add_row, read_meter):
    add_row("2026-11-15 08:00", kwh=30.0)
    Meter.objects.create(meter_id="SMRSD-01-00019A01", account="0045MAK")
    read_meter("SMRSD-01-99999999", days=31)
    assert record().overview.usage.basis == Basis.VENDED


# ---------------------------------------------------------------- meter


def test_the_small_registry_goes_before_the_large_one():
    LegacyMeter.objects.create(meter_id="LARGE", account="0045MAK", community="MAK")
    Meter.objects.create(meter_id="SMALL", account="0045mak ", community="mak", customer_type="hh", village="Ha Mokoto")
    meters = record().meters
    current = meters.current
    assert (current.meter_id, current.community, current.customer_type) == ("SMALL", "MAK", "HH")
    assert (current.village, current.registry) == ("Ha Mokoto", "tblmeter")
    assert meters.ids == ["SMALL", "LARGE"]


def test_a_running_meter_goes_before_a_replaced_one_and_a_newer_before_an_older():
    LegacyMeter.objects.create(
        meter_id="A", account="0045MAK", status="replaced", connected_at=local("2026-01-01 00:00")
    )
    LegacyMeter.objects.create(meter_id="B", account="0045MAK", status="active", connected_at=local("2024-01-01 00:00"))
    LegacyMeter.objects.create(meter_id="C", account="0045MAK", status="active", connected_at=local("2025-01-01 00:00"))
    LegacyMeter.objects.create(meter_id="D", account="0045MAK", status="active")
    assert record().meters.current.meter_id == "C"


def test_a_meter_that_only_transactions_name_is_found_with_the_site_of_the_account(add_row):
    add_row(meter_id="")
    add_row(meter_id="SMRSD-01-00019A77")
    current = record().meters.current
    assert (current.meter_id, current.community, current.registry) == ("SMRSD-01-00019A77", "MAK", "")


# ---------------------------------------------------------------- owner and rate


def test_the_owner_is_the_one_the_directory_resolved(register):
    Site.objects.update_or_create(code="MAK", defaults={"name": "Ha Makebe"})
    register()
    register(number=18, owner=False, source=3)
    register("0046MAK")
    owner = record().owner
    assert (owner.number, owner.name, owner.site_name) == (17, "'Mantšali Letšela", "Ha Makebe")
    assert owner.other_accounts == ["0046MAK"]


def test_an_orphan_account_has_no_customer_but_is_known(add_row, register):
    add_row(account="0007NKU")
    register("0007NKU", number=None, source=5)
    found = record("0007NKU")
    assert (found.known, found.owner.number, found.owner.customer, found.owner.site) == (True, None, None, "NKU")


def test_an_account_that_the_directory_has_not_seen_yet_is_known_by_its_rows(add_row):
    add_row()
    assert record().known


def test_the_customers_rate_holds_and_says_so(add_row, register):
    GlobalRate.objects.create(rate=6.0)
    TariffOverride.objects.create(scope="concession", scope_key="MAK", rate="5.5", effective_from=SINCE_JANUARY)
    TariffOverride.objects.create(scope="customer", scope_key="17", rate="4.2", effective_from=SINCE_JANUARY)
    add_row()
    register()
    tariff = record().tariff
    assert (tariff.rate, tariff.explanation) == (D("4.2"), "set for this customer")


def test_an_orphan_gets_the_rate_of_the_site_its_number_names(add_row, register):
    GlobalRate.objects.create(rate=6.0)
    TariffOverride.objects.create(scope="concession", scope_key="NKU", rate="5.5", effective_from=SINCE_JANUARY)
    add_row(account="0007NKU")
    assert record("0007NKU").tariff.rate == D("5.5")


def test_a_ledger_that_ended_long_ago_is_called_stale(add_row):
    add_row("2026-10-31 21:18")
    RollupState.objects.create(latest_transaction=local("2026-10-31 21:18"))
    assert record().stale
    RollupState.objects.update(latest_transaction=local("2026-11-20 21:18"))
    assert not record().stale


# ---------------------------------------------------------------- finding accounts


def test_the_first_account_of_a_customer_is_an_own_one(register):
    register("0001MAK", number=17, owner=False)
    register("0003MAK")
    register("0002MAK")
    assert first_account_of(17) == "0002MAK"
    assert first_account_of(99) == ""
    assert first_account_of(10**30) == ""


@pytest.mark.parametrize("typed", ["0045MAS", "0054MAK", "0046MAK", "1045MAK", "mak 0046"])
def test_an_account_one_slip_away_is_offered(register, typed):
    Site.objects.get_or_create(code="MAK", defaults={"name": "Ha Makebe"})
    register("0045MAK")
    assert [entry.account for entry in near_matches(typed)] == ["0045MAK"]


def test_nothing_is_offered_for_what_is_no_account(register):
    register("0045MAK")
    assert near_matches("123") == []
    assert near_matches("letsela") == []


# ---------------------------------------------------------------- cost


def test_a_long_history_costs_no_more_queries_than_a_short_one(add_row, register, django_assert_num_queries):
    from billing.models import Transaction

    register()
    add_row("2025-01-05 08:00", balance=3.0)
    counts = []
    for _ in range(2):
        with django_assert_num_queries(10, using="acdb"), django_assert_num_queries(7, using="default"):
            counts.append(record().overview.totals.rows)
        Transaction.objects.bulk_create(
            Transaction(
                account="0045MAK", at=local("2026-11-20 00:00") - timedelta(minutes=30 * i), amount=5, kwh=1.0,
                rate=5.0, is_payment=True, balance=2.0,
            )
            for i in range(20_000)
        )  # fmt: skip
    assert counts == [1, 20_001]
    assert record().overview.usage.daily[0].day == date(2026, 10, 23)
