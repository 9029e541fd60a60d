"""Whatever is wrong with a file or a machine: the old data stays, and the message says what is wrong."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from ccportal.acdb.importer import mdbtools
from ccportal.acdb.importer.errors import BadFile, DiskFull, ImportBusy, ImportImpossible
from ccportal.acdb.importer.service import run_import
from ccportal.acdb.importer.targets import STAGING
from ccportal.acdb.introspection import catalogue, row_count, tables
from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.acdb.testing import sqlite_entry, using_acdb
from ccportal.acdb.tests.conftest import DATA, FILES, Quiet
from customers.models import Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
THIRD_PARTY = settings.BASE_DIR.parent / "shared" / "acdb" / "password_protected.accdb"


def state():
    """Everything that must not change when an import fails."""
    return {table.name: row_count(table) for table in tables()}


def left_overs():
    return [table.name for table in catalogue(connections["acdb"], hidden=True) if table.name.startswith("~")]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("truncated.accdb", "cut off or damaged"),
        ("corrupt.accdb", "damaged"),
        ("not_access.accdb", "does not appear to be an Access database"),
        ("no_such.accdb", "There is no file no_such.accdb"),
    ],
)
def test_a_bad_file_is_refused_and_the_old_data_stays(mini, import_file, name, said):
    before = state()
    with pytest.raises(BadFile) as raised:
        import_file(DATA / name)
    assert said in raised.value.message
    assert raised.value.message.endswith("The data that was there is unchanged.")
    assert state() == before
    assert left_overs() == []
    record = AcdbImport.objects.first()
    assert (record.state, record.error) == (ImportState.FAILED, raised.value.message)


@pytest.mark.skipif(
    not THIRD_PARTY.exists(), reason="the encrypted file is third-party data and not part of the project"
)
def test_an_encrypted_file_is_refused_with_the_word_password(mini, import_file):
    before = state()
    with pytest.raises(BadFile, match="password"):
        import_file(THIRD_PARTY)
    assert state() == before


def test_an_empty_file_and_a_directory_are_refused(mini, import_file, tmp_path):
    (tmp_path / "empty.accdb").touch()
    with pytest.raises(BadFile, match=r"empty\.accdb is empty"):
        import_file(tmp_path / "empty.accdb")
    with pytest.raises(BadFile, match="is a directory"):
        import_file(tmp_path)


def test_rows_that_mdbtools_loses_without_a_word_are_missed(mini, import_file, monkeypatch, tmp_path):
    """Damaged pages make mdb-export give fewer rows with status 0 and an empty stderr."""
    real = shutil.which("mdb-export")
    script = f'for last; do :; done; if [ "$last" = tblmeter ]; then {real} "$@" | head -n -2; else {real} "$@"; fi'
    stand_in(tmp_path, monkeypatch, "mdb-export", script)
    before = state()
    with pytest.raises(BadFile, match="The table tblmeter gave 31 of its 33 rows: the file is damaged"):
        import_file(FILES["mini"])
    assert state() == before
    assert left_overs() == []


def test_a_file_without_a_required_table_is_refused_by_name(mini, import_file, tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE tblcustomer (id INTEGER PRIMARY KEY)")
    before = state()
    with pytest.raises(BadFile, match="The file lacks tblaccountnumbers, tblmeter, Copy Of tblmeter"):
        import_file(tmp_path / "other.db")
    assert state() == before


def test_a_sqlite_file_in_use_is_refused(mini, import_file, tmp_path):
    with closing(sqlite3.connect(tmp_path / "live.db")) as busy:
        busy.execute("PRAGMA journal_mode=WAL")
        busy.execute("CREATE TABLE tblcustomer (id INTEGER PRIMARY KEY)")
        busy.commit()
        with pytest.raises(BadFile, match=r"live\.db is in use by another program"):
            import_file(tmp_path / "live.db")


def test_a_file_that_changes_while_it_is_copied_is_refused(mini, tmp_path):
    path = tmp_path / "open.accdb"
    shutil.copy(FILES["mini"], path)

    class Typing(Quiet):
        def advance(self, done):
            with path.open("ab") as file:
                file.write(bytes(4096))

    before = state()
    with pytest.raises(BadFile, match=r"open\.accdb was changed while it was copied; close it in Access"):
        run_import(AcdbImport.objects.create(file_name="open.accdb"), path, Typing())
    assert state() == before


def test_a_calculated_column_is_refused(mini, import_file, monkeypatch, tmp_path):
    """mdbtools gives garbage for such columns; its description of the table shows the expression."""
    stand_in(tmp_path, monkeypatch, "mdb-prop", 'echo "name: total"; echo "	Expression: [a]*2"')
    with pytest.raises(BadFile, match="calculated column"):
        import_file(FILES["mini"])


def test_any_complaint_of_mdb_export_fails_the_import(mini, import_file, monkeypatch, tmp_path):
    real = shutil.which("mdb-export")
    stand_in(tmp_path, monkeypatch, "mdb-export", f'{real} "$@"; echo "Warning: type 20" >&2')
    before = state()
    with pytest.raises(BadFile, match="damaged"):
        import_file(FILES["mini"])
    assert state() == before


def test_a_failing_mdb_export_fails_the_import(mini, import_file, monkeypatch, tmp_path):
    real = shutil.which("mdb-export")
    stand_in(tmp_path, monkeypatch, "mdb-export", f'for last; do :; done; {real} "$@"; test "$last" != tblconfig')
    with pytest.raises(BadFile, match="tblconfig cannot be read"):
        import_file(FILES["mini"])


def stand_in(folder, monkeypatch, name, script):
    """A program of that name in front of the real one."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")


def test_missing_mdbtools_are_named_with_the_line_to_type(mini, import_file, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which(mdbtools.PROGRAMS[0]) is None
    with pytest.raises(ImportImpossible, match="apt-get install mdbtools"):
        import_file(FILES["mini"])


def test_a_second_import_at_the_same_time_is_refused(engine, mini, import_file, library, quiet):
    class Meanwhile(Quiet):
        fault = None

        def step(self, text, total=0):
            if text.startswith("Reading tblconfig") and self.fault is None:
                self.fault = other_session(import_file)

    watching = Meanwhile()
    run_import(AcdbImport.objects.create(file_name="first"), FILES["mini"], watching)
    assert isinstance(watching.fault, ImportBusy)
    assert "wait until it has ended" in watching.fault.message


def other_session(import_file):
    """Try an import over a connection of its own, as another process would."""
    entry = connections.settings["acdb"]
    with using_acdb(entry):
        try:
            import_file(FILES["mini"])
        except ImportBusy as error:
            return error
    return None


def test_the_acdb_may_not_be_our_own_database(library, import_file, settings):
    entry = {name: connections["default"].settings_dict[name] for name in ("ENGINE", "NAME", "HOST", "PORT")}
    with using_acdb(entry), pytest.raises(ImportImpossible, match="name the same database"):
        import_file(FILES["mini"])


def test_sql_server_is_refused_with_a_pointer_to_the_guide(import_file, monkeypatch):
    monkeypatch.setattr(type(connections["acdb"]), "vendor", "microsoft")
    with pytest.raises(ImportImpossible, match=r"docs/operations\.md"):
        import_file(FILES["mini"])


def test_the_command_leaves_with_the_sentence(mini, capsys):
    with pytest.raises(CommandError, match="There is no file"):
        call_command("acdb_import", "/nowhere/at_all.accdb")


# ---------------------------------------------------------------- real disks and real processes


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MB, less than the imported sample needs."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("this machine does not let a small disk be mounted")
    yield folder
    connections["acdb"].close()
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_keeps_the_old_data(small_disk, library, import_file):
    path = small_disk / "acdb.sqlite3"
    shutil.copy(library.imported("sqlite", "mini")["NAME"], path)
    with using_acdb(sqlite_entry(path)):
        before = state()
        with pytest.raises(DiskFull, match="The disk is full"):
            import_file(FILES["sample"])
        assert state() == before
        assert Customer.objects.count() == 43


def test_no_room_for_the_copy_is_said_before_anything_is_done(small_disk, mini, import_file, settings):
    settings.VAR_DIR = small_disk
    with pytest.raises(DiskFull, match=r"copy of the file \(7 MB needed, \d MB free\)"):
        import_file(FILES["sample"])


@pytest.mark.slow
def test_an_import_that_is_killed_keeps_the_old_data_and_the_next_one_cleans_up(library, import_file, tmp_path):
    path = tmp_path / "acdb.sqlite3"
    shutil.copy(library.imported("sqlite", "mini")["NAME"], path)
    process = start_command(tmp_path, path)
    try:
        wait_for(lambda: any(name.startswith(STAGING) for name in names_in(path)))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert any(name.startswith(STAGING) for name in names_in(path)), "it was killed too late"
    with using_acdb(sqlite_entry(path)):
        assert Customer.objects.count() == 43
        assert not [table.name for table in tables() if table.name.startswith("~")]
        import_file(FILES["mini"])
        assert left_overs() == []
        assert Customer.objects.count() == 43


def start_command(folder, path):
    environment = {
        **os.environ,
        "SECRET_KEY": "x" * 50,
        "ENV_FILE": str(folder / "none"),
        "VAR_DIR": str(folder / "var"),
        "ACDB_URL": f"sqlite:///{path}",
    }
    (folder / "var").mkdir()
    command = [sys.executable, "manage.py"]
    subprocess.run([*command, "migrate", "-v0"], cwd=settings.BASE_DIR, env=environment, check=True)
    return subprocess.Popen(
        [*command, "acdb_import", "--quiet", str(FILES["sample"])], cwd=settings.BASE_DIR, env=environment
    )


def names_in(path: Path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reader:
        return [name for (name,) in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)
