"""Imported ACDBs, and rows to write into an empty one."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from billing.models import Transaction

# The imported files of the ACDB's own tests, on both engines.
from ccportal.acdb.tests.conftest import (  # noqa: F401 - fixtures
    engine,
    imported,
    imports_in_a_temporary_directory,
    library,
    mini,
)
from customers.models import Customer, LegacyMeter
from customers.services.directory import refresh_directory
from omreport.models import Reading
from omreport.services import rollups

MASERU = ZoneInfo("Africa/Maseru")


def at(*when):
    return datetime(*when, tzinfo=MASERU)


@pytest.fixture
def pay():
    """Writes a row of the ledger."""

    def write(row_id, account, when, amount, kwh=0, *, model=Transaction, payment=True):
        when = at(*when) if isinstance(when, tuple) else when
        return model.objects.create(id=row_id, account=account, at=when, amount=amount, kwh=kwh, is_payment=payment)

    return write


@pytest.fixture
def meter():
    """Registers a meter with a type."""

    def write(meter_id, account, customer_type, community="MAK"):
        LegacyMeter.objects.create(meter_id=meter_id, account=account, customer_type=customer_type, community=community)

    return write


@pytest.fixture
def reading():
    """Writes a power reading."""

    def write(meter_id, when, kw, community="MAK"):
        Reading.objects.create(meter_id=meter_id, at=at(*when), power_kw=kw, community=community)

    return write


@pytest.fixture
def customer():
    """Writes a customer record."""

    def write(number, concession, *, connected=None, terminated=None, plot=None):
        Customer.objects.create(
            number=number, first_name="Mpho", last_name="Sello", concession=concession, plot_number=plot,
            connected_at=at(*connected) if connected else None, terminated_at=at(*terminated) if terminated else None,
        )  # fmt: skip

    return write


@pytest.fixture
def rolled_up():
    """Brings directory and rollups up to date, as an import does."""

    def refresh():
        refresh_directory()
        return rollups.refresh(thorough=True)

    return refresh


@pytest.fixture
def time_machine_at():
    """Moves the clock to a local day."""
    travels = []

    def go(*when):
        travel = time_machine.travel(at(*when), tick=False)
        travel.start()
        travels.append(travel)

    yield go
    for travel in travels:
        travel.stop()
