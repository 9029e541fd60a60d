"""While an import runs, and while it swaps, people go on reading and writing."""

import threading

import pytest
from django.db import connections

from ccportal.acdb.importer.service import run_import
from ccportal.acdb.models import AcdbImport
from ccportal.acdb.testing import using_acdb
from ccportal.acdb.tests.conftest import FILES, Quiet
from customers.models import Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


class Readers(Quiet):
    """Reads over another connection at every step."""

    def __init__(self):
        super().__init__()
        self.counts, self.written = [], 0

    def step(self, text, total=0):
        super().step(text)
        thread = threading.Thread(target=self._use)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive(), f"a reader was held up at: {text}"

    def _use(self):
        try:
            self.counts.append(Customer.objects.count())
            if len(self.counts) < 10:
                Customer.objects.create(first_name="Meanwhile")
                self.written += 1
        finally:
            connections["acdb"].close()


def test_readers_and_writers_are_not_held_up(engine, library):
    with using_acdb(library.copy(engine, "mini")):
        people = Readers()
        run_import(AcdbImport.objects.create(file_name="mini.accdb"), FILES["mini"], people)
        assert people.counts[0] == 43
        assert people.counts[9] == 43 + 9, "the old tables serve until the swap"
        assert people.counts[-1] == 43
        assert people.written == 9
