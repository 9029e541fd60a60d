"""A small village in the ACDB: people, accounts and meters with the oddities of the real one."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from billing.models import Transaction
from customers.models import AccountNumber, Customer, LegacyMeter, Meter
from customers.services.directory import refresh_directory

MASERU = ZoneInfo("Africa/Maseru")


@pytest.fixture
def village(db):
    """Rows in the ACDB and a directory made of them.

    1 Lerato Letšela has account 0001MAK and a running and a replaced meter; 2 Thabo 'Mokoena has none but a plot;
    3 Palesa Tau is terminated, her site is written as a name; 4 Neo Molapo shares account 0001MAK by a slip;
    0009NKU is paid by nobody known; 9000TOS belongs to a number without a record.
    """
    Customer.objects.create(
        number=1, first_name="Lerato", last_name="Letšela", phone="+266 5869 8650", cell_phone_1=58698650,
        plot_number="MAK 0001 HH", street_address="Thaba-Tšoeu", city="Ha Makebe", district="Maseru",
        concession="MAK", position="HH", connected_at=datetime(2024, 12, 7, 0, 30, tzinfo=MASERU),
        gps_x=27.78, gps_y=-29.44, email="lerato@example.com",
    )  # fmt: skip
    Customer.objects.create(
        number=2, first_name="Thabo", last_name="'Mokoena", phone="0026662001122", plot_number="KET 0914B HH",
        concession=" ket ", position="SME",
    )  # fmt: skip
    Customer.objects.create(
        number=3, first_name="Palesa", middle_name="Mpho", last_name="Tau", cell_phone_2=63004455,
        concession="Matsoaing", connected_at=datetime(2023, 5, 1, tzinfo=MASERU),
        terminated_at=datetime(2022, 1, 1, tzinfo=MASERU),
    )  # fmt: skip
    Customer.objects.create(number=4, first_name="Neo", last_name="Molapo", cell_phone_1=0, concession=None)
    AccountNumber.objects.create(account="0001MAK", customer_number=1, opened_at=datetime(2024, 12, 7, tzinfo=MASERU))
    AccountNumber.objects.create(account="0001MAK", customer_number=4, opened_at=datetime(2025, 6, 7, tzinfo=MASERU))
    AccountNumber.objects.create(account="9000TOS", customer_number=900000)
    LegacyMeter.objects.create(
        meter_id="SMRSD-01-0001", account="0001MAK", customer_number=1, customer_type="HH", status="replaced",
        community="MAK",
    )  # fmt: skip
    LegacyMeter.objects.create(
        meter_id="SMRSD-01-0002", account="0001MAK", customer_number=1, customer_type="HH", status="active",
        community="MAK", latitude=-29.44, longitude=27.78,
    )  # fmt: skip
    Meter.objects.create(
        meter_id="SMRSD-02-0003", account="0003MAT", customer_number=3, customer_type="SME", status="active"
    )
    Transaction.objects.create(
        id=1, account="0009NKU", at=datetime(2026, 1, 1, 12, tzinfo=MASERU), amount=10, kwh=2, is_payment=True
    )
    refresh_directory()
