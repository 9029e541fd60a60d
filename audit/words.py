"""What people call the tables and columns of the ACDB, where the portal knows them (the models' own words)."""

from functools import lru_cache

from django.apps import apps
from django.utils.text import capfirst

from ccportal.acdb.introspection import Column, Table


def column_words(table: Table) -> list[tuple[Column, str]]:
    """Each column with its words; a column that the portal does not know keeps its name."""
    return [(column, column_word(table.name, column.name)) for column in table.columns]


def column_word(table: str, column: str) -> str:
    """``Customer type`` for ``CUSTOMER POSITION`` of tblcustomer."""
    return _words().get((table.casefold(), column.casefold()), column)


@lru_cache(maxsize=1)
def _words() -> dict[tuple[str, str], str]:
    """By the column's name in the database, which for our own tables is that of the field too."""
    return {
        (model._meta.db_table.casefold(), name.casefold()): capfirst(str(field.verbose_name))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        for name in {str(field.column), field.name}
    }
