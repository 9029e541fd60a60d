"""Rates read from tblconfig and from the overrides."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tariffs.models import GlobalRate, TariffOverride
from tariffs.queries import rate_for

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def set_rate():
    def set_(scope, key, rate, days=-1, **fields):
        when = timezone.now() + timedelta(days=days)
        return TariffOverride.objects.create(scope=scope, scope_key=key, rate=rate, effective_from=when, **fields)

    return set_


def test_it_reads_everybodys_rate_from_tblconfig():
    GlobalRate.objects.create(rate=6.25)
    assert rate_for(17, "MAK").rate == Decimal("6.25")


def test_an_empty_tblconfig_gives_five():
    found = rate_for(17, "MAK")
    assert (found.rate, found.is_default) == (Decimal("5.0"), True)


def test_the_sites_rate_is_found_in_any_case(set_rate):
    GlobalRate.objects.create(rate=6)
    set_rate("concession", "MAK", "5.5")
    assert rate_for(None, " mak").rate == Decimal("5.5")


def test_the_customers_rate_wins(set_rate):
    set_rate("concession", "MAK", "5.5")
    set_rate("customer", "17", "4")
    assert rate_for(17, "MAK").rate == Decimal("4")
    assert rate_for(18, "MAK").rate == Decimal("5.5")


def test_a_removed_rate_no_longer_counts(set_rate):
    GlobalRate.objects.create(rate=6)
    set_rate("customer", "17", "4", removed_at=timezone.now())
    assert rate_for(17, "MAK").rate == 6


def test_it_asks_twice_whatever_the_number_of_overrides(set_rate, django_assert_num_queries):
    for day in range(1, 30):
        set_rate("customer", "17", "4", days=-day)
    with django_assert_num_queries(1, using="default"):
        rate_for(17, "MAK")
    with django_assert_num_queries(1, using="acdb"):
        rate_for(17, "MAK")
