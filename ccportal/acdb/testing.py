"""ACDBs for tests: an empty one with the tables of the models, or any other database in place of the usual one."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from ccportal.acdb.models import AcdbModel
from ccportal.acdb.router import ACDB


def acdb_models() -> Iterable[type[AcdbModel]]:
    return [model for model in apps.get_models() if issubclass(model, AcdbModel)]


def create_tables(connection: BaseDatabaseWrapper) -> None:
    """Create every ACDB table. Only autonumbers become keys; nothing else is unique or required in Access."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in acdb_models():
            columns = []
            for field in model._meta.concrete_fields:
                keyed = isinstance(field, models.AutoField)
                kind = (field.db_type(connection) or "").split(" CHECK")[0]
                if keyed:
                    kind = f"{kind} PRIMARY KEY {field.db_type_suffix(connection) or ''}".rstrip()
                columns.append(f"{quote(str(field.column))} {kind}")
            cursor.execute(f"CREATE TABLE {quote(model._meta.db_table)} ({', '.join(columns)})")


def sqlite_entry(path: Path) -> dict[str, Any]:
    """A SQLite file as an entry of Django's DATABASES, with the options the portal uses."""
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": settings.SQLITE_OPTIONS}


@contextmanager
def using_acdb(entry: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """Make a database the ACDB for a while, in this thread and in those that are started meanwhile.

    It is outside the test's transaction: what is written stays written. The test must ask for both databases.
    """
    usual, connection = connections.settings[ACDB], connections[ACDB]
    connections.settings[ACDB] = {**usual, "OPTIONS": {}, **entry}
    del connections[ACDB]
    try:
        yield connections[ACDB]
    finally:
        connections[ACDB].close()
        connections.settings[ACDB] = usual
        connections[ACDB] = connection
