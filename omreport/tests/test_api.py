"""The report operations in the shapes of the contract, with literal figures (semantics 9 to 14)."""

import json
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from jsonschema import Draft202012Validator

from billing.models import LegacyTransaction
from omreport.models import RollupState
from omreport.services import rollups

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
CONTRACT = Path(settings.BASE_DIR).parent / "shared" / "contract" / "openapi.yaml"
OPERATIONS = {
    "overview": "OmOverview",
    "customer-stats": "CustomerStats",
    "customer-growth": "CustomerGrowth",
    "consumption-by-site": "ConsumptionBySite",
    "sales-by-site": "SalesBySite",
    "cumulative-trends": "CumulativeTrends",
    "avg-consumption-trend": "AvgConsumptionTrends",
    "site-overview": "SiteOverview",
    "load-curves-by-type": "LoadCurves",
    "daily-load-profiles": "LoadProfiles",
    "arpu": "Arpu",
    "monthly-arpu": "MonthlyArpu",
    "consumption-by-tenure": "ConsumptionByTenure",
    "meter-export": "MeterExport",
}


@pytest.fixture
def ask(sign_in, thabo):
    client = sign_in(thabo)

    def get(name, status=200, **parameters):
        answer = client.get(f"/api/om-report/{name}", parameters)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == status, body
        return json.loads(body)

    return get


@pytest.fixture
def utility(pay, meter, reading, customer, rolled_up):
    """Two sites, three typed accounts, one without a type, payments and a consumption row over two quarters."""
    customer(1, "MAK", connected=(2026, 1, 5), plot="MAK 0001 HH")
    customer(2, "MAK", terminated=(2026, 5, 1), plot="MAK 0002 HH")
    customer(3, "KET", plot="KET 0001 SME")
    customer(4, None)
    meter("M-1", "0001MAK", "HH")
    meter("M-2", "0002MAK", "HH")
    meter("M-3", "0001KET", "SME", "KET")
    pay(1, "0001MAK", (2026, 1, 10), 50, 10)
    pay(2, "0002mak ", (2026, 2, 10), 100, 20)
    pay(3, "0001KET", (2026, 4, 1, 0, 10), 40, 8)
    pay(4, "0001MAK", (2026, 4, 2), 25, 5)
    pay(5, "0001MAK", (2026, 4, 2), 3, 0, payment=False)
    pay(6, "0001MAK", None, 7, 1)
    pay(7, None, (2026, 4, 3), 11, 2)
    reading("M-1", (2026, 4, 1, 7, 0), 0.2)
    reading("m_1", (2026, 4, 2, 7, 30), 0.4)
    reading("M-1", (2026, 4, 2, 19, 0), 450)
    reading("M-3", (2026, 4, 1, 12, 0), 1.5, "KET")
    reading("M-9", (2026, 4, 1, 12, 0), 9.0)
    rolled_up()


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract is not beside the project")
@pytest.mark.parametrize("state", ["empty", "utility"])
@pytest.mark.parametrize(("name", "schema"), OPERATIONS.items())
def test_every_answer_has_the_shape_of_the_contract(request, ask, name, schema, state):
    if state == "utility":
        request.getfixturevalue("utility")
    schemas = yaml.safe_load(CONTRACT.read_text())["components"]["schemas"]
    document = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": schemas}}
    errors = list(Draft202012Validator(document).iter_errors(ask(name)))
    assert not errors, errors[0]


def test_headline_figures(utility, ask):
    answer = ask("overview")
    assert answer.pop("as_of")
    assert answer == {
        "total_customers": 4, "active_customers": 3, "terminated_customers": 1, "total_sites": 2,
        "sites": ["KET", "MAK"], "total_mwh": 0.05, "total_lsl_thousands": 0.24,
    }  # fmt: skip


def test_new_customers_are_those_connected_or_first_served_in_the_quarter(utility, ask):
    answer = ask("customer-stats", quarter="2026 Q1")
    assert answer["sites"] == [
        {"concession": "", "total": 1, "active": 1, "new": 0, "activation_rate": 100.0},
        {"concession": "KET", "total": 1, "active": 1, "new": 0, "activation_rate": 100.0},
        {"concession": "MAK", "total": 2, "active": 1, "new": 2, "activation_rate": 50.0},
    ]
    assert (answer["totals"], answer["quarter"]) == ({"total": 4, "active": 3, "new": 2}, "2026 Q1")


def test_without_a_quarter_nobody_is_new(utility, ask):
    answer = ask("customer-stats")
    assert (answer["totals"]["new"], answer["quarter"]) == (0, None)


def test_growth_falls_back_on_the_first_transaction(utility, ask):
    answer = ask("customer-growth")
    assert answer["growth"] == [
        {"quarter": "2026 Q1", "new_customers": 2, "cumulative": 2},
        {"quarter": "2026 Q2", "new_customers": 1, "cumulative": 3},
    ]
    assert (answer["total"], answer["inferred_from_transactions"], answer["without_date"]) == (3, 2, 1)


def test_energy_per_site_and_quarter_with_the_undated_rows_apart(utility, ask):
    answer = ask("consumption-by-site")
    assert answer["sites"] == [
        {"site": "KET", "name": "Ketane", "total_kwh": 8.0, "quarters": {"2026 Q2": 8.0}},
        {
            "site": "MAK", "name": "Ha Makebe", "total_kwh": 36.0,
            "quarters": {"2026 Q1": 30.0, "2026 Q2": 5.0, "Unknown": 1.0},
        },
    ]  # fmt: skip
    assert (answer["total_kwh"], answer["source_table"], answer["quarter_filter"]) == (
        44.0, "tblaccounthistory1", None,
    )  # fmt: skip


def test_payments_alone_leave_consumption_rows_out(utility, ask):
    every, payments = ask("sales-by-site", quarter="2026 Q2"), ask("sales-by-site", quarter="2026 Q2", basis="payments")
    assert (every["total_lsl"], payments["total_lsl"]) == (68.0, 65.0)


def test_a_quarter_restricts_sites_and_totals(utility, ask):
    answer = ask("sales-by-site", quarter="2026 Q1")
    assert (answer["sites"], answer["total_lsl"]) == (
        [{"site": "MAK", "name": "Ha Makebe", "total_lsl": 150.0, "quarters": {"2026 Q1": 150.0}}], 150.0,
    )  # fmt: skip


def test_unknown_selects_the_rows_without_a_date(utility, ask):
    assert ask("sales-by-site", quarter="Unknown")["sites"] == [
        {"site": "MAK", "name": "Ha Makebe", "total_lsl": 7.0, "quarters": {"Unknown": 7.0}}
    ]


@pytest.mark.parametrize("name", ["consumption-by-site", "sales-by-site", "load-curves-by-type", "customer-stats"])
def test_a_text_that_is_no_quarter_matches_nothing_and_says_so(utility, ask, name):
    answer = ask(name, quarter="2026 Q5")
    assert "is not a quarter" in answer["note"]
    assert not answer.get("curves")
    assert not any(line.get("new") or line.get("quarters") for line in answer.get("sites", []))


def test_it_refuses_a_basis_that_does_not_exist(utility, ask):
    assert "contract or payments" in ask("arpu", 422, basis="cash")["detail"]


def test_running_totals_hold_rows_without_an_account_but_none_without_a_date(utility, ask):
    assert ask("cumulative-trends")["trends"] == [
        {"quarter": "2026 Q1", "kwh": 30.0, "lsl": 150.0, "cumulative_kwh": 30.0, "cumulative_lsl": 150.0},
        {"quarter": "2026 Q2", "kwh": 15.0, "lsl": 79.0, "cumulative_kwh": 45.0, "cumulative_lsl": 229.0},
    ]


def test_the_average_divides_by_connected_customers_and_days_with_rows(utility, ask):
    first, second = ask("avg-consumption-trend")["trends"]
    assert (first["customers"], first["avg_daily_kwh_per_customer"]) == (2, 7.5)  # 30 / (2 x 2 days)
    assert (second["customers"], second["avg_daily_lsl_per_customer"]) == (3, 8.7778)  # 79 / (3 x 3 days)


def test_sites_with_their_district(utility, ask):
    assert ask("site-overview")["sites"] == [
        {"concession": "KET", "abbreviation": "KET", "district": "Mohale's Hoek", "customer_count": 1},
        {"concession": "MAK", "abbreviation": "MAK", "district": "Maseru", "customer_count": 2},
    ]


def test_load_curves_by_type(utility, ask):
    answer = ask("load-curves-by-type")
    household, business = answer["curves"]
    assert household == {
        "type": "HH", "total_kwh": 36.0, "total_lsl": 185.0, "customer_count": 2,
        "avg_daily_kwh": 12.0, "avg_daily_kwh_per_customer": 6.0,
    }  # fmt: skip
    assert (business["type"], business["customer_count"]) == ("SME", 1)
    assert answer["quarterly"] == [
        {"quarter": "2026 Q1", "HH": 30.0, "SME": 0.0},
        {"quarter": "2026 Q2", "HH": 5.0, "SME": 8.0},
    ]
    assert (answer["customer_types"], answer["total_typed_customers"]) == (["HH", "SME"], 3)


def test_a_load_curve_counts_an_account_once_in_a_quarter(utility, ask):
    household = ask("load-curves-by-type", quarter="2026 Q1")["curves"][0]
    assert (household["customer_count"], household["avg_daily_kwh"]) == (2, 15.0)


def test_load_profiles_leave_watts_out_and_count_them(utility, ask):
    answer = ask("daily-load-profiles")
    household = answer["profiles"][0]
    assert household["hourly"][7] == {"hour": 7, "avg_kw": 0.3, "readings": 2}
    assert household["hourly"][19] == {"hour": 19, "avg_kw": 0.0, "readings": 0}
    assert (household["meter_count"], household["peak_hour"], household["peak_kw"]) == (1, 7, 0.3)
    assert (answer["total_readings"], answer["suspicious_readings"]) == (3, 1)
    assert answer["chart_data"][7] == {"hour": "07:00", "HH": 0.3, "SME": 0.0}
    assert len(answer["chart_data"]) == 24


def test_load_profiles_of_one_site(utility, ask):
    answer = ask("daily-load-profiles", site="ket")
    assert (answer["customer_types"], answer["site_filter"]) == (["SME"], "ket")


def test_a_site_without_readings_gets_a_note_and_an_empty_chart(utility, ask):
    answer = ask("daily-load-profiles", site="XXX")
    assert (answer["profiles"], answer["chart_data"]) == ([], [])
    assert answer["note"]


def test_arpu_of_a_quarter_and_its_sites(utility, ask):
    answer = ask("arpu")
    assert answer["arpu"][1] == {
        "quarter": "2026 Q2", "total_revenue": 68.0, "active_customers": 3, "arpu": 22.67,
        "per_site": {
            "KET": {"name": "Ketane", "revenue": 40.0, "customers": 1, "arpu": 40.0},
            "MAK": {"name": "Ha Makebe", "revenue": 28.0, "customers": 2, "arpu": 14.0},
        },
    }  # fmt: skip
    assert answer["site_names"] == {"KET": "Ketane", "MAK": "Ha Makebe"}


def test_monthly_arpu_carries_the_quarter_too(utility, ask):
    first = ask("monthly-arpu")["monthly_arpu"][0]
    assert (first["month"], first["quarter"], first["arpu"]) == ("2026-01", "2026 Q1", 50.0)


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("consumption-by-site", {"sites": [], "total_kwh": 0}),
        ("sales-by-site", {"sites": [], "total_lsl": 0}),
        ("cumulative-trends", {"trends": []}),
        ("avg-consumption-trend", {"trends": []}),
        ("load-curves-by-type", {"curves": [], "quarterly": []}),
        ("arpu", {"arpu": [], "site_codes": [], "site_names": {}}),
        ("monthly-arpu", {"monthly_arpu": [], "site_codes": [], "site_names": {}}),
        ("consumption-by-tenure", {"chart_data": [], "customer_types": []}),
    ],
)
def test_without_history_the_answer_says_so(ask, name, rest):
    assert ask(name) == {**rest, "error": "No transaction history could be read.", "as_of": None}


def test_a_failed_refresh_shows_beside_the_old_figures(utility, ask):
    rollups.record_failure()
    answer = ask("arpu")
    assert answer["stale"] == "The customer database could not be read."
    assert len(answer["arpu"]) == 2


# ---------------------------------------------------------------- tenure


@pytest.fixture
def households(pay, meter, rolled_up):
    """Five households in their first two months; the fifth buys a thousand times as much."""
    for number in range(1, 6):
        account = f"000{number}MAK"
        meter(f"M-{number}", account, "HH")
        pay(number, account, (2026, 1, number), 10, 9 + number if number < 5 else 11000)
        pay(10 + number, account, (2026, 2, number), 10, 20)
    rolled_up()


def test_tenure_leaves_outliers_out_of_mean_and_band(households, ask, time_machine_at):
    time_machine_at(2026, 3, 15)
    answer = ask("consumption-by-tenure")
    first, second = answer["chart_data"]
    assert first == {"tenure_month": 0, "HH": 11.5, "HH_upper": 12.62, "HH_lower": 10.38, "HH_n": 5}
    assert second == {"tenure_month": 1, "HH": 20.0, "HH_upper": 20.0, "HH_lower": 20.0, "HH_n": 5}
    assert (answer["outliers_left_out"], answer["max_tenure_months"]) == (1, 1)
    assert answer["type_stats"] == [{"type": "HH", "customer_count": 5, "total_kwh": 11146.0, "max_tenure_months": 1}]
    assert "debug" not in answer


def test_tenure_counts_rows_of_both_ledgers_once(pay, meter, rolled_up, ask):
    for number in range(1, 4):
        meter(f"M-{number}", f"000{number}MAK", "HH")
        pay(number, f"000{number}MAK", (2026, 1, 5, 8, 0), 10, 4)
        pay(number, f"000{number}mak", (2026, 1, 5, 8, 0), 10, 4, model=LegacyTransaction)
        pay(10 + number, f"000{number}MAK", (2025, 12, 5), 10, 6, model=LegacyTransaction)
    rolled_up()
    answer = ask("consumption-by-tenure")
    assert [point["HH"] for point in answer["chart_data"]] == [6.0, 4.0]
    assert answer["source_tables"] == ["tblaccounthistory1", "tblaccounthistoryOriginal"]


def test_two_accounts_are_too_few_for_a_mean(pay, meter, rolled_up, ask):
    for number in (1, 2):
        meter(f"M-{number}", f"000{number}MAK", "HH")
        pay(number, f"000{number}MAK", (2026, 1, 5), 10, 4)
    rolled_up()
    (point,) = ask("consumption-by-tenure")["chart_data"]
    assert (point["HH"], point["HH_upper"], point["HH_n"]) == (None, None, 2)


# ---------------------------------------------------------------- meter export


def test_the_export_names_type_and_site_of_each_reading(utility, ask):
    answer = ask("meter-export")
    assert {"timestamp": "2026-04-01 07:00:00", "kw": 0.2, "customer_type": "HH", "site": "MAK", "meterid": "M-1"} in (
        answer["readings"]
    )
    assert answer["meta"] == {
        "total_readings": 4, "skipped_no_type": 1, "meter_source": "Copy Of tblmeter",
        "customer_types": {"HH": 3, "SME": 1}, "sites": {"MAK": 3, "KET": 1},
        "filters": {"customer_type": None, "site": None, "start_date": None, "end_date": None},
    }  # fmt: skip


def test_the_export_includes_the_whole_last_day(utility, ask):
    answer = ask("meter-export", start_date="2026-04-02", end_date="2026-04-02")
    assert [reading["timestamp"] for reading in answer["readings"]] == ["2026-04-02 07:30:00", "2026-04-02 19:00:00"]


def test_the_export_filters_by_type_and_site_in_any_case(utility, ask):
    assert ask("meter-export", customer_type="sme")["meta"]["total_readings"] == 1
    assert ask("meter-export", site="mak")["meta"]["total_readings"] == 3


@pytest.mark.parametrize(
    "parameters",
    [
        {"start_date": "01/04/2026"},
        {"end_date": "2026-02-30"},
        {"end_date": "20260401"},
        {"end_date": "9999-12-31"},
        {"start_date": "2026-04-02", "end_date": "2026-04-01"},
    ],
)
def test_it_refuses_days_that_are_none(utility, ask, parameters):
    assert "date" in ask("meter-export", 422, **parameters)["detail"]


def test_reports_take_a_signed_in_employee(client):
    assert client.get("/api/om-report/arpu").status_code == 401


def test_the_state_names_the_registers_it_used(utility):
    assert RollupState.objects.get().facts == {
        "typed_accounts": 3, "tenure_accounts": {"HH": 2, "SME": 1}, "meter_source": "Copy Of tblmeter",
    }  # fmt: skip
