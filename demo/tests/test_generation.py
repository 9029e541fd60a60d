"""The demonstration's readings: the same everywhere, consistent with what the sites sell."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from customers.models import Site
from demo import generation
from omreport.energy.models import EnergyAlert, EnergyDay, EnergyReading
from omreport.energy.queries import Step, balances, usual_window
from omreport.models import SiteDay
from omreport.services import rollups

pytestmark = pytest.mark.django_db
LAST = date(2026, 10, 31)


@pytest.fixture
def sales(monkeypatch):
    """Three sites that sell 60, 50 and 40 kWh every day."""
    monkeypatch.setattr(rollups, "refresh", lambda: None)
    for code, kwh in (("AAA", 60), ("BBB", 50), ("CCC", 40)):
        Site.objects.create(code=code, name=f"Site {code}")
        for n in range(150):
            day = LAST - timedelta(days=n)
            period = day.year * 100 + day.month
            SiteDay.objects.create(site=code, period=period, day=day.day, transactions=1, kwh=Decimal(kwh))


@pytest.mark.usefixtures("sales")
def test_a_visitor_sees_balances_a_gap_and_two_alerts():
    assert generation.seed() > 1500
    first = balances(usual_window(Step.MONTH, "AAA"))
    assert [(line.label, line.reasons) for line in first] == [
        ("Oct 2026", []), ("Sep 2026", []), ("Aug 2026", []), ("Jul 2026", []),
    ]  # fmt: skip
    assert first[1].sold.value == 1800
    assert 5 < first[1].unaccounted_percent.value < 13
    lines = {line.label: line for line in balances(usual_window(Step.MONTH, "BBB"))}
    assert not lines["Sep 2026"].delivered.known
    assert sorted(EnergyAlert.objects.values_list("site", "kind")) == [("BBB", "yield"), ("CCC", "loss")]
    assert EnergyDay.objects.filter(restarts=1).count() == 1


def test_without_a_ledger_nothing_is_entered(monkeypatch):
    monkeypatch.setattr(rollups, "refresh", lambda: None)
    assert generation.seed() == 0


@pytest.mark.usefixtures("sales")
def test_it_is_entered_once():
    generation.seed()
    before = EnergyReading.objects.count()
    assert generation.seed() == 0
    assert EnergyReading.objects.count() == before
