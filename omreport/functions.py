"""Database functions of the rollups, written for each engine; ACDB times are local (semantics 6)."""

from typing import Any

from django.db.models import BigIntegerField, CharField, Func, IntegerField


class _Local(Func):
    """A function of one local time, with a template per engine; ``{x}`` stands for the time."""

    arity = 1
    sqlite: str
    postgresql: str
    microsoft: str

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self._written(compiler, self.sqlite)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self._written(compiler, self.postgresql.format(x=f"({{x}} AT TIME ZONE '{connection.timezone_name}')"))

    def as_microsoft(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self._written(compiler, self.microsoft)

    def _written(self, compiler: Any, template: str) -> Any:
        sql, params = compiler.compile(self.get_source_expressions()[0])
        return template.format(x=sql), params


class DayBit(_Local):
    """One bit for the day of the month, the first day the lowest: the sum over distinct values is the set of days."""

    output_field = BigIntegerField()
    sqlite = "(1 << (CAST(substr({x}, 9, 2) AS INTEGER) - 1))"
    postgresql = "(1::bigint << (EXTRACT(DAY FROM {x})::integer - 1))"
    microsoft = "CAST(POWER(CAST(2 AS bigint), DAY({x}) - 1) AS bigint)"


class LocalDay(_Local):
    """The day of the month, 1 to 31."""

    output_field = IntegerField()
    sqlite = "CAST(substr({x}, 9, 2) AS INTEGER)"
    postgresql = "EXTRACT(DAY FROM {x})::integer"
    microsoft = "DAY({x})"


class LocalHour(_Local):
    """The hour of the day, 0 to 23."""

    output_field = IntegerField()
    sqlite = "CAST(substr({x}, 12, 2) AS INTEGER)"
    postgresql = "EXTRACT(HOUR FROM {x})::integer"
    microsoft = "DATEPART(hour, {x})"


class LocalStamp(_Local):
    """``2026-10-31 21:18:10``, without a conversion in Python for every row."""

    output_field = CharField()
    sqlite = "substr({x}, 1, 19)"
    postgresql = "to_char({x}, 'YYYY-MM-DD HH24:MI:SS')"
    microsoft = "CONVERT(varchar(19), {x}, 120)"


class RowHash(Func):
    """A number that changes when a ledger row changes: ID, account, time, amount, kWh, payment flag.

    Its sum over a month, beside count and sums, tells whether anything in the month was edited, also where amounts
    were exchanged between rows or a row was given to another account. PostgreSQL and SQL Server hash the row; SQLite,
    which has no hash of its own, adds up the values weighted by the ID.
    """

    arity = 6
    output_field = BigIntegerField()
    _PRIME = 1_000_003

    def _columns(self, compiler: Any) -> list[str]:
        return [compiler.compile(expression)[0] for expression in self.get_source_expressions()]

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        key, account, at, amount, kwh, payment = self._columns(compiler)
        number = f"CAST(COALESCE({{}}, -0.5) * 10000 AS INTEGER) % {self._PRIME}"
        letters = " + ".join(
            f"COALESCE(unicode(substr({account}, {place})), 0) * {factor}"
            for place, factor in ((-1, 40009), (-2, 20011), (-3, 10007))
        )
        time = f"CAST((COALESCE(julianday({at}), 0) - 2451544) * 86400 + 0.5 AS INTEGER) % {self._PRIME}"
        sql = (
            f"(({key} % 8191 + 1) * ({number.format(amount)} * 3 + {number.format(kwh)} * 5 + {time} + {letters}"
            f" + CAST(COALESCE({account}, -1) AS INTEGER) * 31 + COALESCE(length({account}), 99) * 101"
            f" + COALESCE({payment}, 2) * 7919))"
        )
        # Percent signs would be taken for placeholders.
        return sql.replace("%", "%%"), []

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return f"hashtextextended(ROW({', '.join(self._columns(compiler))})::text, 0) / 1048576", []

    def as_microsoft(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        key, account, at, amount, kwh, payment = self._columns(compiler)
        # BINARY_CHECKSUM would be shorter, but it misses exchanges of values between rows. Style 2 writes all digits.
        row = f"{key}, '|', {account} + '.', '|', CONVERT(char(23), {at}, 121), '|', CONVERT(char(40), {amount}, 2)"
        row += f", '|', CONVERT(char(40), {kwh}, 2), '|', {payment}"
        return f"CAST(SUBSTRING(HASHBYTES('MD5', CONCAT({row})), 1, 8) AS bigint) / 1048576", []


class AsWritten(Func):
    """A text told from its other spellings, also by an engine that takes capitals and blanks for equal."""

    arity = 1
    output_field = CharField()
    template = "%(expressions)s"
    _MARK = "|"

    def as_microsoft(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # SQL Server ignores blanks at the end, in every collation; the mark makes them count.
        marked = f"(%(expressions)s + N'{self._MARK}') COLLATE Latin1_General_BIN2"
        return super().as_sql(compiler, connection, template=marked, **extra)

    def convert_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return value.removesuffix(self._MARK) if value and connection.vendor == "microsoft" else value
