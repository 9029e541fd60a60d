"""An empty ACDB for tests: the tables of the models, keyed and unkeyed as Access has them."""

from collections.abc import Iterable

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from ccportal.acdb.models import AcdbModel


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
                columns.append(f"{quote(field.column)} {kind}" + (" PRIMARY KEY" if keyed else ""))
            cursor.execute(f"CREATE TABLE {quote(model._meta.db_table)} ({', '.join(columns)})")
