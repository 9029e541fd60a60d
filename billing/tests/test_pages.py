"""The pages of an account in a browser."""

import csv
import io
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.urls import reverse

from billing.models import Transaction
from billing.tests.conftest import local
from ccportal.acdb.testing import sqlite_entry, using_acdb
from customers.models import Site
from tariffs.models import GlobalRate

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
PAGE = "/customer-data/0045MAK/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def care(sign_in, thabo, at_noon_on_21_november):
    """Thabo the care agent, signed in on 21 November 2026."""
    return sign_in(thabo)


def text_of(response):
    return response.content.decode()


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("person", ["thabo", "lineo", "palesa", "nthabiseng"])
def test_every_role_may_read_an_account(person, request, sign_in, add_row):
    add_row()
    client = sign_in(request.getfixturevalue(person))
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    "path", ["/customer-data/", PAGE, PAGE + "summary/", PAGE + "transactions.csv", PAGE + "?page=2"]
)
def test_an_outsider_is_sent_to_the_sign_in_page(client, add_row, path):
    add_row()
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("path", ["/customer-data/", PAGE, PAGE + "summary/", PAGE + "transactions.csv"])
def test_it_refuses_to_be_posted_to(care, add_row, path):
    add_row()
    assert care.post(path).status_code == 405


# ---------------------------------------------------------------- finding the account


def test_the_first_page_asks_for_an_account(care):
    response = care.get("/customer-data/")
    assert response.status_code == 200
    assert 'name="q"' in text_of(response)


@pytest.mark.parametrize("typed", ["0045MAK", " 0045mak ", "mak0045", "MAK 0045", "045mak"])
def test_an_account_in_any_spelling_opens_at_once(care, typed):
    assert care.get("/customer-data/", {"q": typed})["Location"] == PAGE


def test_a_customer_number_opens_the_first_account_of_the_customer(care, register):
    register("0046MAK")
    register("0045MAK")
    assert care.get("/customer-data/", {"q": "17"})["Location"] == PAGE


@pytest.mark.parametrize("typed", ["58698650", "letsela", "99"])
def test_anything_else_searches_the_customers(care, register, typed):
    register()
    assert care.get("/customer-data/", {"q": typed})["Location"] == f"/customers/?q={typed}"


@pytest.mark.parametrize("written", ["0045mak", "%200045MAK%20", "MAK0045", "mak%200045"])
def test_another_spelling_in_the_address_leads_to_the_canonical_one(care, add_row, written):
    add_row()
    response = care.get(f"/customer-data/{written}/?kind=payments")
    assert (response.status_code, response["Location"]) == (302, PAGE + "?kind=payments")


def test_an_unknown_account_is_a_404_that_offers_near_matches(care, register):
    register("0045MAK")
    response = care.get("/customer-data/0054MAK/")
    assert response.status_code == 404
    assert "No account 0054MAK" in text_of(response)
    assert 'href="/customer-data/0045MAK/"' in text_of(response)


def test_a_customer_number_is_never_taken_for_an_account(care, register):
    register(number=17)
    response = care.get("/customer-data/17/")
    assert response.status_code == 404
    assert 'href="/customers/17/"' in text_of(response)


def test_an_unknown_account_may_hold_any_characters(care):
    response = care.get("/customer-data/%3Cscript%3E/", follow=True)
    assert response.status_code == 404
    assert "<SCRIPT>" not in text_of(response)


# ---------------------------------------------------------------- what it says


def test_it_shows_customer_balance_payment_days_left_and_tariff(care, add_row, register):
    Site.objects.update_or_create(code="MAK", defaults={"name": "Ha Makebe"})
    GlobalRate.objects.create(rate=6.0)
    register()
    add_row("2025-01-05 08:00", kwh=100.0)
    add_row("2026-11-05 08:00", kwh=12.0)
    add_row("2026-11-15 08:30", amount=D("90"), kwh=18.0, balance=2.5)
    page = text_of(care.get(PAGE))
    for words in (
        "&#x27;Mantšali Letšela",
        'href="/customers/17/"',
        "MAK Ha Makebe",
        "Active",
        "2.50 <small>kWh</small>",
        "as of 15 Nov 2026, 08:30",
        "Low balance",
        "2.5 <small>days</small>",
        "Recharge soon",
        "1.00 <small>kWh a day</small>",
        "kWh bought over the last 30 days",
        "M 90.00",
        "15 Nov 2026, 08:30, 18.00 kWh",
        "M 6.00 <small>per kWh</small>",
        "the rate for everybody",
        "Latest transaction 15 Nov 2026",
    ):
        assert words in page


def test_an_orphan_account_is_shown_and_says_that_it_is_nobodys(care, add_row):
    add_row(account="0007NKU")
    page = text_of(care.get("/customer-data/0007NKU/"))
    assert "Nobody’s account" in page
    assert "No customer" in page


def test_an_account_without_transactions_says_so(care, register):
    register()
    page = text_of(care.get(PAGE))
    assert "No transactions yet" in page
    assert "Recharge soon" not in page


def test_each_chart_has_its_values_in_a_table(care, add_row):
    add_row("2026-11-20 08:00", kwh=12.34)
    page = text_of(care.get(PAGE))
    assert page.count('<figure class="chart"') == 3
    assert page.count('<table class="data') == 4
    for title in ("Bought in the last 7 days", "Bought in the last 30 days", "Bought in the last 12 months"):
        assert title in page
    assert "12.34" in page
    assert "Nov 2026" in page


def test_consumption_is_listed_as_energy_and_not_as_money(care, add_row):
    add_row(amount=D("4.20"), kwh=None, is_payment=False)
    page = text_of(care.get(PAGE, headers=HTMX))
    assert "M 4.20" not in page
    assert "4.20" in page
    assert "Consumption" in page


def test_the_summary_is_small_and_links_to_the_page(care, add_row):
    add_row("2026-11-15 08:30", balance=12.0, amount=D("90"))
    part = text_of(care.get(PAGE + "summary/", headers=HTMX))
    assert "<html" not in part
    assert "12.00 kWh" in part
    assert "M 90.00" in part
    assert f'href="{PAGE}"' in part
    assert "<html" in text_of(care.get(PAGE + "summary/"))


def test_the_summary_of_an_unknown_account_is_a_404(care):
    assert care.get("/customer-data/9999MAK/summary/").status_code == 404


# ---------------------------------------------------------------- the list


@pytest.fixture
def sixty_rows(add_row):
    for back in range(60):
        add_row(f"2026-{11 - back // 28:02d}-{28 - back % 28:02d} 08:00", amount=D(100 + back))
    add_row(None, amount=D("999"))


def test_htmx_gets_only_the_list(care, sixty_rows):
    response = care.get(PAGE, headers=HTMX)
    page = text_of(response)
    assert "<html" not in page
    assert page.count("<tr>") == 26
    assert "HX-Request" in response["Vary"]


def test_transactions_are_paged_newest_first_undated_last(care, sixty_rows):
    first, third = (text_of(care.get(PAGE, {"page": number}, headers=HTMX)) for number in (1, 3))
    assert "1–25 of 61" in first
    assert "28 Nov 2026, 08:00" in first
    assert "51–61 of 61" in third
    assert third.index("M 159.00") < third.index("no date") < third.index("M 999.00")


def test_a_filter_by_kind_and_date_counts_what_it_shows(care, add_row):
    add_row("2026-11-01 00:00", amount=D("11"))
    add_row("2026-11-01 12:00", amount=D("-11"), kwh=-2.0, is_payment=False)
    add_row("2026-10-31 23:59", amount=D("12"))
    page = text_of(care.get(PAGE, {"kind": "payments", "first": "2026-11-01", "last": "2026-11-01"}, headers=HTMX))
    assert "1 transaction selected" in page
    assert "M 11.00" in page
    assert "M 12.00" not in page


def test_a_filter_that_matches_nothing_offers_to_show_all(care, add_row):
    add_row()
    page = text_of(care.get(PAGE, {"kind": "consumption"}))
    assert "No transaction matches" in page
    assert "Show all transactions" in page


def test_a_date_that_is_none_is_explained_and_restricts_nothing(care, add_row):
    add_row()
    page = text_of(care.get(PAGE, {"first": "yesterday"}, headers=HTMX))
    assert "Enter a valid date" in page
    assert "1 transaction" in page


def test_dates_in_the_wrong_order_are_explained(care, add_row):
    add_row()
    page = text_of(care.get(PAGE, {"first": "2026-11-02", "last": "2026-11-01"}))
    assert "The last day is before the first" in page


def test_a_page_number_that_is_none_is_refused(care, add_row):
    add_row()
    assert care.get(PAGE, {"page": "x"}).status_code == 400


def test_the_list_asks_as_often_for_a_long_history_as_for_a_short_one(care, add_row, django_assert_max_num_queries):
    add_row()
    Transaction.objects.bulk_create(
        Transaction(account="0045MAK", at=local("2026-11-20 00:00") - timedelta(minutes=i), amount=5, is_payment=True)
        for i in range(2000)
    )
    with django_assert_max_num_queries(3, using="acdb"):
        assert "2,001 transactions" in text_of(care.get(PAGE, headers=HTMX))


# ---------------------------------------------------------------- the file


def rows_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_the_file_holds_the_selected_transactions(care, add_row):
    add_row("2026-11-20 18:30:10", amount=D("50.0000"), kwh=10.0, balance=14.091493)
    add_row("2026-11-19 08:00", amount=D("4.2"), kwh=None, is_payment=False, meter_id=None)
    response = care.get(PAGE + "transactions.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="0045MAK-transactions.csv"'
    header, paid, used = rows_of(response)
    assert header == ["date", "kind", "amount", "kwh", "rate", "balance_kwh", "meter", "account", "table", "id"]
    assert paid[:8] == [
        "2026-11-20 18:30:10", "payment", "50", "10", "5", "14.091493", "SMRSD-01-00019A01", "0045MAK",
    ]  # fmt: skip
    assert used[:4] == ["2026-11-19 08:00:00", "consumption", "", "4.2"]
    assert len(rows_of(care.get(PAGE + "transactions.csv?kind=payments"))) == 2


def test_the_file_runs_no_formula(care, add_row):
    add_row(meter_id="=HYPERLINK(1)")
    assert rows_of(care.get(PAGE + "transactions.csv"))[1][6] == "'=HYPERLINK(1)"


def test_the_file_keeps_negative_amounts_as_numbers(care, add_row):
    add_row(amount=D("-110"), kwh=-22.0, is_payment=False)
    assert rows_of(care.get(PAGE + "transactions.csv"))[1][1:4] == ["reversal", "-110", "-22"]


def test_the_file_of_a_long_history_is_complete(care, add_row):
    Transaction.objects.bulk_create(
        Transaction(account="0045MAK", at=local("2026-11-20 00:00") - timedelta(minutes=i)) for i in range(2500)
    )
    assert len(rows_of(care.get(PAGE + "transactions.csv"))) == 2501


# ---------------------------------------------------------------- without the customer database


@pytest.fixture
def without_acdb(tmp_path):
    """The ACDB is an empty file, as before the first import."""
    with using_acdb(sqlite_entry(tmp_path / "nothing.sqlite3")):
        yield


@pytest.mark.parametrize("path", [PAGE, PAGE + "summary/", PAGE + "transactions.csv"])
def test_without_the_customer_database_it_says_so(care, without_acdb, path):
    response = care.get(path)
    assert response.status_code == 503
    assert "The customer database is not available" in text_of(response)
