"""Database functions for local days and hours of ACDB times, written for each engine.

ACDB columns hold local times (semantics 6); Django's own truncation calls Python for each row on SQLite.
"""

from typing import Any

from django.db.models import CharField, Func


class _LocalText(Func):
    """The beginning of a time written as ``YYYY-MM-DD HH:MM:SS``; NULL stays NULL."""

    arity = 1
    output_field = CharField()
    length: int
    postgresql_format: str

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template=f"substr(%(expressions)s, 1, {self.length})", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        zone = connection.timezone_name
        local = f"to_char(%(expressions)s AT TIME ZONE '{zone}', '{self.postgresql_format}')"
        return super().as_sql(compiler, connection, template=local, **extra)

    def as_microsoft(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(
            compiler, connection, template=f"CONVERT(varchar({self.length}), %(expressions)s, 120)", **extra
        )


class LocalDay(_LocalText):
    """``2026-10-31``"""

    length = 10
    postgresql_format = "YYYY-MM-DD"


class LocalHour(_LocalText):
    """``2026-10-31 21``"""

    length = 13
    postgresql_format = "YYYY-MM-DD HH24"
