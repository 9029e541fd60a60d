"""Database functions for ACDB columns, written for each engine."""

from typing import Any

from django.db.models import Func, IntegerField
from django.db.models.functions import Right, Trim, Upper


class YearMonth(Func):
    """The local year and month of an ACDB time as one number, 202603; NULL stays NULL.

    ACDB columns hold local times (semantics 6), so no conversion is wanted. Django's own extraction calls Python
    for each row on SQLite; this is the engine's own arithmetic, and one pass instead of two.
    """

    arity = 1
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "CAST(substr(%(expressions)s, 1, 4) || substr(%(expressions)s, 6, 2) AS INTEGER)"
        return self._twice(compiler, connection, template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        zone = connection.timezone_name
        local = f"(%(expressions)s AT TIME ZONE '{zone}')"
        template = f"(EXTRACT(YEAR FROM {local}) * 100 + EXTRACT(MONTH FROM {local}))::integer"
        return self._twice(compiler, connection, template, **extra)

    def as_microsoft(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self._twice(compiler, connection, "(YEAR(%(expressions)s) * 100 + MONTH(%(expressions)s))", **extra)

    def _twice(self, compiler: Any, connection: Any, template: str, **extra: Any) -> Any:
        """The expression stands twice in the template, so its parameters do too."""
        sql, params = super().as_sql(compiler, connection, template=template, **extra)
        return sql, [*params, *params]


def normalised(column: str) -> Upper:
    """An account number trimmed and upper-cased in the query, for engines that compare letter by letter (D-13)."""
    return Upper(Trim(column))


def site_of(column: str) -> Right:
    """The last three characters of a normalised account number (semantics 5.1)."""
    return Right(normalised(column), 3)
