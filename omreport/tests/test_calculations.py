"""ARPU and sums, with literal amounts (semantics 8 and 9)."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ccportal.core.periods import Month, Quarter
from omreport.calculations import (
    MonthSum,
    QuarterSum,
    arpu,
    average_trend,
    by_month,
    by_quarter,
    cumulative,
    eligible,
    growth,
    last_valid_month,
    spread,
    sums_by_site,
)


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


def test_running_totals_and_distinct_days_of_quarters():
    months = [
        MonthSum("MAK", Month(2026, 1), 2, Decimal(10), Decimal(2), days=0b101),
        MonthSum("KET", Month(2026, 1), 1, Decimal(5), Decimal(1), days=0b100),
        MonthSum("", Month(2026, 3), 1, Decimal(1), Decimal(0), days=0b1),
        MonthSum("MAK", Month(2026, 4), 1, Decimal(4), Decimal(8), days=0b10),
    ]
    first, second = cumulative(months)
    assert (first.revenue, first.kwh, first.days) == (16, 3, 3)
    assert (second.quarter, second.revenue_so_far, second.kwh_so_far) == (Quarter(2026, 2), 20, 11)


def test_growth_lists_only_quarters_with_connections():
    connected = {Quarter(2026, 2): 3, Quarter(2025, 4): 2, Quarter(2026, 1): 0}
    assert growth(connected) == [(Quarter(2025, 4), 2, 2), (Quarter(2026, 2), 3, 5)]


def a_quarter(number, kwh, days):
    return QuarterSum(Quarter(2026, number), Decimal(90), Decimal(kwh), Decimal(0), Decimal(0), days)


def test_the_average_day_divides_by_customers_and_days():
    (point,) = average_trend([a_quarter(1, 180, 90)], {Quarter(2026, 1): 4})
    assert (point.daily_kwh, point.daily_revenue) == (Decimal("0.5"), Decimal("0.25"))


def test_a_quarter_without_known_days_has_ninety():
    (point,) = average_trend([a_quarter(1, 180, 0)], {Quarter(2026, 1): 1})
    assert point.daily_kwh == 2


def test_quarters_of_one_series_only_are_left_out():
    assert average_trend([a_quarter(1, 180, 90)], {Quarter(2026, 2): 4}) == []


def test_a_value_far_outside_the_quartiles_is_left_out_of_mean_and_deviation():
    found = spread([10, 11, 12, 13, 11000])
    assert (found.values, found.kept, found.mean, round(found.deviation, 2), found.total) == (5, 4, 11.5, 1.12, 11046)


def test_three_values_are_too_few_for_quartiles():
    assert spread([1, 2, 900]).kept == 3


def test_no_values_have_no_mean():
    assert spread([]) == spread(())
    assert spread([]).mean == 0


def test_an_account_is_eligible_for_the_months_since_its_first_transaction():
    starts = {Month(2026, 1): 2, Month(2026, 3): 1}
    assert [eligible(starts, Month(2026, 4), tenure) for tenure in range(5)] == [3, 3, 2, 2, 0]


def test_the_series_ends_with_the_last_month_of_three_accounts():
    points = {("HH", 0): spread([1, 2, 3]), ("HH", 4): spread([1, 2, 3]), ("SME", 9): spread([1, 2])}
    assert last_valid_month(points) == 4
    assert last_valid_month({}) == 0
