"""An account with a ledger, and the people who read it."""

from datetime import datetime
from decimal import Decimal

import pytest
import time_machine

from billing.models import LegacyTransaction, Transaction
from ccportal.acdb.testing import using_acdb
from ccportal.acdb.tests.conftest import engine, imports_in_a_temporary_directory, library  # noqa: F401 - fixtures
from ccportal.core.periods import meter_zone
from customers.models import DirectoryAccount, DirectoryCustomer

#: Saturday 21 November 2026, 14:05 in Maseru.
NOW = datetime(2026, 11, 21, 14, 5, tzinfo=meter_zone())


def local(text):
    """A time in Maseru: ``2026-11-20 18:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=meter_zone())


@pytest.fixture
def at_noon_on_21_november():
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def add_row(db):
    """Adds a ledger row; by default a payment of M 50 for 10 kWh on account 0045MAK."""

    def add(at="2026-11-20 18:30", model=Transaction, **fields):
        values = {
            "account": "0045MAK",
            "meter_id": "SMRSD-01-00019A01",
            "at": local(at) if at else None,
            "amount": Decimal("50"),
            "rate": 5.0,
            "kwh": 10.0,
            "is_payment": True,
            "balance": None,
        }
        return model.objects.create(**{**values, **fields})

    return add


@pytest.fixture
def add_legacy_row(add_row):
    def add(at="2024-05-01 08:00", **fields):
        return add_row(at, LegacyTransaction, **fields)

    return add


@pytest.fixture
def register(db):
    """Puts an account and its customer into the directory: 'Mantšali Letšela at Ha Makebe unless told otherwise."""

    def put(account="0045MAK", number=17, **fields):
        entry = {"site": account[-3:], "customer_type": "HH", "meter_id": "", "source": 1, "owner": True}
        DirectoryAccount.objects.create(account=account, customer_number=number, **{**entry, **fields})
        if number is not None:
            DirectoryCustomer.objects.get_or_create(
                number=number,
                defaults={
                    "name": "'Mantšali Letšela",
                    "sort_name": "letsela mantsali",
                    "site": account[-3:],
                    "customer_type": "HH",
                    "status": "active",
                    "accounts": account,
                    "document": "",
                    "extra": "",
                    "digest": "",
                },
            )

    return put


@pytest.fixture
def sample(engine, library, db):  # noqa: F811 - the fixtures imported above
    """The sample file imported, for reading."""
    with using_acdb(library.imported(engine, "sample")):
        yield
