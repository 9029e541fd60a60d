"""Which tables the portal wants of a file, taken from the models; and how a file that differs is made to fit."""

from dataclasses import replace

from django.apps import apps
from django.db import models

from ccportal.acdb.importer.errors import BadFile
from ccportal.acdb.importer.source import SourceColumn, SourceTable
from ccportal.acdb.models import AcdbModel

#: Without these there is no portal; other tables of the models may be absent (acdb_schema 6).
REQUIRED = (
    "tblcustomer", "tblaccountnumbers", "tblmeter", "Copy Of tblmeter", "tblaccounthistory1",
    "tblaccounthistoryOriginal", "tblmeterdata1", "tblconfig",
)  # fmt: skip


def models_by_table() -> dict[str, type[AcdbModel]]:
    """Every ACDB model by the folded name of its table."""
    found = [model for model in apps.get_models() if issubclass(model, AcdbModel)]
    return {model._meta.db_table.casefold(): model for model in found}


def columns_of(model: type[models.Model]) -> list[tuple[str, models.Field]]:
    """The columns a model reads, each with its field."""
    return [(field.column, field) for field in model._meta.concrete_fields if field.column is not None]


def require_tables(tables: list[SourceTable]) -> None:
    """``BadFile`` naming the required tables that the file lacks."""
    present = {table.name.casefold() for table in tables}
    missing = [name for name in REQUIRED if name.casefold() not in present]
    if missing:
        raise BadFile(
            f"The file lacks {', '.join(missing)}: it is no customer database, or it is damaged. "
            f"It lists {len(tables)} tables."
        )


def missing_optional(tables: list[SourceTable]) -> list[str]:
    present = {table.name.casefold() for table in tables}
    wanted = {model._meta.db_table for model in models_by_table().values()} - set(REQUIRED)
    return sorted(name for name in wanted if name.casefold() not in present)


def fitted(table: SourceTable, *, folds_case: bool) -> tuple[SourceTable, tuple[SourceColumn, ...], list[str]]:
    """The table as it is to be created, columns to add to it, and what to tell about that.

    Where the engine tells ``Current Balance`` from ``current balance`` and Access does not, the models' spelling is
    taken. A column that a model has and the file has not is added and stays empty, so that pages can be shown.
    """
    model = models_by_table().get(table.name.casefold())
    if model is None:
        return table, (), []
    said: list[str] = []
    fields = {column.casefold(): (column, field) for column, field in columns_of(model)}
    if not folds_case:
        table, said = _respelt(table, model._meta.db_table, {name: column for name, (column, _) in fields.items()})
    present = {column.name.casefold() for column in table.columns}
    added = tuple(_empty_column(*fields[name]) for name in fields if name not in present)
    said += [f"{table.name} has no column {column.name}; it reads as empty." for column in added]
    return table, added, said


def _respelt(table: SourceTable, name: str, names: dict[str, str]) -> tuple[SourceTable, list[str]]:
    def spelt(column: str) -> str:
        return names.get(column.casefold(), column)

    columns = tuple(replace(column, name=spelt(column.name)) for column in table.columns)
    said = [
        f"{table.name} writes {old.name}; here it is {new.name}."
        for old, new in zip(table.columns, columns, strict=True)
        if old.name != new.name
    ]
    said += [f"The table {table.name} is called {name} here."] if table.name != name else []
    return SourceTable(name, columns, tuple(map(spelt, table.primary_key)), table.rows), said


def _empty_column(column: str, field: models.Field) -> SourceColumn:
    kinds: dict[type[models.Field], str] = {
        models.DateTimeField: "DATETIME",
        models.FloatField: "DOUBLE",
        models.DecimalField: "CURRENCY",
        models.IntegerField: "INTEGER",
        models.BooleanField: "BIT",
    }
    kind = next((name for kind, name in kinds.items() if isinstance(field, kind)), "VARCHAR")
    return SourceColumn(column, kind, 255 if kind == "VARCHAR" else None)
