"""The table browser: /tables/, a table, a record."""

import pytest

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
LEDGER = "/tables/tblaccounthistory1/"


@pytest.fixture
def read(sign_in, thabo):
    """A page as text, asked for by a care agent."""
    client = sign_in(thabo)

    def get(path, status=200, **params):
        response = client.get(path, params)
        assert response.status_code == status
        return response.content.decode()

    return get


def test_every_table_is_listed_with_its_size(read, ledger):
    page = read("/tables/")
    assert 'href="/tables/Copy%20Of%20tblmeter/"' in page
    assert 'data-label="Rows">10<' in page


def test_the_navigation_leads_there(read):
    assert 'href="/tables/"' in read("/profile/")


def test_a_table_shows_columns_cells_and_how_many_rows(read, ledger):
    page = read(LEDGER)
    assert ">transaction amount</a>" in page
    assert 'title="DATETIME">transaction date</a>' in page
    assert "5 Jan 2026, 12:30" in page
    assert "1–10 of 10" in page
    assert ">yes<" in page
    assert "9 columns, key ID" in page


def test_it_is_sorted_by_a_link_that_turns_round(read, ledger):
    page = read(LEDGER, sort="transaction date", order="desc")
    assert page.index("10 Jan 2026") < page.index("9 Jan 2026")
    assert 'aria-sort="descending"' in page
    assert 'href="?sort=transaction+date&amp;order=asc"' in page


def test_search_and_filter_narrow_the_rows_and_the_downloads(read, people):
    page = read("/tables/tblcustomer/", search="neo", filter_col="Concession name", filter_val="ket")
    assert "1–1 of 1" in page
    assert 'href="/api/export/tblcustomer?format=csv&amp;search=neo&amp;filter_col=Concession+name' in page
    assert "Nothing in this table matches" in read("/tables/tblcustomer/", search="nobody")


def test_a_filter_that_does_not_fit_says_why_and_shows_the_rows(read, ledger):
    page = read(LEDGER, 400, filter_col="ID", filter_val="seven")
    assert "ID must be a whole number." in page
    assert "1–10 of 10" in page


def test_the_download_links_work_with_the_portals_own_sign_in(sign_in, thabo, people):
    response = sign_in(thabo).get("/api/export/tblcustomer?format=csv&search=neo")
    assert response.status_code == 200
    assert b"".join(response.streaming_content).count(b"\r\n") == 2


def test_htmx_gets_the_rows_alone(sign_in, thabo, ledger):
    part = sign_in(thabo).get(LEDGER, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "5 Jan 2026" in part


def test_a_record_shows_every_column_and_leads_to_its_changes(read, people):
    page = read("/tables/tblcustomer/record/", id="1")
    assert "Letšela" in page
    assert "7 Dec 2024, 00:30" in page
    assert "/mutations/record/?table=tblcustomer&amp;record=1" in page


def test_records_that_share_a_key_have_links_of_their_own(read, people):
    page = read("/tables/tblaccountnumbers/")
    first = page.split("/tables/tblaccountnumbers/record/?id=")[1].split('"')[0]
    assert "0001MAK" in read(f"/tables/tblaccountnumbers/record/?id={first}")


@pytest.mark.parametrize("path", ["/tables/tblnothing/", "/tables/tblcustomer/record/?id=99"])
def test_what_is_not_there_is_404(read, people, path):
    read(path, 404)


def test_text_of_the_database_is_only_text(read, people):
    from customers.models import Customer

    Customer.objects.filter(number=1).update(first_name="<script>alert(1)</script>")
    assert "<script>alert" not in read("/tables/tblcustomer/")


def test_strangers_are_asked_to_sign_in(client, db):
    assert client.get("/tables/tblcustomer/").status_code == 302
