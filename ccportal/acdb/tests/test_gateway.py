"""Records of any table on each engine: found by id, written when they are as they were seen, else not."""

from datetime import datetime
from decimal import Decimal

import pytest

from ccportal.acdb import gateway
from ccportal.acdb.gateway import get_table
from ccportal.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ccportal.core.periods import meter_zone

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def customers(mini):
    return get_table("tblcustomer")


@pytest.fixture
def transactions(mini):
    return get_table("tblaccounthistory1")


@pytest.fixture
def meters(mini):
    return get_table("tblmeter")


def test_a_table_is_found_in_any_case_and_an_unknown_one_is_not(mini):
    assert get_table(" TBLCUSTOMER ").name == "tblcustomer"
    for name in ("tblcustomer]; DROP TABLE tblmeter --", "sqlite_master", "pg_class", ""):
        with pytest.raises(NotFound, match="There is no table"):
            get_table(name)


def test_the_key_is_the_primary_key_else_the_habitual_column_else_the_first(mini):
    keys = {name: gateway.key_of(get_table(name)) for name in ("tblcustomer", "tblaccountnumbers", "tblconfig")}
    assert keys == {
        "tblcustomer": ("CUSTOMER ID",),
        "tblaccountnumbers": ("customerid",),
        "tblconfig": ("therate",),
    }


def test_a_record_comes_in_the_portals_types(transactions):
    row = gateway.fetch_record(transactions, "601")
    assert row["transaction date"] == datetime(2025, 3, 25, 15, 49, 26, tzinfo=meter_zone())
    assert row["transaction amount"] == Decimal("10.0000")
    assert row["payment"] is True
    assert gateway.jsonable(row) == {
        "ID": 601,
        "accountnumber": "0005MAK",
        "meterid": "SMRSD-02-00019287",
        "transaction date": "2025-03-25 15:49:26",
        "transaction amount": "10",
        "rate used": 5.0,
        "kwh value": 2.0,
        "payment": True,
        "current balance": 3.59073,
    }


@pytest.mark.parametrize("record_id", ["999999", "abc", "", "1 OR 1=1", "99999999999999999999", "6.5"])
def test_an_id_of_nobody_finds_nothing(transactions, record_id):
    assert gateway.fetch_record(transactions, record_id) is None


def test_a_new_record_gets_the_next_number_and_keeps_its_values(customers):
    values = gateway.coerce(
        customers, {"FIRST NAME": "'Mantšali", "DATE SERVICE CONNECTED": "2026-04-01 00:15", "GPS X": 27.5}
    )
    record_id = gateway.insert(customers, values)
    row = gateway.fetch_record(customers, record_id)
    assert row["FIRST NAME"] == "'Mantšali"
    assert row["DATE SERVICE CONNECTED"] == datetime(2026, 4, 1, 0, 15, tzinfo=meter_zone())
    assert row["GPS X"] == 27.5
    assert int(record_id) > 43


def test_a_deleted_record_comes_back_as_it_was_from_its_log(transactions):
    before = gateway.fetch_record(transactions, "601")
    logged = gateway.jsonable(before)
    gateway.delete(transactions, "601", logged)
    assert gateway.fetch_record(transactions, "601") is None
    assert gateway.insert(transactions, logged) == "601"
    assert gateway.fetch_record(transactions, "601") == before


def test_a_key_that_is_taken_is_a_conflict(transactions):
    with pytest.raises(Conflict, match="a record with this key already"):
        gateway.insert(transactions, gateway.fetch_record(transactions, "601"))


def test_an_update_writes_one_record_and_nothing_else(customers):
    others = [gateway.fetch_record(customers, str(number)) for number in (1, 3)]
    old = gateway.fetch_record(customers, "2")
    assert gateway.update(customers, "2", {"CITY": "Maseru"}, gateway.jsonable(old)) == "2"
    assert gateway.fetch_record(customers, "2") == {**old, "CITY": "Maseru"}
    assert [gateway.fetch_record(customers, str(number)) for number in (1, 3)] == others


def test_a_record_that_changed_meanwhile_is_not_overwritten(customers):
    seen = gateway.fetch_record(customers, "2")
    gateway.update(customers, "2", {"CITY": "Maseru"}, seen)
    with pytest.raises(Conflict, match="Somebody changed CITY of this record meanwhile"):
        gateway.update(customers, "2", {"DISTRICT": "Maseru"}, seen)
    with pytest.raises(Conflict, match="Somebody changed CITY"):
        gateway.delete(customers, "2", seen)
    assert gateway.fetch_record(customers, "2")["DISTRICT"] == seen["DISTRICT"]


def test_a_record_that_is_gone_is_not_found(customers):
    with pytest.raises(NotFound, match="99999 of tblcustomer is not there any more"):
        gateway.update(customers, "99999", {"CITY": "Maseru"}, {})


def test_an_autonumber_cannot_be_changed(customers):
    with pytest.raises(InvalidInput, match="CUSTOMER ID is numbered by the database"):
        gateway.update(customers, "2", {"CUSTOMER ID": 3}, {})


def test_an_unknown_column_is_never_put_into_sql(customers):
    with pytest.raises(InvalidInput, match="has no column"):
        gateway.update(customers, "2", {'CITY" = NULL --': "x"}, {})


def test_rows_that_share_a_key_are_told_apart_by_their_fingerprints(meters):
    first = gateway.insert(meters, {"accountnumber": "0777MAK", "meterid": "A"})
    second = gateway.insert(meters, {"accountnumber": "0777MAK", "meterid": "B"})
    with pytest.raises(Conflict, match="2 rows of tblmeter share the key 0777MAK"):
        gateway.fetch_record(meters, "0777MAK")
    assert gateway.fetch_record(meters, second)["meterid"] == "B"
    changed = gateway.update(meters, second, {"meterid": "C"}, {})
    assert gateway.fetch_record(meters, changed)["meterid"] == "C"
    assert gateway.fetch_record(meters, first)["meterid"] == "A"
    gateway.delete(meters, first, {"meterid": "A"})
    assert gateway.record_id_of(meters, gateway.fetch_record(meters, "0777MAK")) == changed


def test_a_fingerprint_notices_a_change(meters):
    seen = gateway.insert(meters, {"accountnumber": "0777MAK", "meterid": "A"})
    gateway.update(meters, seen, {"meterid": "B"}, {})
    with pytest.raises(Conflict, match="Somebody changed this record meanwhile"):
        gateway.update(meters, seen, {"meterid": "C"}, {})


def test_equal_rows_cannot_be_written_one_by_one(meters):
    record_id = gateway.insert(meters, {"accountnumber": "0777MAK", "meterid": "A"})
    gateway.insert(meters, {"accountnumber": "0777MAK", "meterid": "A"})
    with pytest.raises(Conflict, match="holds this row 2 times"):
        gateway.delete(meters, record_id, {})


def test_a_row_without_a_key_value_has_an_id(meters):
    record_id = gateway.insert(meters, {"meterid": "LOOSE"})
    assert gateway.fetch_record(meters, record_id)["meterid"] == "LOOSE"


def test_nothing_is_written_while_access_is_the_master(customers, settings):
    settings.ACDB_READ_ONLY = True
    for write in (
        lambda: gateway.insert(customers, {"CITY": "Maseru"}),
        lambda: gateway.update(customers, "2", {"CITY": "Maseru"}, {}),
        lambda: gateway.delete(customers, "2", {}),
    ):
        with pytest.raises(NotAllowed, match="read-only here"):
            write()
    assert gateway.fetch_record(customers, "2")["CITY"] != "Maseru"


def test_names_that_look_like_sql_are_only_names(engine, mini):
    with mini.cursor() as cursor:
        cursor.execute('CREATE TABLE "odd "" 100% table" ("a "" b%s" varchar(20), "50%" integer)')
    table = get_table('odd " 100% table')
    record_id = gateway.insert(table, {'a " b%s': "x", "50%": 7})
    assert gateway.jsonable(gateway.fetch_record(table, record_id)) == {'a " b%s': "x", "50%": 7}
    changed = gateway.update(table, record_id, {"50%": 8}, {"50%": 7})
    gateway.delete(table, changed, {})
    assert gateway.fetch_record(table, "x") is None
