"""Compares the live tables of the ACDB with what the models expect of them."""

from dataclasses import dataclass

from django.db import models

from ccportal.acdb.importer.expected import REQUIRED, columns_of, models_by_table
from ccportal.acdb.introspection import Column, Table, tables
from ccportal.acdb.models import AcdbModel
from ccportal.acdb.sql import POSTGRESQL, acdb

_WANTED: dict[type[models.Field], frozenset[str]] = {
    models.DateTimeField: frozenset({"date"}),
    models.FloatField: frozenset({"number", "whole number"}),
    models.DecimalField: frozenset({"number", "whole number"}),
    models.IntegerField: frozenset({"whole number"}),
    models.BooleanField: frozenset({"yes or no", "whole number"}),
    # Phones and states are text or number from one file to the next (acdb_schema); pages read them as text.
    models.CharField: frozenset({"text", "whole number", "yes or no"}),
}


@dataclass(frozen=True)
class Difference:
    """``missing``: the portal cannot work with it; otherwise it is good to know."""

    table: str
    text: str
    missing: bool


def differences() -> list[Difference]:
    """Every difference, tables in the order of their names."""
    live = {table.name.casefold(): table for table in tables()}
    found: list[Difference] = []
    for name, model in sorted(models_by_table().items()):
        wanted = model._meta.db_table
        if name not in live:
            required = wanted in REQUIRED
            found.append(Difference(wanted, "is missing" if required else "is not there (optional)", required))
        else:
            found += _of_table(live[name], model)
    return found


def _of_table(table: Table, model: type[AcdbModel]) -> list[Difference]:
    exact = acdb().vendor == POSTGRESQL
    found = []
    if exact and table.name != model._meta.db_table:
        found.append(Difference(table.name, f"must be called {model._meta.db_table} on PostgreSQL", True))
    for wanted, field in columns_of(model):
        column = table.column(wanted)
        if column is None:
            found.append(Difference(table.name, f"has no column {wanted}", True))
        elif exact and column.name != wanted:
            found.append(Difference(table.name, f"column {column.name} must be called {wanted}", True))
        else:
            found += [Difference(table.name, text, False) for text in _of_column(column, field)]
    return found


def _of_column(column: Column, field: models.Field) -> list[str]:
    said = []
    wanted = next((families for kind, families in _WANTED.items() if isinstance(field, kind)), None)
    if wanted and column.family not in wanted:
        said.append(f"column {column.name} holds {column.family} ({column.declared}), expected {min(wanted)}")
    if column.declared == "timestamp without time zone":
        said.append(
            f"column {column.name} has no time zone; make it timestamptz: ALTER COLUMN ... TYPE timestamptz "
            "USING ... AT TIME ZONE the meters' zone"
        )
    return said
