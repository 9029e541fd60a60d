"""SQL that differs by engine, and names put into SQL safely.

Names come from the catalogue (``introspection``) only; quoting is the second wall behind that.
"""

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ccportal.acdb.router import ACDB

SQLITE, POSTGRESQL, SQL_SERVER = "sqlite", "postgresql", "microsoft"


def acdb() -> BaseDatabaseWrapper:
    return connections[ACDB]


def quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    """A table or column name as the engine wants it, for statements without parameters.

    Django's own quoting takes names on trust; these come from a foreign file and may hold anything.
    """
    if connection.vendor == SQL_SERVER:
        return "[" + name.replace("]", "]]") + "]"
    return '"' + name.replace('"', '""') + '"'


def named(connection: BaseDatabaseWrapper, name: str) -> str:
    """A quoted name for statements with parameters, where a percent sign must be doubled."""
    return quoted(connection, name).replace("%", "%%")
