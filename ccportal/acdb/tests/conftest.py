"""Imported ACDBs on both engines: each file is imported once in a session, tests that write get a copy."""

import json
import shutil
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from ccportal.acdb.importer.service import run_import
from ccportal.acdb.models import AcdbImport
from ccportal.acdb.testing import sqlite_entry, using_acdb

DATA = Path(__file__).parent / "data"
FILES = {"sample": settings.BASE_DIR / "demo" / "sample.accdb", "mini": DATA / "mini.accdb"}
EXPECTED = {"sample": DATA / "expected.json", "mini": DATA / "mini_expected.json"}


class Quiet:
    """Progress that remembers its steps."""

    def __init__(self):
        self.steps = []

    def step(self, text, total=0):
        self.steps.append(text)

    def advance(self, done):
        pass


class Library:
    """ACDBs on a kind of engine, made when asked for."""

    def __init__(self, folder, request, blocker):
        self._folder, self._request, self._blocker = folder, request, blocker
        self._imported = {}
        self._numbers = count()

    def empty(self, engine):
        if engine == "postgres":
            return self._request.getfixturevalue("postgres").create_database()
        return sqlite_entry(self._folder / f"{next(self._numbers)}.sqlite3")

    def imported(self, engine, name):
        """For reading only."""
        if (engine, name) not in self._imported:
            entry = self.empty(engine)
            with (
                self._blocker.unblock(),
                transaction.atomic(),
                using_acdb(entry),
                override_settings(VAR_DIR=self._folder / "var"),
            ):
                run_import(AcdbImport.objects.create(file_name=f"{name}.accdb"), FILES[name], Quiet())
                transaction.set_rollback(True)
            self._imported[engine, name] = entry
        return self._imported[engine, name]

    def copy(self, engine, name):
        """To write into."""
        entry = self.imported(engine, name)
        if engine == "postgres":
            return self._request.getfixturevalue("postgres").create_database(template=entry["NAME"])
        fresh = self.empty(engine)
        shutil.copy(entry["NAME"], fresh["NAME"])
        return fresh


@pytest.fixture(scope="session")
def library(request, tmp_path_factory, django_db_setup, django_db_blocker):
    return Library(tmp_path_factory.mktemp("acdbs"), request, django_db_blocker)


@pytest.fixture(autouse=True)
def imports_in_a_temporary_directory(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request):
    return request.param


@pytest.fixture
def empty(engine, library, db):
    """An ACDB that holds nothing yet."""
    with using_acdb(library.empty(engine)) as connection:
        yield connection


@pytest.fixture
def mini(engine, library, db):
    """The small file imported, to write into."""
    with using_acdb(library.copy(engine, "mini")) as connection:
        yield connection


@pytest.fixture(params=["mini", "sample"])
def imported(request, engine, library, db):
    """Both files imported, for reading, each with the figures it must give."""
    with using_acdb(library.imported(engine, request.param)):
        yield json.loads(EXPECTED[request.param].read_text())


@pytest.fixture
def quiet():
    return Quiet()


@pytest.fixture
def import_file(quiet):
    """Imports a file as the command and the web do."""

    def go(path, **fields):
        record = AcdbImport.objects.create(file_name=Path(path).name, **fields)
        return run_import(record, Path(path), quiet)

    return go
