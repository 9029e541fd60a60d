"""A village with rates: people at two sites, and a clock that stands on 21 November 2026, 14:05."""

from datetime import datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connections
from django.test.utils import CaptureQueriesContext

from audit.actors import Actor
from ccportal.core.periods import meter_zone
from customers.models import DirectoryAccount, DirectoryCustomer
from tariffs import services
from tariffs.models import GlobalRate

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=meter_zone())


def local(text):
    """A time in Maseru: ``2026-12-01 00:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=meter_zone())


@pytest.fixture
def clock():
    """Stands still; ``clock.move_to(local(...))`` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def everybody_pays_six(db):
    GlobalRate.objects.create(rate=6.0)


@pytest.fixture
def set_rate():
    """Sets a rate as an employee: ``set_rate(lineo, "concession", "MAK", "7", "2026-12-01 00:00")``."""

    def do(who, scope, key, rate, moment=None, *, seen=None, reason="Board decision 12"):
        when = local(moment) if moment else None
        wanted = services.RateChange(scope, key, Decimal(rate), when, reason)
        return services.set_rate(Actor.of(who), wanted, seen=seen)

    return do


@pytest.fixture
def villagers(db):
    """Customers 1 and 2 at MAK, 3 at MAK who left, 4 at MAS, each with an account like 0001MAK."""
    people = [(1, "MAK", "HH", "active"), (2, "MAK", "SME", "active"), (3, "MAK", "HH", "terminated"),
              (4, "MAS", "HH", "active")]  # fmt: skip
    for number, site, kind, status in people:
        account = f"{number:04d}{site}"
        DirectoryCustomer.objects.create(
            number=number, name=f"Neo Sello {number}", sort_name=f"sello neo {number}", site=site, customer_type=kind,
            status=status, accounts=account, document=f"neo sello {number}", extra="", digest="",
        )  # fmt: skip
        DirectoryAccount.objects.create(
            account=account, customer_number=number, site=site, customer_type=kind, source=1, owner=True
        )


@pytest.fixture
def query_count_of():
    """How many queries a function makes on both databases."""

    def count(act):
        with CaptureQueriesContext(connections["default"]) as own, CaptureQueriesContext(connections["acdb"]) as acdb:
            act()
        return len(own) + len(acdb)

    return count
