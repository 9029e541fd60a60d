"""ARPU and sums, with literal amounts (semantics 8 and 9)."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ccportal.core.periods import Month, Quarter
from omreport.calculations import MonthSum, arpu, by_month, by_quarter, sums_by_site


def row(site, month, revenue, kwh=0, transactions=1):
    return MonthSum(site, Month(2026, month), transactions, Decimal(revenue), Decimal(kwh))


def test_arpu_is_revenue_over_everybody_who_ever_paid():
    months = [row("MAK", 1, 40), row("MAK", 2, 60)]
    newcomers = {("MAK", Month(2026, 1)): 2, ("MAK", Month(2026, 2)): 1}
    result = arpu(months, newcomers, by_month)
    assert {str(month): (point.revenue, point.customers, point.arpu) for month, (point, _) in result.items()} == {
        "2026-01": (Decimal(40), 2, Decimal(20)),
        "2026-02": (Decimal(60), 3, Decimal(20)),
    }


def test_a_site_without_rows_in_the_period_is_not_listed_but_stays_in_the_base():
    months = [row("MAK", 1, 40), row("KET", 2, 90)]
    newcomers = {("MAK", Month(2026, 1)): 2, ("KET", Month(2026, 2)): 1}
    point, per_site = arpu(months, newcomers, by_month)[Month(2026, 2)]
    assert list(per_site) == ["KET"]
    assert (point.customers, point.arpu) == (3, Decimal(30))


def test_a_period_with_reversals_only_has_a_negative_arpu():
    (point, _) = arpu([row("MAK", 1, -10)], {("MAK", Month(2026, 1)): 2}, by_month)[Month(2026, 1)]
    assert point.arpu == Decimal(-5)


def test_an_empty_base_gives_zero():
    (point, _) = arpu([row("MAK", 1, 10)], {}, by_month)[Month(2026, 1)]
    assert point.arpu == 0


def test_months_add_up_to_quarters():
    sums = sums_by_site([row("MAK", 1, 10, 2), row("MAK", 3, 5, 1, 4), row("MAK", 4, 1)], by_quarter)
    assert sums["MAK"][Quarter(2026, 1)].revenue == 15
    assert sums["MAK"][Quarter(2026, 1)].kwh == 3
    assert sums["MAK"][Quarter(2026, 1)].transactions == 5


def test_rows_without_a_site_are_in_no_site():
    assert sums_by_site([row("", 1, 10)], by_month) == {}


rows = st.lists(
    st.builds(
        row,
        site=st.sampled_from(["MAK", "KET", "TOS"]),
        month=st.integers(1, 12),
        revenue=st.integers(-1000, 1000),
    )
)


@given(rows)
def test_no_revenue_is_lost_between_months_and_quarters(months):
    by_months = sum(part.revenue for site in sums_by_site(months, by_month).values() for part in site.values())
    by_quarters = sum(part.revenue for site in sums_by_site(months, by_quarter).values() for part in site.values())
    assert by_months == by_quarters == sum(month.revenue for month in months)
