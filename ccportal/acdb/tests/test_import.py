"""A good file: what is replaced, what is reported, who is told."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.models import Q

from billing.models import Transaction
from ccportal.acdb.gateway import fetch_record, get_table
from ccportal.acdb.importer.copying import import_dir
from ccportal.acdb.importer.errors import BadFile
from ccportal.acdb.importer.report import ImportReport
from ccportal.acdb.introspection import row_count, tables
from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.acdb.signals import acdb_imported
from ccportal.acdb.tests.conftest import EXPECTED, FILES
from ccportal.core.periods import meter_zone
from customers.models import AccountNumber, Customer, LegacyMeter

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
QUIRKS = json.loads(EXPECTED["mini"].read_text())["quirks"]


def finding(report, table, column, kind):
    found = next(described for described in report.tables if described.name == table).findings
    return next(item for item in found if (item.column, item.kind) == (column, kind))


def names_of_tables():
    return [table.name for table in tables()]


def test_an_import_is_recorded_with_its_report(empty, import_file):
    record = import_file(FILES["mini"], requested_by="1001")
    record.refresh_from_db()
    assert (record.state, record.rows, record.error) == (ImportState.DONE, 3716, "")
    assert record.size == FILES["mini"].stat().st_size
    assert len(record.sha256) == 64
    assert record.started_at <= record.finished_at
    report = record.findings
    assert ImportReport.from_json(record.report).to_json() == record.report
    assert report.format == "Access 2007 or newer"
    assert report.unknown_tables == ["Paste Errors"]
    assert report.missing_optional == ["tblmeterdata"]
    assert (report.warnings, report.linked_tables, report.removed_tables) == ([], [], [])


def test_an_import_replaces_what_was_there(mini, import_file):
    Customer.objects.create(first_name="Only", last_name="here")
    with mini.cursor() as cursor:
        cursor.execute("CREATE TABLE kept_elsewhere (name varchar(10))")
    import_file(FILES["mini"])
    assert Customer.objects.count() == 43
    assert not Customer.objects.filter(last_name="here").exists()
    assert "kept_elsewhere" in names_of_tables(), "tables of other origin are left alone"
    assert [name for name in names_of_tables() if name.startswith("~")] == []


def test_a_table_that_the_next_file_lacks_goes_and_is_named(engine, empty, import_file, tmp_path):
    import_file(FILES["mini"])
    smaller = tmp_path / "smaller.db"
    with closing(sqlite3.connect(smaller)) as file:
        for table in tables():
            if table.name not in ("Paste Errors", "tblmeterdatadump"):
                columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
                file.execute(f'CREATE TABLE "{table.name}" ({columns})')
        file.commit()
    record = import_file(smaller)
    assert record.findings.removed_tables == ["Paste Errors", "tblmeterdatadump"]
    assert "Paste Errors" not in names_of_tables()
    assert Customer.objects.count() == 0


def test_importing_twice_gives_the_same(mini, import_file):
    import_file(FILES["mini"])
    assert Customer.objects.count() == 43
    assert Transaction.objects.count() == 1200


def test_new_records_are_numbered_above_those_of_the_file(mini):
    highest = Customer.objects.order_by("-number").first().number
    assert Customer.objects.create(first_name="Neo").number == highest + 1


def test_the_number_of_a_deleted_record_is_not_given_again(mini):
    first = Customer.objects.create(first_name="Neo")
    number = first.number
    first.delete()
    assert Customer.objects.create(first_name="Palesa").number == number + 1


# ---------------------------------------------------------------- oddities of real files


def test_deleted_rows_left_in_the_file_do_not_come_back(mini):
    assert QUIRKS["deleted_rows_left_in_the_file"] == 25
    assert not Transaction.objects.filter(account="9999ZZZ").exists()
    assert not Transaction.objects.filter(amount=99999).exists()


def test_account_numbers_are_trimmed_and_upper_cased_and_counted(empty, import_file):
    report = import_file(FILES["mini"]).findings
    fixes = QUIRKS["accounts_in_lower_case"] + QUIRKS["accounts_with_trailing_spaces"]
    assert finding(report, "tblaccounthistory1", "accountnumber", "account").count == fixes
    accounts = [account for account in Transaction.objects.values_list("account", flat=True) if account]
    assert accounts == [account.strip().upper() for account in accounts]


def test_rows_without_an_account_stay_without(mini):
    nameless = Transaction.objects.filter(Q(account=None) | Q(account="")).count()
    assert nameless == QUIRKS["null_accounts"] + QUIRKS["empty_string_accounts"]


def test_dates_that_are_none_become_empty_and_are_named_with_their_customers(empty, import_file):
    report = import_file(FILES["mini"]).findings
    rejected = finding(report, "tblcustomer", "RECORD CREATE DATE", "rejected")
    zero = finding(report, "tblcustomer", "RECORD CREATE DATE", "empty date")
    assert (rejected.count, zero.count) == (QUIRKS["typed_year_0202"], QUIRKS["access_zero_date_1899_12_30"])
    numbers = [int(number) for number in (*rejected.examples, *zero.examples)]
    assert len(numbers) == 4
    assert set(Customer.objects.filter(number__in=numbers).values_list("created_at", flat=True)) == {None}


def test_nothing_else_is_rejected(empty, import_file):
    report = import_file(FILES["mini"]).findings
    kinds = {(table.name, found.column, found.kind) for table in report.tables for found in table.findings}
    assert kinds == {
        ("tblcustomer", "RECORD CREATE DATE", "rejected"),
        ("tblcustomer", "RECORD CREATE DATE", "empty date"),
        ("tblaccounthistory1", "accountnumber", "account"),
        ("tblaccounthistoryOriginal", "accountnumber", "account"),
    }


def test_letters_quotes_and_lines_come_through(mini):
    names = [
        f"{customer.first_name} {customer.middle_name} {customer.last_name}" for customer in Customer.objects.all()
    ]
    assert sum("š" in name or "Š" in name for name in names) == QUIRKS["customers_with_s_caron_in_a_name"]
    assert sum("'" in name for name in names) == QUIRKS["customers_with_apostrophe_in_a_name"]
    assert Customer.objects.get(number=6).street_address == "P.O. Box 988\r\nHa Mokoto\r\nvia Mashai"
    assert Customer.objects.get(number=15).street_address == 'Ha Ramokoatsi, Phase "2"'


def test_people_and_phones_are_as_odd_as_in_the_file(mini):
    without = Customer.objects.filter(phone=None).count()
    assert without == QUIRKS["phones_null"] + QUIRKS["phones_empty_string"], "mdbtools reads empty text as NULL"
    assert Customer.objects.filter(concession=None).count() == QUIRKS["concession_name_null"]
    assert Customer.objects.filter(connected_at=None).count() == QUIRKS["customers_with_null_connect_date"]
    assert Customer.objects.exclude(terminated_at=None).count() == QUIRKS["customers_terminated"]
    listed = list(AccountNumber.objects.values_list("account", flat=True))
    assert len(listed) - len(set(listed)) == QUIRKS["accountnumbers_listed_twice"]
    known = set(Customer.objects.values_list("number", flat=True))
    strangers = AccountNumber.objects.exclude(customer_number__in=known).count()
    assert strangers == QUIRKS["accountnumbers_with_unknown_customer"]
    accounts = list(LegacyMeter.objects.exclude(account=None).values_list("account", flat=True))
    assert len(accounts) - len(set(accounts)) == QUIRKS["replaced_meters_in_copy_of_tblmeter"]


def test_odd_amounts_are_as_in_the_file(mini):
    rows = Transaction.objects
    assert rows.filter(amount__lt=0).count() == QUIRKS["negative_amounts"]
    assert rows.filter(amount=0).count() == QUIRKS["zero_amounts"]
    assert rows.filter(amount=None).count() == QUIRKS["null_amounts"]
    assert rows.filter(kwh=None).count() == QUIRKS["null_kwh"]
    assert rows.filter(at=None).count() == QUIRKS["null_transaction_dates"]
    assert rows.filter(meter_id=None).count() == QUIRKS["null_meter_ids_in_transactions"]


def test_times_are_local_whether_read_through_the_models_or_raw(engine, mini):
    row = Transaction.objects.get(id=601)
    assert row.at == datetime(2025, 3, 25, 15, 49, 26, tzinfo=meter_zone())
    with mini.cursor() as cursor:
        cursor.execute('SELECT "transaction date", payment FROM tblaccounthistory1 WHERE "ID" = 601')
        when, paid = cursor.fetchone()
    assert when.replace(tzinfo=None) == datetime(2025, 3, 25, 15, 49, 26)
    assert bool(paid) is True
    assert row.is_payment is True


# ---------------------------------------------------------------- columns


def test_columns_keep_their_access_types_names_and_order(mini):
    table = get_table("tblaccounthistory1")
    assert [(column.name, column.type) for column in table.columns] == [
        ("ID", "COUNTER"),
        ("accountnumber", "VARCHAR"),
        ("meterid", "VARCHAR"),
        ("transaction date", "DATETIME"),
        ("transaction amount", "CURRENCY"),
        ("rate used", "DOUBLE"),
        ("kwh value", "DOUBLE"),
        ("payment", "BIT"),
        ("current balance", "DOUBLE"),
    ]
    assert table.primary_key == ("ID",)
    assert get_table("tblmeter").primary_key == ()
    assert get_table("tblcustomer").column("phone").size == 30


def test_only_autonumbers_count_as_such(mini):
    counters = {(table.name, table.counter.name) for table in tables() if table.counter}
    assert counters == {
        ("tblaccounthistory1", "ID"),
        ("tblaccounthistoryOriginal", "ID"),
        ("tblcustomer", "CUSTOMER ID"),
        ("tblhourlyconsumption", "id"),
        ("tblmonthlyconsumption", "id"),
        ("tblmonthlytransactions", "id"),
    }


@pytest.fixture
def other_layout(tmp_path):
    """A file whose columns differ from the models: one in another case, one absent, one more."""
    path = tmp_path / "layout.db"
    with closing(sqlite3.connect(path)) as file:
        file.executescript("""
            CREATE TABLE tblcustomer ("CUSTOMER ID" INTEGER PRIMARY KEY, "First Name" VARCHAR(50), "BIRTHDAY" DATETIME);
            INSERT INTO tblcustomer VALUES (7, 'Neo', '1990-01-02 00:00:00');
            CREATE TABLE tblaccountnumbers (accountnumber VARCHAR(20) PRIMARY KEY, customerid INTEGER);
            INSERT INTO tblaccountnumbers VALUES (' 0045mak', 7);
            CREATE TABLE tblmeter (meterid VARCHAR(80)); CREATE TABLE "Copy Of tblmeter" (meterid VARCHAR(80));
            CREATE TABLE tblaccounthistory1
                (ID INTEGER PRIMARY KEY, "transaction amount" CURRENCY, "Current Balance" DOUBLE);
            INSERT INTO tblaccounthistory1 VALUES (1, 922337203685477.58, 1e308);
            CREATE TABLE tblaccounthistoryOriginal (ID INTEGER PRIMARY KEY);
            CREATE TABLE tblmeterdata1 (meterid VARCHAR(80), whdatetime DATETIME);
            INSERT INTO tblmeterdata1 VALUES
                ('A', '2026-01-31 24:00:00'), ('A', 'tomorrow'), ('A', '1899-12-30 08:30:00');
            CREATE TABLE tblconfig (therate DOUBLE);
            CREATE TABLE MSysObjects (Id INTEGER); CREATE TABLE "~TMP1" (a); CREATE TABLE f_123_Data (a);
        """)
        file.commit()
    return path


def test_a_file_of_another_layout_still_serves_the_models(empty, import_file, other_layout):
    report = import_file(other_layout).findings
    customer = Customer.objects.get(number=7)
    assert (customer.first_name, customer.last_name, customer.gps_x) == ("Neo", None, None)
    assert fetch_record(get_table("tblcustomer"), "7")["BIRTHDAY"].year == 1990
    assert AccountNumber.objects.get().account == "0045MAK"
    assert Transaction.objects.get().balance == 1e308
    assert "tblcustomer has no column GENDER; it reads as empty." in report.warnings


def test_system_tables_of_the_file_are_left_out(empty, import_file, other_layout):
    import_file(other_layout)
    assert {table.name for table in tables()} == {
        "tblcustomer", "tblaccountnumbers", "tblmeter", "Copy Of tblmeter", "tblaccounthistory1",
        "tblaccounthistoryOriginal", "tblmeterdata1", "tblconfig",
    }  # fmt: skip


def test_odd_times_are_each_counted_for_what_they_are(empty, import_file, other_layout):
    report = import_file(other_layout).findings
    kinds = {found.kind: (found.count, found.examples) for found in report.tables[6].findings}
    assert kinds == {
        "next midnight": (1, ["row 1"]),
        "rejected": (1, ["row 2"]),
        "time without day": (1, ["row 3"]),
    }
    assert report.rejected == 2
    with connections["acdb"].cursor() as cursor:
        cursor.execute("SELECT whdatetime FROM tblmeterdata1 WHERE whdatetime IS NOT NULL")
        assert cursor.fetchone()[0].replace(tzinfo=None) == datetime(2026, 2, 1)


def test_an_account_key_that_repeats_after_normalisation_stops_the_import(empty, import_file, other_layout):
    with closing(sqlite3.connect(other_layout)) as file:
        file.execute("INSERT INTO tblaccountnumbers VALUES ('0045MAK', 8)")
        file.commit()
    with pytest.raises(BadFile, match="tblaccountnumbers holds the same key twice"):
        import_file(other_layout)


def test_no_copy_of_the_file_is_left(empty, import_file):
    import_file(FILES["mini"])
    assert [path.name for path in import_dir().iterdir()] == []


def test_an_open_lock_file_beside_the_file_is_a_warning(empty, import_file, tmp_path):
    path = tmp_path / "open.accdb"
    path.write_bytes(FILES["mini"].read_bytes())
    (tmp_path / "open.laccdb").touch()
    report = import_file(path).findings
    assert any("was open in Access" in warning for warning in report.warnings)
    assert row_count(get_table("tblcustomer")) == 43


# ---------------------------------------------------------------- who is told


@pytest.fixture
def listener():
    heard = []

    def listen(sender, **facts):
        heard.append(facts)
        facts["progress"].step("Following up")
        if facts["file_name"] == "failing.accdb":
            raise RuntimeError("a defect")

    acdb_imported.connect(listen)
    yield heard
    acdb_imported.disconnect(listen)


def test_the_apps_are_told_all_facts_after_the_swap(empty, import_file, listener, quiet):
    record = import_file(FILES["mini"], requested_by="1001")
    (facts,) = listener
    assert (facts["import_id"], facts["actor"], facts["rows"]) == (record.pk, "1001", 3716)
    assert (facts["file_name"], facts["sha256"]) == ("mini.accdb", record.sha256)
    assert facts["tables"]["tblcustomer"] == 43
    assert "Following up" in quiet.steps


def test_a_follow_up_that_fails_is_a_warning_and_the_data_stays(empty, import_file, listener, tmp_path):
    path = tmp_path / "failing.accdb"
    path.write_bytes(FILES["mini"].read_bytes())
    record = import_file(path)
    assert record.state == ImportState.DONE
    assert any("follow-up" in warning for warning in record.findings.warnings)
    assert Customer.objects.count() == 43


def test_an_import_is_allowed_while_access_is_the_master(empty, import_file, settings):
    settings.ACDB_READ_ONLY = True
    assert import_file(FILES["mini"]).state == ImportState.DONE


def test_the_command_prints_rows_findings_and_steps(empty, capsys):
    call_command("acdb_import", str(FILES["mini"]), by="1001")
    printed = capsys.readouterr().out
    assert "Reading tblcustomer (table 1 of 13)" in printed
    assert "Paste Errors                          3 rows  (not used by the portal)" in printed
    assert "RECORD CREATE DATE: 3 empty dates of Access" in printed
    assert "not in the file: tblmeterdata (optional)" in printed
    assert "Imported 3,716 rows of 13 tables from mini.accdb" in printed
    assert AcdbImport.objects.get().requested_by == "1001"


def test_an_interrupted_record_is_settled_by_the_next_import(empty, import_file):
    stale = AcdbImport.objects.create(file_name="old.accdb", state=ImportState.RUNNING)
    import_file(FILES["mini"])
    stale.refresh_from_db()
    assert stale.state == ImportState.FAILED
    assert stale.error.startswith("The import was stopped in the middle.")
