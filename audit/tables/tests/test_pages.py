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
    assert 'href="/tables/tblcustomer/rows.csv?search=neo&amp;col=Concession+name&amp;op=eq&amp;val=ket' in page
    assert "Nothing in this table matches" in read("/tables/tblcustomer/", search="nobody")


def test_a_filter_that_does_not_fit_says_why_and_shows_the_rows(read, ledger):
    page = read(LEDGER, 400, filter_col="ID", filter_val="seven")
    assert "ID must be a whole number." in page
    assert "1–10 of 10" in page


def test_the_download_links_work_with_the_portals_own_sign_in(sign_in, thabo, people):
    client = sign_in(thabo)
    response = client.get("/tables/tblcustomer/rows.csv?search=neo")
    assert response.status_code == 200
    assert b"".join(response.streaming_content).count(b"\r\n") == 2
    sheet = client.get("/tables/tblcustomer/rows.xlsx?search=neo")
    assert b"".join(sheet.streaming_content).startswith(b"PK")


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


@pytest.mark.parametrize(
    ("name", "operator", "value", "upto", "numbers"),
    [
        ("accountnumber", "contains", "ket", "", [2, 4, 6, 8, 10]),
        ("accountnumber", "eq", "0003ket", "", [2, 4, 6, 8, 10]),
        ("ID", "lt", "3", "", [1, 2]),
        ("ID", "gt", "8", "", [9, 10]),
        ("ID", "between", "4", "6", [4, 5, 6]),
        ("transaction amount", "eq", "55.50", "", [1, 3, 5, 7, 9]),
        ("transaction date", "between", "2026-01-02", "2026-01-03", [2, 3]),
        ("transaction date", "gt", "2026-01-08", "", [9, 10]),
        ("transaction date", "lt", "2026-01-02", "", [1]),
        ("transaction date", "empty", "", "", [4]),
        ("payment", "eq", "no", "", [2, 4, 6, 8, 10]),
        ("rate used", "filled", "", "", []),
    ],
)
def test_a_column_is_filtered_by_what_its_type_allows(sign_in, thabo, ledger, name, operator, value, upto, numbers):
    answer = sign_in(thabo).get(LEDGER, {"col": name, "op": operator, "val": value, "to": upto})
    assert answer.status_code == 200
    assert [int(record_id) for record_id, _ in answer.context["rows"]] == numbers


def test_two_filters_act_together_and_each_can_be_removed(sign_in, thabo, ledger):
    query = "?col=ID&op=gt&val=5&to=&col=payment&op=eq&val=yes&to="
    answer = sign_in(thabo).get(LEDGER + query)
    assert [record_id for record_id, _ in answer.context["rows"]] == ["7", "9"]
    assert [sentence for sentence, _ in answer.context["chosen"]] == ["ID is more or later than 5", "payment is yes"]
    rest = sign_in(thabo).get(LEDGER + answer.context["chosen"][0][1])
    assert len(rest.context["rows"]) == 5


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("col=nothing&op=eq&val=1", "has no column"),
        ("col=ID&op=contains&val=1", "ID holds whole number; ask whether it is, is less or earlier than"),
        ("col=ID&op=like&val=1", "ask whether it"),
        ("col=ID&op=gt&val=", "Say what ID is compared with."),
        ("col=ID&op=between&val=1", "Say what ID is compared with."),
        ("col=transaction date&op=gt&val=yesterday", "transaction date must be a date like 2026-11-21"),
        ("after=nonsense", "The address of this page is not complete."),
        ("after=WzFlOTk5OSwxXQ", "The address of this page is not complete."),  # [1e9999,1]
        ("after=WzFlMzAsMV0", "The address of this page is not complete."),  # [1e30,1]
        ("sort=nothing", "has no column"),
    ],
)
def test_what_cannot_be_asked_is_explained_above_the_rows(read, ledger, query, why):
    page = read(f"{LEDGER}?{query}", 400)
    assert why in page
    assert "1–10 of 10" in page


def test_a_filter_is_begun_at_the_column_with_the_operators_of_its_type(read, ledger):
    page = read(f"{LEDGER}?for=transaction+date")
    assert '<option value="transaction date" selected>' in page
    assert '<option value="contains"' not in page
    assert 'type="date"' in page


def test_pages_lead_forth_and_back_and_to_both_ends(sign_in, thabo, db):
    from billing.models import Transaction

    Transaction.objects.bulk_create(Transaction(id=n, account="0001MAK") for n in range(1, 61))
    client = sign_in(thabo)

    def follow(answer, rel):
        return client.get(LEDGER + next(url for _, each, url in answer.context["links"] if each == rel))

    first = client.get(LEDGER)
    assert "1–25 of 60" in first.content.decode()
    second = follow(first, "next")
    third = follow(second, "next")
    assert "51–60 of 60" in third.content.decode()
    assert [rel for _, rel, _ in third.context["links"]] == ["first", "prev"]
    assert follow(first, "last").context["rows"][0][0] == "51"
    assert "26–50 of 60" in follow(third, "prev").content.decode()
    assert follow(second, "prev").context["rows"] == first.context["rows"]


def test_the_last_page_of_a_large_table_is_found_without_reading_the_others(sign_in, thabo, db):
    from django.db import connections

    from audit.tables import keyset
    from audit.tables.rows import rows_of
    from ccportal.acdb.introspection import get_table

    rows = rows_of(get_table("tblaccounthistory1"))
    statements = []
    with connections["acdb"].execute_wrapper(lambda run, sql, *rest: (statements.append(sql), run(sql, *rest))[1]):
        keyset.page_after(rows, keyset.Place(10, (999_000,)), 25)
        keyset.last_page(rows, 25, 1_000_000)
    for sql in statements:
        with connections["acdb"].cursor() as cursor:
            parameters = [1] * sql.count("%s")
            plan = " ".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall())
        assert "SEARCH" in plan or "SCAN" in plan
        assert "TEMP B-TREE" not in plan
        assert "OFFSET" not in sql
