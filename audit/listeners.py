"""Logs every change to the models that ``ccportal.core.audited`` knows, wherever it is made.

Seen are creations, changes and deletions of instances and changes of many-to-many fields; not seen are
``QuerySet.update`` and bulk operations, whose callers write their own entry with ``services.record_change``.
Acts of administrators that change no field (``audited.happened``) are logged too. The entry is in the transaction of
the change where there is one.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from audit.actors import Actor, current_actor
from audit.models import Action, Mutation
from audit.services.own import record_change
from ccportal.accounts.models import Employee
from ccportal.acdb.signals import acdb_imported
from ccportal.core.audited import current_reason, happened, registered

Values = dict[str, Any]
_BEFORE = "_audit_before"
_seen = False


def connect() -> None:
    """Start listening; called once, when Django is ready."""
    for signal, receiver in (
        (pre_save, _before_save),
        (post_save, _after_save),
        (post_delete, _after_delete),
        (m2m_changed, _links_changed),
        (happened, _happened),
        (acdb_imported, _imported),
    ):
        signal.connect(receiver, dispatch_uid=f"audit.{receiver.__name__}")


def _before_save(sender: type[Model], instance: Model, using: str, **_: Any) -> None:
    if sender not in registered():
        return
    before = None
    if instance.pk is not None and not instance._state.adding:
        stored = sender._base_manager.using(using).filter(pk=instance.pk).first()
        before = _values(stored) if stored is not None else None
    setattr(instance, _BEFORE, before)


def _after_save(sender: type[Model], instance: Model, created: bool, **_: Any) -> None:
    if sender not in registered():
        return
    before, after = instance.__dict__.pop(_BEFORE, None), _values(instance)
    if created:
        _log(instance, Action.CREATE, "created", None, after)
    elif before is not None and before != after:
        _log(instance, Action.UPDATE, "changed", before, after)


def _after_delete(sender: type[Model], instance: Model, **_: Any) -> None:
    if sender in registered():
        _log(instance, Action.DELETE, "deleted", _values(instance), None)


def _links_changed(
    sender: type[Model], instance: Model, action: str, reverse: bool, model: type[Model], pk_set: Any, **_: Any
) -> None:
    if reverse or type(instance) not in registered():
        return
    field = next((f for f in instance._meta.many_to_many if f.remote_field.through is sender), None)
    if field is None or field.name in registered()[type(instance)]:
        return
    stash = f"{_BEFORE}_{field.name}"
    if action.startswith("pre_"):
        setattr(instance, stash, _linked(instance, field.name))
        return
    before, after = instance.__dict__.pop(stash, []), _linked(instance, field.name)
    if before != after:
        _log(instance, Action.UPDATE, "changed", {field.name: before}, {field.name: after})


def _happened(sender: type[Model], event: str, record: Model, **_: Any) -> None:
    if _log_exists():
        record_change(current_actor(), event, record._meta.db_table, str(record.pk), {}, {}, action=Action.UPDATE)


def _imported(
    sender: Any, import_id: int, actor: str, file_name: str, sha256: str, rows: int, tables: Values, **_: Any
) -> None:
    """An import replaces every record at once: one entry, without the records."""
    employee = Employee.objects.filter(employee_no=actor).first() if actor else None
    record_change(
        Actor.of(employee) if employee else Actor.system(),
        "acdb.imported",
        "all tables",
        str(import_id),
        None,
        {"file": file_name, "sha256": sha256, "rows": rows, **{f"rows of {name}": n for name, n in tables.items()}},
        action=Action.IMPORT,
        database="acdb",
    )


def _linked(instance: Model, name: str) -> list[str]:
    return sorted(str(linked) for linked in getattr(instance, name).all())


def _log(instance: Model, action: str, verb: str, old: Values | None, new: Values | None) -> None:
    if not _log_exists():  # in the middle of the first migrations
        return
    meta = instance._meta
    record_change(
        current_actor(),
        f"{meta.app_label}.{meta.model_name}.{verb}",
        meta.db_table,
        str(instance.pk),
        old,
        new,
        action=action,
        reason=current_reason(),
    )


def _values(instance: Model) -> Values:
    """The fields of an instance as JSON values, without those that are never logged."""
    excluded = registered()[type(instance)]
    return {
        field.name: plain(field.value_from_object(instance))
        for field in instance._meta.concrete_fields
        if field.name not in excluded
    }


def plain(value: Any) -> Any:
    """A field's value as JSON has it: times in ISO form, decimals as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _log_exists() -> bool:
    """Whether the log's table is there; asked of the database until it is."""
    global _seen
    _seen = _seen or Mutation._meta.db_table in connection.introspection.table_names()
    return _seen
