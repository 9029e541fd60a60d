"""Every figure of the expected files through the API, on SQLite and PostgreSQL (semantics 8 to 10)."""

import json

import pytest
from django.core.management import call_command

from billing.models import LegacyTransaction, Transaction
from customers.services.directory import refresh_directory
from omreport.services import rollups
from omreport.services.check import differences

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def expected(imported):
    refresh_directory()
    rollups.rebuild()
    return imported


@pytest.fixture
def ask(sign_in, thabo):
    client = sign_in(thabo)

    def get(name, **parameters):
        answer = client.get(f"/api/om-report/{name}", parameters)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return get


def quarters_of(expected, figure):
    return {
        site: {quarter: pytest.approx(values[figure], abs=0.005) for quarter, values in quarters.items()}
        for site, quarters in expected["per_site_per_quarter"].items()
    }


def dated(answer):
    return {
        line["site"]: {label: value for label, value in line["quarters"].items() if label != "Unknown"}
        for line in answer["sites"]
    }


def test_energy_and_money_per_site_and_quarter(expected, ask):
    assert dated(ask("consumption-by-site")) == quarters_of(expected, "kwh")
    assert dated(ask("sales-by-site")) == quarters_of(expected, "revenue")


def test_totals_hold_every_row_with_an_account(expected, ask):
    with_account, all_rows = expected["totals"]["with_account"], expected["totals"]["all_rows"]
    assert ask("consumption-by-site")["total_kwh"] == pytest.approx(with_account["kwh"], abs=0.005)
    assert ask("sales-by-site")["total_lsl"] == pytest.approx(with_account["revenue"], abs=0.005)
    overview = ask("overview")
    assert overview["total_lsl_thousands"] == pytest.approx(all_rows["revenue"] / 1000, abs=0.005)
    assert overview["total_mwh"] == pytest.approx(all_rows["kwh"] / 1000, abs=0.005)


#: Amounts of the rows marked as payments and with an account, added up from what ``mdb-export`` prints of each file.
PAID = {814301.0: 824675.75, 50556.45: 50451.70}  # by the file's sum of all rows


def test_the_payments_basis_adds_the_rows_marked_as_payments(expected, ask):
    paid = PAID[expected["totals"]["all_rows"]["revenue"]]
    assert ask("sales-by-site", basis="payments")["total_lsl"] == pytest.approx(paid, abs=0.005)


def arpu_of(points, label):
    return {
        point[label]: (
            point["total_revenue"],
            point["active_customers"],
            point["arpu"],
            {site: (part["revenue"], part["customers"], part["arpu"]) for site, part in point["per_site"].items()},
        )
        for point in points
    }


def expected_arpu(points):
    cents = lambda value: pytest.approx(value, abs=0.00501)  # noqa: E731 - a name for a tolerance
    return {
        point["period"]: (
            cents(point["revenue"]),
            point["customers"],
            cents(point["arpu"]),
            {
                site: (cents(part["revenue"]), part["customers"], cents(part["arpu"]))
                for site, part in point["per_site"].items()
            },
        )
        for point in points
    }


def test_quarterly_arpu(expected, ask):
    answer = ask("arpu")
    assert arpu_of(answer["arpu"], "quarter") == expected_arpu(expected["arpu_quarterly"])
    assert answer["site_codes"] == sorted(expected["per_site_per_quarter"])


def test_monthly_arpu(expected, ask):
    assert arpu_of(ask("monthly-arpu")["monthly_arpu"], "month") == expected_arpu(expected["arpu_monthly"])


def test_customers_per_concession(expected, ask):
    customers = expected["customers"]
    overview = ask("overview")
    assert (overview["total_customers"], overview["active_customers"], overview["terminated_customers"]) == (
        customers["total"], customers["active"], customers["terminated"],
    )  # fmt: skip
    stats = ask("customer-stats")
    assert {line["concession"] or "(none)": line["total"] for line in stats["sites"]} == customers[
        "per_concession_normalised"
    ]
    assert (stats["totals"]["total"], stats["totals"]["active"]) == (customers["total"], customers["active"])


def test_the_readings_that_can_be_read_are_in_the_export(expected, sign_in, thabo):
    response = sign_in(thabo).get("/api/om-report/meter-export")
    answer = json.loads(b"".join(response.streaming_content))
    counts = answer["meta"]
    assert counts["total_readings"] + counts["skipped_no_type"] == expected["readings"]["not_null"]
    assert len(answer["readings"]) == counts["total_readings"]


def test_the_check_command_finds_no_difference(expected, capsys):
    call_command("rollups", "check")
    assert "Every figure equals the customer database." in capsys.readouterr().out


def test_edits_that_keep_the_sums_of_a_month_are_found_on_both_engines(mini):
    rollups.rebuild()
    one, other = Transaction.objects.exclude(at=None).exclude(account=None).order_by("id")[5:7]
    Transaction.objects.filter(id=one.id).update(account="0777TOS")
    Transaction.objects.filter(id=other.id).update(at=other.at.replace(day=28 if other.at.day < 15 else 3))
    LegacyTransaction.objects.filter(id=LegacyTransaction.objects.order_by("id").first().id).update(kwh=77)
    assert differences()
    rollups.refresh(thorough=True)
    assert differences() == []
