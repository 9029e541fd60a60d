"""GET /api/export/{table_name}: CSV and XLSX, safe, of any size."""

import csv
import io
from datetime import datetime

import openpyxl
import pytest
from django.db import DatabaseError, connections
from hypothesis import given
from hypothesis import strategies as st

from audit.tables import exports
from audit.tables.cells import csv_converter
from audit.tables.rows import rows_of
from audit.tables.workbook import sheet_name
from billing.models import Transaction
from ccportal.acdb.introspection import Column, get_table
from ccportal.acdb.values import from_database, json_value
from ccportal.core.errors import InvalidInput
from ccportal.core.spreadsheets import harmless, is_formula
from customers.models import Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def download(api, thabo):
    def get(table="tblcustomer", **params):
        response = api(thabo).get(f"/api/export/{table}", params)
        assert response.status_code == 200
        return response

    return get


def content(response):
    return b"".join(response.streaming_content)


def records(response):
    return list(csv.reader(io.StringIO(content(response).decode(), newline="")))


def sheet(response):
    return openpyxl.load_workbook(io.BytesIO(content(response))).worksheets[0]


def test_a_csv_has_a_header_and_every_row_as_text(download, ledger):
    response = download("tblaccounthistory1")
    lines = content(response).split(b"\r\n")
    assert lines[0] == (
        b"ID,accountnumber,meterid,transaction date,transaction amount,rate used,kwh value,payment,current balance"
    )
    assert lines[1] == b"1,0001MAK,,2026-01-01 12:30:00,55.5,,11.1,True,"
    assert lines[4] == b"4,0003KET,,,-4,,11.1,False,"
    assert (len(lines), lines[-1]) == (12, b"")


def test_headers_name_type_and_file(download, people):
    response = download("Copy Of tblmeter")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="Copy Of tblmeter.csv"'
    response = download(format="xlsx")
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert response["Content-Disposition"] == 'attachment; filename="tblcustomer.xlsx"'


def test_commas_quotes_line_ends_and_carons_survive(download, people):
    rows = records(download())
    assert rows[1][3] == "Letšela"
    assert rows[2][3] == 'O\'Brien, "Bo"'
    assert rows[3][11] == "House 3\nHa Makebe"
    assert all(len(row) == len(rows[0]) for row in rows)


def test_a_text_that_a_spreadsheet_would_run_is_harmless_in_both_forms(download, people):
    assert records(download())[2][1] == "'=1+1"
    cell = sheet(download(format="xlsx"))["B3"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


@pytest.mark.parametrize(
    "text", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "-", "+cmd|' /C calc'!A0", "-1-A2"]
)
def test_formulas_are_recognised(text):
    assert is_formula(text)
    assert harmless(text) == "'" + text


def test_a_column_named_like_a_formula_is_harmless_too(download, db):
    with connections["acdb"].cursor() as cursor:
        cursor.execute('CREATE TABLE "odd names" (id integer PRIMARY KEY, "=1+1" varchar(10))')
    assert records(download("odd names"))[0] == ["id", "'=1+1"]
    assert sheet(download("odd names", format="xlsx"))["B1"].data_type == "s"


@pytest.mark.parametrize("text", ["", "Letšela", "+266 58698650", "-55.50", "0045MAK", "a=1", "'=1"])
def test_names_numbers_and_phone_numbers_stay_as_they_are(text):
    assert harmless(text) == text


def test_filter_and_search_are_those_of_the_listing(download, people, ledger):
    assert [row[0] for row in records(download(search="neo"))] == ["CUSTOMER ID", "3"]
    assert len(records(download("tblaccounthistory1", filter_col="payment", filter_val="1"))) == 6
    assert len(records(download("tblaccounthistory1", filter_col="payment", filter_val="1", token="x"))) == 6


def test_a_sheet_has_a_bold_header_numbers_and_texts(download, ledger):
    table = sheet(download("tblaccounthistory1", format="xlsx"))
    assert table.title == "tblaccounthistory1"
    assert table["B1"].font.bold
    assert not table["B2"].font.bold
    row = [cell.value for cell in table[2]]
    assert row == [1, "0001MAK", None, "2026-01-01 12:30:00", 55.5, None, 11.1, "True", None]
    assert table.max_row == 11
    assert 10 < table.column_dimensions["D"].width <= 50


def test_a_text_too_long_for_a_cell_says_that_it_was_cut(download):
    Customer.objects.create(number=1, street_address="x" * 40_000)
    value = sheet(download(format="xlsx"))["L2"].value
    assert len(value) == 32_767
    assert value.endswith("(cut; the CSV has the whole text)")
    assert len(records(download())[1][11]) == 40_000


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("Paste Errors", "Paste Errors"),
        ("a/b[c]*?:\\", "a_b_c_____"),
        ("'q'", "q"),
        ("x" * 40, "x" * 31),
        ("''", "table"),
    ],
)
def test_a_sheet_bears_a_name_that_excel_accepts(table, name):
    assert sheet_name(table) == name


def test_more_rows_than_a_sheet_holds_are_refused_before_anything_is_read(ledger):
    with pytest.raises(InvalidInput, match=r"1,048,576 such rows.*Take the CSV"):
        exports.xlsx_file(rows_of(get_table("tblaccounthistory1")), 1_048_576)


def test_an_unknown_format_is_422_and_an_unknown_column_400(api, thabo, people):
    assert api(thabo).get("/api/export/tblcustomer", {"format": "pdf"}).status_code == 422
    assert api(thabo).get("/api/export/tblcustomer", {"filter_col": "x]", "filter_val": "1"}).status_code == 400


def test_a_fault_is_json_whatever_the_client_accepts(api, thabo, people):
    response = api(thabo).get("/api/export/tblnothing", headers={"Accept": "text/csv"})
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")
    assert api(thabo).get("/api/export/tblcustomer", headers={"Accept": "text/csv"}).status_code == 200


def test_a_database_that_fails_is_an_answer_of_its_own_not_half_a_file(people):
    rows = rows_of(get_table("tblmeter"))
    with connections["acdb"].cursor() as cursor:
        cursor.execute("DROP TABLE tblmeter")
    with pytest.raises(DatabaseError):
        exports.csv_pieces(rows)


def test_values_of_another_type_than_their_columns_are_written_as_they_are(download):
    with connections["acdb"].cursor() as cursor:
        cursor.execute("CREATE TABLE tblodd (n DOUBLE, b BIT, d DATETIME, t VARCHAR(9), c CURRENCY)")
        cursor.execute("INSERT INTO tblodd VALUES ('=1', 'maybe', '2026-01-05T12:30', 5, '=2')")
        cursor.execute("INSERT INTO tblodd VALUES (1.5, 'true', 'no date', NULL, 0.00001)")
    assert records(download("tblodd"))[1:] == [
        ["'=1", "maybe", "2026-01-05 12:30:00", "5", "'=2"],
        ["1.5", "True", "no date", "", "0"],
    ]
    assert [cell.value for cell in sheet(download("tblodd", format="xlsx"))[2]] == [
        "=1", "maybe", "2026-01-05 12:30:00", "5", "=2",
    ]  # fmt: skip


def test_many_rows_come_in_several_pieces(download):
    Transaction.objects.bulk_create(Transaction(account=f"{n:04}MAK", amount=n) for n in range(2500))
    pieces = list(download("tblaccounthistory1").streaming_content)
    assert len(pieces) > 2
    assert b"".join(pieces).count(b"\r\n") == 2501


CURRENCY = Column("amount", "CURRENCY", 19, 4, True, False, "CURRENCY")


@given(st.integers(-(10**14), 10**14))
def test_an_amount_reads_as_in_the_listing(units):
    stored = units / 10_000
    assert csv_converter(CURRENCY)([stored]) == [json_value(from_database(CURRENCY, stored))]


@given(st.text(max_size=40))
def test_no_cell_of_a_csv_can_be_run(text):
    (cell,) = csv_converter(Column("name", "VARCHAR", 80, None, True, False, "VARCHAR(80)"))([text])
    assert not is_formula(cell)
    assert cell.removeprefix("'") == text.removeprefix("'")


def test_a_moment_is_written_local(download):
    Customer.objects.create(number=1, connected_at=datetime.fromisoformat("2026-01-04T22:30:00+00:00"))
    assert records(download())[1][17] == "2026-01-05 00:30:00"
