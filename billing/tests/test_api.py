"""Accounts for other programs, and a customer's own account."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from billing.models import Transaction
from billing.tests.conftest import local
from ccportal.accounts import keys, tokens
from ccportal.accounts.models import CustomerLogin
from customers import queries
from customers.models import Customer, LegacyMeter
from tariffs.models import GlobalRate, TariffOverride

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
ADDRESS = "/api/customer-data/"


@pytest.fixture(autouse=True)
def no_throttle_history():
    cache.clear()


@pytest.fixture
def care(sign_in, thabo, at_noon_on_21_november):
    return sign_in(thabo)


@pytest.fixture
def letsela():
    return Customer.objects.create(
        number=17,
        first_name="'Mantšali",
        last_name="Letšela",
        phone="+266 5869 8650",
        cell_phone_1=0,
        plot_number="MAK 0045 HH",
        concession=" mak",
        connected_at=local("2023-01-05 00:00"),
    )


@pytest.fixture
def as_customer(client, at_noon_on_21_november):
    """Signs a customer in by account and returns the headers of a program that acts for the customer."""

    def enter(account="0045MAK"):
        login = CustomerLogin.objects.create(account=account)
        pair = tokens.sign_in(login, RequestFactory().get("/"), account)
        return {"Authorization": f"Bearer {pair.access}"}

    return enter


def test_it_gives_everything_of_an_account_in_the_contracts_shape(care, add_row, register, letsela):
    GlobalRate.objects.create(rate=6.0)
    register()
    LegacyMeter.objects.create(
        meter_id="SMRSD-01-00019A01", account="0045MAK", customer_number=17, customer_type="HH", community="MAK",
        village="Ha Mokoto", status="active", connected_at=local("2023-01-05 08:14"),
    )  # fmt: skip
    add_row("2026-11-05 08:00", kwh=12.0, amount=D("60"))
    newest = add_row("2026-11-15 08:30", amount=D("90"), kwh=18.0, balance=2.503)
    answer = care.get(ADDRESS + "0045MAK").json()
    dashboard = answer.pop("dashboard")
    transactions = answer.pop("transactions")
    assert answer == {
        "account_number": "0045MAK",
        "profile": {
            "account_number": "0045MAK",
            "customer_id": "17",
            "first_name": "'Mantšali",
            "middle_name": "",
            "last_name": "Letšela",
            "phone": "58698650",
            "cell_phone_1": "",
            "cell_phone_2": "",
            "email": "",
            "plot_number": "MAK 0045 HH",
            "street_address": "",
            "city": "",
            "district": "",
            "concession": "MAK",
            "date_connected": "2023-01-05 00:00:00",
            "date_terminated": "",
        },
        "meter": {
            "meterid": "SMRSD-01-00019A01",
            "community": "MAK",
            "customer_type": "HH",
            "village": "Ha Mokoto",
            "status": "active",
            "connect_date": "2023-01-05 08:14:00",
        },
        "tariff": {"rate_lsl": 6.0, "source": "global", "source_key": "", "effective_from": ""},
        "transaction_count": 2,
        "total_count": 2,
    }
    assert transactions[0] == {
        "id": newest.id,
        "account": "0045MAK",
        "meter": "SMRSD-01-00019A01",
        "date": "2026-11-15 08:30:00",
        "amount_lsl": 90.0,
        "rate": 5.0,
        "kwh": 18.0,
        "is_payment": True,
        "balance": 2.503,
        "kind": "payment",
    }
    series = {name: dashboard.pop(name) for name in ("daily_7d", "daily_30d", "monthly_12m")}
    assert dashboard == {
        "balance_kwh": 2.5,
        "balance_as_of": "2026-11-15 08:30:00",
        "last_payment": {"amount": 90.0, "date": "2026-11-15", "kwh_purchased": 18.0},
        "avg_kwh_per_day": 1.88,
        "estimated_recharge_seconds": 115338,
        "total_kwh_all_time": 30.0,
        "total_lsl_all_time": 150.0,
        "consumption_basis": "vended",
        "monthly_basis": "vended",
    }
    assert series["daily_7d"][0] == {"date": "2026-11-15", "kwh": 18.0}
    assert (len(series["daily_7d"]), len(series["daily_30d"])) == (7, 30)
    assert series["daily_30d"][-7:] == series["daily_7d"]
    assert (series["monthly_12m"][0], series["monthly_12m"][-1]) == (
        {"month": "2025-12", "kwh": 0.0},
        {"month": "2026-11", "kwh": 30.0},
    )


def test_the_profile_is_the_same_as_in_the_customer_lookup(care, register, letsela):
    register()
    profile = care.get(ADDRESS + "0045MAK").json()["profile"]
    assert profile.pop("account_number") == "0045MAK"
    assert profile == queries.as_contract(letsela, queries.site_names())


def test_an_unknown_account_answers_with_empty_parts(care):
    answer = care.get(ADDRESS + "9999mak").json()
    assert answer["profile"] == {
        "account_number": "9999MAK",
        "customer_id": None,
        "first_name": "",
        "last_name": "",
    }
    assert (answer["meter"], answer["tariff"], answer["transactions"]) == (None, None, [])
    assert (answer["transaction_count"], answer["total_count"]) == (0, 0)
    dashboard = answer["dashboard"]
    assert (dashboard["balance_kwh"], dashboard["last_payment"], dashboard["estimated_recharge_seconds"]) == (
        0,
        None,
        0,
    )
    assert [len(dashboard[name]) for name in ("daily_7d", "daily_30d", "monthly_12m")] == [7, 30, 12]


def test_a_number_stands_for_the_first_account_of_that_customer(care, register, add_row):
    register("0046MAK")
    register("0045MAK")
    assert care.get(ADDRESS + "17").json()["account_number"] == "0045MAK"


def test_a_number_of_nobody_stays_as_it_is_and_everything_is_empty(care):
    answer = care.get(ADDRESS + "99").json()
    assert (answer["account_number"], answer["total_count"]) == ("99", 0)


@pytest.mark.parametrize("written", ["0045mak", "%200045MAK%20", "mak0045"])
def test_an_account_is_understood_in_any_spelling(care, add_row, written):
    add_row()
    assert care.get(ADDRESS + written).json()["transaction_count"] == 1


def test_a_rate_of_the_customer_comes_with_its_beginning(care, add_row, register):
    register()
    TariffOverride.objects.create(
        scope="customer", scope_key="17", rate="4.25", effective_from=local("2026-01-01 00:00")
    )
    assert care.get(ADDRESS + "0045MAK").json()["tariff"] == {
        "rate_lsl": 4.25,
        "source": "customer",
        "source_key": "17",
        "effective_from": "2026-01-01 00:00:00",
    }


def test_null_values_are_zero_except_the_balance(care, add_row):
    add_row(None, amount=None, rate=None, kwh=None, is_payment=None, meter_id=None)
    row = care.get(ADDRESS + "0045MAK").json()["transactions"][0]
    assert (row["date"], row["amount_lsl"], row["rate"], row["kwh"]) == (None, 0, 0, 0)
    assert (row["is_payment"], row["balance"], row["meter"]) == (False, None, None)


@pytest.fixture
def long_history(db):
    Transaction.objects.bulk_create(
        Transaction(account="0045MAK", at=local("2026-11-20 00:00") - timedelta(minutes=i), amount=i)
        for i in range(1001)
    )


def test_the_newest_thousand_transactions_are_given_and_the_rest_by_offset(care, long_history):
    answer = care.get(ADDRESS + "0045MAK").json()
    assert (answer["transaction_count"], answer["total_count"]) == (1000, 1001)
    assert answer["transactions"][0]["date"] == "2026-11-20 00:00:00"
    rest = care.get(ADDRESS + "0045MAK", {"offset": 1000}).json()
    assert [row["amount_lsl"] for row in rest["transactions"]] == [1000.0]
    some = care.get(ADDRESS + "0045MAK", {"limit": 2, "offset": 1}).json()
    assert [row["amount_lsl"] for row in some["transactions"]] == [1.0, 2.0]


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 5001}, {"offset": -1}, {"limit": "many"}])
def test_a_piece_that_makes_no_sense_is_refused(care, wrong):
    assert care.get(ADDRESS + "0045MAK", wrong).status_code == 422


def test_without_a_credential_it_is_refused(client):
    assert client.get(ADDRESS + "0045MAK").status_code == 401


def test_a_program_needs_the_scope(client, add_row):
    add_row()
    _, good = keys.issue("om-portal", ["billing.read"], "1001", None)
    _, other = keys.issue("bridge", ["lookup.read"], "1001", None)
    assert client.get(ADDRESS + "0045MAK", headers={"X-API-Key": good}).status_code == 200
    assert client.get(ADDRESS + "0045MAK", headers={"X-API-Key": other}).status_code == 403


def test_a_customer_may_not_read_the_employees_view(client, as_customer, add_row):
    add_row()
    response = client.get(ADDRESS + "0045MAK", headers=as_customer())
    assert response.status_code == 403


# ---------------------------------------------------------------- the customer's own


def test_a_customer_reads_the_own_dashboard_and_both_views_agree(client, as_customer, add_row, sign_in, thabo):
    add_row("2026-11-15 08:30", balance=None, kwh=18.0)
    add_row("2026-11-16 08:30", amount=D("3.5"), kwh=None, is_payment=False)
    own = client.get("/api/my/dashboard", headers=as_customer()).json()
    assert (own["balance_kwh"], own["consumption_basis"]) == (14.5, "consumption")
    assert sign_in(thabo).get(ADDRESS + "0045MAK").json()["dashboard"] == own


def test_a_customer_reads_the_own_profile_with_all_accounts(client, as_customer, register, letsela):
    register("0045MAK")
    register("0046MAK")
    register("0047MAK", number=18)
    customer = client.get("/api/my/profile", headers=as_customer()).json()["customer"]
    assert (customer["customer_id"], customer["last_name"], customer["account_number"]) == ("17", "Letšela", "0045MAK")
    assert customer["account_numbers"] == ["0045MAK", "0046MAK"]


def test_a_customer_of_an_orphan_account_has_a_stub(client, as_customer):
    assert client.get("/api/my/profile", headers=as_customer("0007NKU")).json() == {
        "customer": {
            "account_number": "0007NKU",
            "customer_id": None,
            "first_name": "",
            "last_name": "",
            "account_numbers": ["0007NKU"],
        }
    }


@pytest.mark.parametrize("address", ["/api/my/dashboard", "/api/my/profile"])
def test_an_employee_has_no_account_of_its_own(care, address):
    assert care.get(address).status_code == 403
