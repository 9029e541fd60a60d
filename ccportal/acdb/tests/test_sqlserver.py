"""SQL Server: the statements that the portal would send, compiled without a server; and a live round trip.

The live test runs when TEST_SQLSERVER_URL names a database that may be filled and emptied, as ACDB_URL is written.
"""

import os
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Sum
from django.db.models.functions import ExtractMonth, ExtractYear

from billing.models import Transaction
from billing.queries.ledger import TransactionFilter, ledger_of, sums, transactions
from billing.queries.meters import meters_of
from ccportal import env
from ccportal.acdb import gateway
from ccportal.acdb.browse import Wanted, every_row, rows
from ccportal.acdb.functions import YearMonth, site_of
from ccportal.acdb.introspection import Column, Table, tables
from ccportal.acdb.testing import create_tables, using_acdb
from ccportal.core.errors import Conflict
from ccportal.core.periods import meter_zone
from customers.models import Customer, LegacyMeter
from customers.services.directory import refresh_directory
from omreport.services.rollups import refresh as refresh_rollups

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
TRANSACTIONS = Table(
    "tblaccounthistory1",
    (
        Column("ID", "COUNTER", None, None, False, True, "int"),
        Column("accountnumber", "VARCHAR", 20, None, True, False, "nvarchar(20)"),
        Column("transaction date", "DATETIME", None, None, True, False, "datetime2"),
    ),
    ("ID",),
)
METERS = Table(
    "Copy Of tblmeter",
    (
        Column("meterid", "VARCHAR", 80, None, True, False, "nvarchar(80)"),
        Column("odd ] name", "VARCHAR", 20, None, True, False, "nvarchar(20)"),
    ),
    (),
)


class Recorder:
    """A cursor of a server that holds nothing: keeps statements, returns the rows it was given."""

    db = None

    def __init__(self, answers=()):
        self.statements, self.answers, self.rowcount = [], list(answers), 1

    def execute(self, sql, params=None):
        self.statements.append(sql % tuple(repr(value) for value in params) if params else sql)
        return self

    def fetchone(self):
        return self.answers.pop(0) if self.answers else None

    def fetchall(self):
        return [self.answers.pop(0)] if self.answers else []

    def fetchmany(self, size=0):
        return []

    def close(self):
        pass

    __enter__ = lambda self: self  # noqa: E731 - a cursor in two lines

    def __exit__(self, *exception):
        pass


@contextmanager
def recorded(answers=()):
    """Statements that would go to SQL Server 2019."""
    from mssql.base import DatabaseWrapper

    recorder = Recorder(answers)
    known, azures = dict(DatabaseWrapper._known_versions), dict(DatabaseWrapper._known_azures)
    DatabaseWrapper._known_versions["acdb"], DatabaseWrapper._known_azures["acdb"] = 2019, False
    try:
        with using_acdb({"ENGINE": "ccportal.acdb.sqlserver", "NAME": "acdb", "HOST": "none"}) as connection:
            connection.cursor = connection.chunked_cursor = lambda *args: recorder
            connection.in_atomic_block = True  # no transaction is begun on a server that is not there
            connection.savepoint = lambda: None
            connection.savepoint_commit = connection.savepoint_rollback = lambda sid: None
            yield recorder.statements
            connection.in_atomic_block = False
    finally:
        DatabaseWrapper._known_versions, DatabaseWrapper._known_azures = known, azures


def statement(rows):
    with recorded() as statements:
        list(rows)
    return statements[0]


def test_names_are_bracketed_and_slices_are_limited():
    sql = statement(Customer.objects.filter(concession="MAK")[:3])
    assert "FROM [tblcustomer]" in sql
    assert "[tblcustomer].[CUSTOMER ID]" in sql
    assert "TOP 3" in sql or "FETCH FIRST 3 ROWS ONLY" in sql


def test_sites_are_grouped_by_the_end_of_the_normalised_account():
    rows = Transaction.objects.order_by().annotate(site=site_of("account")).values("site").annotate(Sum("amount"))
    sql = statement(rows)
    assert "RIGHT(UPPER(LTRIM(RTRIM([tblaccounthistory1].[accountnumber]))), 3)" in sql
    assert "GROUP BY RIGHT(" in sql


def test_periods_are_extracted_without_a_conversion_of_the_column():
    rows = Transaction.objects.order_by().annotate(y=ExtractYear("at"), m=ExtractMonth("at")).values("y", "m")
    sql = statement(rows.annotate(Count("id")))
    assert "DATEPART(year, [tblaccounthistory1].[transaction date])" in sql
    assert "AT TIME ZONE" not in sql
    sql = statement(Transaction.objects.order_by().annotate(ym=YearMonth("at")).values("ym").annotate(Count("id")))
    assert "YEAR([tblaccounthistory1].[transaction date]) * 100 + MONTH([tblaccounthistory1].[transaction date])" in sql


def test_empty_values_can_be_sorted_last():
    sql = statement(LegacyMeter.objects.order_by(F("connected_at").desc(nulls_last=True), "meter_id")[5:10])
    assert "CASE WHEN [Copy Of tblmeter].[customer connect date] IS NULL THEN 1 ELSE 0 END" in sql
    assert "OFFSET 5 ROWS" in sql


def test_times_are_compared_as_the_columns_hold_them():
    moment = datetime(2026, 3, 31, 23, 45, tzinfo=meter_zone())
    sql = statement(Transaction.objects.filter(at__gte=moment))
    assert "[transaction date] >= datetime.datetime(2026, 3, 31, 23, 45) " in sql


def test_the_account_page_compiles():
    with recorded() as statements:
        ledger = ledger_of("0045MAK")
        list(transactions(ledger, TransactionFilter())[:25])
        sums(ledger)
        meters_of(ledger)
    assert statements
    assert all("[" in sql for sql in statements)


def test_refreshing_the_directory_and_the_rollups_compiles():
    with recorded() as statements:
        refresh_directory()
        refresh_rollups(everything=True)
    read = {
        name for sql in statements for name in ("tblcustomer", "Copy Of tblmeter", "tblaccounthistory1") if name in sql
    }
    assert read == {"tblcustomer", "Copy Of tblmeter", "tblaccounthistory1"}
    assert not [sql for sql in statements if "REGEXP" in sql or "varchar" in sql.lower()]


def test_the_catalogue_is_read_from_the_servers_own_views():
    with recorded() as statements:
        assert tables() == []
    assert "FROM sys.tables t" in statements[0]


def test_browsing_pages_with_offset_and_fetch():
    with recorded([(3,)]) as statements:
        page = rows(METERS, Wanted(search="a[b", sort="meterid", filters={"odd ] name": "x"}), limit=2)
        list(every_row(METERS, Wanted()))
    assert page.total == 3
    assert "[odd ]] name] = 'x'" in statements[0]
    assert "LIKE UPPER('%a![b%') ESCAPE '!'" in statements[0]
    assert "ORDER BY CASE WHEN [meterid] IS NULL THEN 1 ELSE 0 END, [meterid], [odd ]] name]" in statements[1]
    assert statements[1].endswith("OFFSET 0 ROWS FETCH FIRST 2 ROWS ONLY")


def test_a_new_record_gives_its_number_back_and_may_bring_one():
    moment = datetime(2026, 11, 21, 14, 5)
    with recorded([(7, "0045MAK", moment), (9, None, None)]) as statements:
        assert gateway.insert(TRANSACTIONS, {"accountnumber": "0045MAK"}) == "7"
        assert gateway.insert(TRANSACTIONS, {"ID": 9}) == "9"
    assert statements[0].startswith(
        "INSERT INTO [tblaccounthistory1] ([accountnumber]) OUTPUT INSERTED.[ID], INSERTED.[accountnumber]"
    )
    assert statements[1] == "SET IDENTITY_INSERT [tblaccounthistory1] ON"
    assert statements[3] == "SET IDENTITY_INSERT [tblaccounthistory1] OFF"


def test_a_row_is_locked_compared_and_written_by_its_key_or_by_everything_in_it():
    with recorded([(None, 7, "0045MAK", datetime(2026, 11, 21, 14, 5)), (None, "A", None)]) as statements:
        moment = datetime(2026, 11, 21, 14, 5, tzinfo=meter_zone())
        gateway.update(TRANSACTIONS, "7", {"transaction date": moment}, {"transaction date": "2026-11-21 14:05:00"})
        gateway.delete(METERS, "A", {})
    assert "FROM [tblaccounthistory1] WITH (UPDLOCK, ROWLOCK) WHERE [ID] = 7" in statements[0]
    assert statements[1] == (
        "UPDATE [tblaccounthistory1] SET [transaction date] = datetime.datetime(2026, 11, 21, 14, 5) WHERE [ID] = 7"
    )
    assert statements[3] == "DELETE FROM [Copy Of tblmeter] WHERE [meterid] = 'A' AND [odd ]] name] IS NULL"


# ---------------------------------------------------------------- a real server


@pytest.mark.sqlserver
@pytest.mark.skipif("TEST_SQLSERVER_URL" not in os.environ, reason="TEST_SQLSERVER_URL names no server")
def test_a_real_server_keeps_records_and_local_times():
    with using_acdb(env.database("TEST_SQLSERVER_URL", "")) as connection:
        create_tables(connection)
        try:
            call_command("acdb_check")
            table = gateway.get_table("tblaccounthistory1")
            values = gateway.coerce(table, {"accountnumber": " 0045mak", "transaction date": "2026-03-31 23:45"})
            record_id = gateway.insert(table, values)
            seen = gateway.fetch_record(table, record_id)
            assert Transaction.objects.get().at == datetime(2026, 3, 31, 23, 45, tzinfo=meter_zone())
            gateway.update(table, record_id, {"kwh value": 2.5}, seen)
            with pytest.raises(Conflict):
                gateway.delete(table, record_id, seen)
            seen = gateway.fetch_record(table, record_id)
            gateway.delete(table, record_id, seen)
            assert gateway.insert(table, gateway.jsonable(seen)) == record_id
            assert rows(table, Wanted(search="0045", sort="transaction date")).total == 1
        finally:
            with connection.cursor() as cursor:
                for table in tables():
                    cursor.execute(f"DROP TABLE [{table.name}]")
