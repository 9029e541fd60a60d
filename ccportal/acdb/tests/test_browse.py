"""Rows of any table: searched, filtered, sorted, paged, on each engine."""

import pytest

from ccportal.acdb.browse import Wanted, every_row, rows
from ccportal.acdb.gateway import get_table
from ccportal.core.errors import InvalidInput

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def test_pages_hold_every_row_once(mini):
    for name, total in (("tblcustomer", 43), ("tblmeterdata1", 1000), ("tblaccountnumbers", 42)):
        table = get_table(name)
        seen = []
        for number in range(1, 100):
            page = rows(table, Wanted(), page=number, limit=300)
            seen += [tuple(row.values()) for row in page.items]
            if page.next is None:
                break
        assert (page.total, len(seen)) == (total, total)
        assert seen == [tuple(row.values()) for row in every_row(table, Wanted())]


def test_search_looks_in_texts_and_whole_numbers(mini):
    table = get_table("tblcustomer")
    assert [row["CUSTOMER ID"] for row in rows(table, Wanted(search='phase "2"')).items] == [15, 16, 22, 30, 37]
    assert 43 in [row["CUSTOMER ID"] for row in rows(table, Wanted(search="43")).items]
    assert rows(table, Wanted(search="100%")).total == 0
    assert rows(table, Wanted(search="_")).total == 0
    assert rows(table, Wanted(search="'; DROP TABLE tblcustomer --")).total == 0


def test_filters_are_exact_and_blank_means_empty(mini):
    table = get_table("tblaccounthistory1")
    assert rows(table, Wanted(filters={"ID": "601"})).total == 1
    assert rows(table, Wanted(filters={"transaction date": ""})).total == 30
    assert rows(table, Wanted(filters={"transaction date": "2025-03-25 15:49:26"})).total == 1
    assert rows(table, Wanted(filters={"payment": "no", "accountnumber": "0009MAS"})).items[0]["payment"] is False


def test_sorting_puts_empty_values_last_in_both_directions(mini):
    table = get_table("tblaccounthistory1")
    for descending in (False, True):
        wanted = Wanted(sort="transaction date", descending=descending)
        values = [row["transaction date"] for row in every_row(table, wanted)]
        dated = [value for value in values if value is not None]
        assert values[: len(dated)] == sorted(dated, reverse=descending)
        assert len(dated) < len(values)


@pytest.mark.parametrize("wanted", [Wanted(sort="ID; --"), Wanted(filters={"nobody": "1"})])
def test_an_unknown_column_is_refused_by_name(mini, wanted):
    with pytest.raises(InvalidInput, match="has no column"):
        rows(get_table("tblaccounthistory1"), wanted)


def test_a_filter_that_cannot_be_a_value_is_refused(mini):
    with pytest.raises(InvalidInput, match="ID must be a whole number"):
        rows(get_table("tblaccounthistory1"), Wanted(filters={"ID": "abc"}))
