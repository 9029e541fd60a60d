"""Transactions that threads write in turn where the database has one writer at a time anyway."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock

from django.db import connection, transaction

_turn = Lock()


@contextmanager
def in_turn() -> Iterator[None]:
    """A transaction. On SQLite the threads of a process queue for it.

    Without that, one holds SQLite's lock while it waits for Python, and the others sleep longer each time they find
    it held. Inside another transaction it is a part of that one: whoever holds the lock must not queue.
    """
    queue = connection.vendor == "sqlite" and not connection.in_atomic_block
    with _turn if queue else nullcontext(), transaction.atomic():
        yield
