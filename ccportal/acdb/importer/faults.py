"""Tells a full disk from other faults, whoever reports it."""

import errno
import sqlite3

from django.db.utils import Error as DatabaseError

_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
#: A file that may not grow makes SQLite report an input/output error instead of a full disk.
_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}
_POSTGRESQL = {"53100"}


def is_disk_full(error: BaseException) -> bool:
    """True when this error, or the one behind it, says that there is no room to write."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _ERRNOS:
            return True
        if getattr(seen, "sqlite_errorcode", None) in _SQLITE or getattr(seen, "sqlstate", None) in _POSTGRESQL:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def is_database_fault(error: BaseException) -> bool:
    """True for what either driver raises, wrapped by Django or not."""
    return isinstance(error, DatabaseError | sqlite3.Error) or type(error).__module__.startswith("psycopg")


def is_repeated_key(error: Exception) -> bool:
    """True when a row with a key that is there already was refused."""
    return isinstance(error, sqlite3.IntegrityError) or getattr(error, "sqlstate", None) == "23505"
