"""Which rate holds (semantics 15), with literal rates."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tariffs.calculations import CONCESSION, CUSTOMER, GLOBAL, DatedRate, resolve

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
YESTERDAY, LAST_YEAR, TOMORROW = NOW - timedelta(days=1), NOW - timedelta(days=365), NOW + timedelta(days=1)


def rate(scope, key, amount, effective_from, order=0):
    return DatedRate(scope, key, Decimal(amount), effective_from, order)


def resolved(*dated, global_rate="6", customer="17", site="MAK"):
    read = None if global_rate is None else Decimal(global_rate)
    return resolve(read, dated, customer=customer, site=site, now=NOW)


def test_a_customers_own_rate_wins_over_the_sites_and_everybodys():
    found = resolved(rate(CONCESSION, "MAK", "5.5", YESTERDAY), rate(CUSTOMER, "17", "4.25", YESTERDAY))
    assert (found.rate, found.source, found.source_key, found.effective_from) == (
        Decimal("4.25"),
        "customer",
        "17",
        YESTERDAY,
    )


def test_a_sites_rate_wins_over_everybodys():
    found = resolved(rate(CONCESSION, "MAK", "5.5", YESTERDAY))
    assert (found.rate, found.source, found.source_key) == (Decimal("5.5"), "concession", "MAK")
    assert found.explanation == "set for site MAK"


def test_everybodys_rate_holds_without_overrides():
    found = resolved()
    assert (found.rate, found.source, found.source_key, found.effective_from) == (Decimal("6"), "global", "", None)
    assert found.explanation == "the rate for everybody"


def test_five_stands_in_when_no_rate_can_be_read():
    found = resolved(global_rate=None)
    assert (found.rate, found.source, found.is_default) == (Decimal("5.0"), "global", True)
    assert found.explanation == "assumed, because the customer database holds no rate"


def test_other_sites_and_other_customers_rates_do_not_count():
    assert resolved(rate(CONCESSION, "MAS", "1", YESTERDAY), rate(CUSTOMER, "170", "2", YESTERDAY)).rate == 6


def test_it_takes_the_site_in_any_case():
    assert resolved(rate(CONCESSION, "MAK", "5.5", YESTERDAY), site=" mak ").rate == Decimal("5.5")


def test_a_rate_that_begins_tomorrow_leaves_the_running_one_in_force():
    found = resolved(rate(CUSTOMER, "17", "8", LAST_YEAR), rate(CUSTOMER, "17", "6.5", TOMORROW))
    assert found.rate == 8
    assert [(step.rate.rate, step.in_force) for step in found.cascade] == [
        (Decimal("8"), True),
        (Decimal("6.5"), False),
        (Decimal("6"), True),
    ]


def test_a_rate_holds_from_its_very_moment():
    assert resolved(rate(CUSTOMER, "17", "8", NOW)).rate == 8


def test_of_two_rates_that_have_come_the_newer_holds():
    assert resolved(rate(CUSTOMER, "17", "8", YESTERDAY), rate(CUSTOMER, "17", "7", LAST_YEAR)).rate == 8


def test_of_two_rates_of_the_same_moment_the_one_recorded_later_holds():
    assert resolved(rate(CUSTOMER, "17", "8", NOW, order=2), rate(CUSTOMER, "17", "7", NOW, order=1)).rate == 8


def test_a_scheduled_rate_for_everybody_takes_over_when_its_moment_comes():
    assert resolved(rate(GLOBAL, "", "7", YESTERDAY)).rate == 7
    assert resolved(rate(GLOBAL, "", "7", TOMORROW)).rate == 6


def test_a_customer_without_a_number_never_gets_somebody_elses_rate():
    assert resolved(rate(CUSTOMER, "", "1", YESTERDAY), customer="", site="").rate == 6


moments = st.integers(-1000, 1000).map(lambda hours: NOW + timedelta(hours=hours))
rates = st.builds(
    DatedRate,
    st.sampled_from([CUSTOMER, CONCESSION, GLOBAL]),
    st.sampled_from(["17", "MAK", "MAS", ""]),
    st.decimals("0.01", "99", places=2),
    moments,
    st.integers(1, 50),
)


@given(st.lists(rates, max_size=12))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_rate_is_always_one_that_has_come_or_everybodys(dated):
    found = resolve(Decimal("6"), dated, customer="17", site="MAK", now=NOW)
    allowed = {r.rate for r in dated if r.has_come(NOW)} | {Decimal("6")}
    assert found.rate in allowed
    assert found.source == found.cascade[0].rate.scope or not found.cascade[0].in_force
