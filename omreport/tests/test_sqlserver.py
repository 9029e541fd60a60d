"""What the rollups would send to SQL Server, compiled without a server."""

import re

import pytest

from billing.models import LegacyTransaction, Transaction
from ccportal.acdb.tests.test_sqlserver import recorded
from omreport.functions import AsWritten
from omreport.services import faults, ledger, readings

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
#: What only SQLite or PostgreSQL understand.
FOREIGN = re.compile(r"substr\(|\|\||::|<<|AT TIME ZONE|julianday|hashtext|LIMIT|FILTER \(|to_char|REGEXP|TRIM\(BOTH")
AT = "[tblaccounthistory1].[transaction date]"
ACCOUNT = "UPPER(LTRIM(RTRIM([tblaccounthistory1].[accountnumber])))"


def history():
    return Transaction._default_manager.order_by()


def sent(call):
    with recorded() as statements:
        call()
    assert statements
    for sql in statements:
        assert not FOREIGN.search(sql), sql
        assert sql.count("(") == sql.count(")"), sql
    return statements


def test_account_months():
    (sql,) = sent(lambda: list(ledger.account_months(history(), ledger.Looks())))
    assert f"SUM(DISTINCT CAST(POWER(CAST(2 AS bigint), DAY({AT}) - 1) AS bigint))" in sql
    assert "COUNT_BIG(*)" in sql
    assert sql.endswith(f"GROUP BY (YEAR({AT}) * 100 + MONTH({AT})), [tblaccounthistory1].[accountnumber]")


def test_months_are_ranges_of_local_time():
    (sql,) = sent(lambda: list(ledger.account_months(history(), ledger.Looks(), {0, 202601, 202602})))
    assert (
        f"WHERE ({AT} IS NULL OR ({AT} >= datetime.datetime(2026, 1, 1, 0, 0)"
        f" AND {AT} < datetime.datetime(2026, 3, 1, 0, 0)))"
    ) in sql


def test_site_days():
    (sql,) = sent(lambda: list(ledger.site_days(history())))
    assert sql.endswith(f"GROUP BY (YEAR({AT}) * 100 + MONTH({AT})), DAY({AT}), RIGHT({ACCOUNT}, 3)")


def test_checksums_hash_whole_rows():
    (sql,) = sent(lambda: ledger.checksums(history()))
    assert "HASHBYTES('MD5', CONCAT([tblaccounthistory1].[ID], '|', " in sql
    assert "SUM(CAST(SUBSTRING(HASHBYTES(" in sql


def test_the_long_ledger_is_compared_by_the_server():
    without, missing = sent(lambda: list(ledger.legacy_months({202601}, {202601, 202602})))
    assert "EXCEPT" not in without
    long, recent = missing.split(" EXCEPT ")
    for table, sql in (("tblaccounthistoryOriginal", long), ("tblaccounthistory1", recent)):
        assert f"CONVERT(varchar(19), [{table}].[transaction date], 120)" in sql
        assert f"COALESCE(CAST([{table}].[payment] AS int), 0)" in sql
        assert f"FROM [{table}] WHERE" in sql


def test_months_of_the_long_ledger():
    (sql,) = sent(lambda: list(ledger.legacy_months({202601})))
    assert sql.startswith("SELECT DISTINCT (YEAR([tblaccounthistoryOriginal].[transaction date]) * 100")


def test_meter_hours():
    assert "[tblmeterdata1].[powerkW]" in sent(readings.checksums)[0]
    (sql,) = sent(lambda: list(readings.meter_hours({202601})))
    assert "DATEPART(hour, [tblmeterdata1].[whdatetime]), [tblmeterdata1].[meterid]" in sql.split(" GROUP BY ")[1]
    sent(readings.write_type_hours)


def test_faults_of_rows_and_of_spellings():
    statements = sent(lambda: faults.find(history()))
    assert "AS [NO_DATE]" in statements[0]
    spellings = next(sql for sql in statements if sql.startswith("SELECT DISTINCT"))
    assert "([tblaccounthistory1].[accountnumber] + N'|') COLLATE Latin1_General_BIN2" in spellings


def test_spellings_come_back_without_the_mark():
    class Server:
        vendor = "microsoft"

    assert AsWritten("account").convert_value("0002MAK |", None, Server()) == "0002MAK "


def test_the_long_ledger_alone():
    (sql,) = sent(lambda: ledger.checksums(LegacyTransaction._default_manager.order_by()))
    assert "FROM [tblaccounthistoryOriginal]" in sql
