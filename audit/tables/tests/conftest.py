"""A few rows of the ACDB with the things that go wrong in files: formulas, carons, equal keys, empty cells."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from billing.models import Transaction
from ccportal.accounts.models import CustomerLogin
from customers.models import AccountNumber, AccountSource, Customer, DirectoryAccount

MASERU = ZoneInfo("Africa/Maseru")


@pytest.fixture(autouse=True)
def no_kept_counts():
    """Counts are kept for half a minute, which is longer than a test."""
    cache.clear()


@pytest.fixture
def api():
    """A client of the API as somebody: ``api(thabo).get("/api/schema/tables")``."""

    def enter(somebody=None):
        client = APIClient()
        if somebody is not None:
            client.force_authenticate(somebody)
        return client

    return enter


@pytest.fixture
def people(db):
    """Three customers and their accounts; 0001MAK is listed for two of them."""
    Customer.objects.create(
        number=1, first_name="Lerato", last_name="Letšela", phone="+266 58698650", concession="MAK",
        plot_number="MAK 0001 HH", connected_at=datetime(2024, 12, 7, 0, 30, tzinfo=MASERU), gps_x=27.78,
    )  # fmt: skip
    Customer.objects.create(number=2, first_name="=1+1", last_name='O\'Brien, "Bo"', concession="mak")
    Customer.objects.create(number=3, first_name="Neo", street_address="House 3\nHa Makebe", concession="KET")
    AccountNumber.objects.create(account="0001MAK", customer_number=1, meter_id="SMR-1")
    AccountNumber.objects.create(account="0001MAK", customer_number=2)
    AccountNumber.objects.create(account="0005MAK", customer_number=1)
    for account, number in (("0001MAK", 1), ("0005MAK", 1), ("0003KET", 3)):
        DirectoryAccount.objects.create(
            account=account, customer_number=number, source=AccountSource.ACCOUNTS, owner=True
        )


@pytest.fixture
def ledger(db):
    """Ten transactions, one a day; every other one is a payment."""
    for number in range(1, 11):
        Transaction.objects.create(
            id=number,
            account="0001MAK" if number % 2 else "0003KET",
            at=datetime(2026, 1, number, 12, 30, tzinfo=MASERU) if number != 4 else None,
            amount=Decimal("55.50") if number % 2 else Decimal(-number),
            kwh=11.1,
            is_payment=bool(number % 2),
        )


@pytest.fixture
def lerato(people):
    """Lerato, signed in as the customer of 0001MAK."""
    return CustomerLogin.objects.create(account="0001MAK", password="!")
