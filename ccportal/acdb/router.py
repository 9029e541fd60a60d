"""Sends ACDB models to the ACDB and keeps migrations away from it."""

from typing import Any

from django.db.models import Model

from ccportal.acdb.models import AcdbModel

ACDB = "acdb"


class AcdbRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return ACDB if issubclass(model, AcdbModel) else "default"

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return isinstance(one, AcdbModel) == isinstance(other, AcdbModel)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        return db != ACDB
