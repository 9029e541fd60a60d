"""The registry with both databases on PostgreSQL, as in production."""

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def answers(make_workspace):
    workspace = make_workspace("postgres", sample=True, DEBUG="1")  # static files need no collecting then
    return workspace.script("customers.tests.visit")


def test_search_finds_carons_plots_and_short_words(answers):
    assert answers["letsela"][0] == 40
    assert answers["plot"] == [1, "'Mantšali Tšosane"]
    assert answers["two letters"][0] == 107
    assert answers["search"] == 12


def test_lookups_find_the_customer(answers):
    assert (answers["phone"], answers["account"], answers["sites"]) == ("1", "1", 14)


def test_totals_are_those_of_the_file(answers):
    assert answers["summary"] == {"mwh": 162.32, "lsl_thousands": 814.1}


def test_every_page_opens(answers):
    assert answers["pages"] == [200, 200, 200]


def test_the_balance_is_the_newest_of_the_account(answers):
    assert answers["balance"] == 11.2


def test_a_customer_is_registered_and_meters_are_assigned_replaced_and_removed(answers):
    assert answers["onboarded"] == {
        "asked": True,
        "accounts": ["0861TLH", "0861TLH"],
        "statuses": ["replaced", "removed"],
        "found": [1, "Thato Molefe"],
    }
