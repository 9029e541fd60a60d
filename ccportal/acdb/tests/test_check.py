"""``acdb_check`` names every difference between the tables and the models."""

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


def test_an_imported_database_has_everything(mini, capsys):
    call_command("acdb_check")
    assert capsys.readouterr().out.splitlines() == [
        "tblmeterdata: is not there (optional)",
        "Everything that the portal needs is there.",
    ]


def test_an_empty_database_lacks_the_required_tables(empty, capsys):
    with pytest.raises(CommandError, match="8 tables or columns that the portal needs are missing"):
        call_command("acdb_check")
    assert "tblcustomer: is missing" in capsys.readouterr().out


def test_a_missing_column_is_named_and_fails(mini, capsys):
    with mini.cursor() as cursor:
        cursor.execute('ALTER TABLE "tblcustomer" DROP COLUMN "GENDER"')
    with pytest.raises(CommandError, match="1 tables or columns"):
        call_command("acdb_check")
    assert "tblcustomer: has no column GENDER" in capsys.readouterr().out


def test_a_column_of_another_kind_is_named(mini, capsys):
    with mini.cursor() as cursor:
        cursor.execute('ALTER TABLE "tblconfig" RENAME COLUMN "therate" TO "old"')
        cursor.execute('ALTER TABLE "tblconfig" ADD COLUMN "therate" varchar(20)')
    call_command("acdb_check")
    assert "tblconfig: column therate holds text" in capsys.readouterr().out


@pytest.mark.parametrize("engine", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_times_without_zone_on_postgresql_are_named(mini, capsys):
    with mini.cursor() as cursor:
        cursor.execute('ALTER TABLE "tblcustomer" ALTER COLUMN "DATE SERVICE CONNECTED" TYPE timestamp')
    call_command("acdb_check")
    assert "column DATE SERVICE CONNECTED has no time zone" in capsys.readouterr().out
