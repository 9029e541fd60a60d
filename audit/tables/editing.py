"""Entering, changing and deleting records of any table, by whoever's role may (permission: by table, semantics 19)."""

import json
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit import services
from audit.actors import Actor
from audit.models import Mutation
from audit.services.rows import address
from audit.tables.forms import DeletionForm, RecordForm
from audit.tables.views import shown
from ccportal.accounts.permissions import requires
from ccportal.acdb import gateway
from ccportal.acdb.introspection import Table, get_table
from ccportal.acdb.values import Row
from ccportal.core.errors import Conflict, InvalidInput, NotFound

GONE = "Somebody deleted this record, or changed its key, while the form was open. What you typed is below."


@require_safe
@requires("view_tables")
def new(request: HttpRequest, name: str) -> HttpResponse:
    """An empty record."""
    table, _ = _table_for(request, name, "create")
    return _form_page(request, table, RecordForm(table))


@require_POST
@requires("view_tables")
def create(request: HttpRequest, name: str) -> HttpResponse:
    """Enter a record."""
    table, actor = _table_for(request, name, "create")
    form = RecordForm(table, request.POST)
    if not form.is_valid():
        return _form_page(request, table, form, status=422)
    try:
        entry = services.create_record(actor, table.name, form.values, reason=form.cleaned_data["reason"])
    except (InvalidInput, Conflict) as error:
        _blame(form, error)
        return _form_page(request, table, form, status=error.status)
    messages.success(request, f"The record is entered. Entry {entry.pk} of the log says so.")
    return redirect(_address_of(table, entry))


@require_safe
@requires("view_tables")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """A record in a form: ``?id=1042``."""
    table, _ = _table_for(request, name, "update")
    record_id, row = _record(table, request.GET.get("id", ""))
    return _form_page(request, table, RecordForm(table, row=row), record_id=record_id)


@require_POST
@requires("view_tables")
def save(request: HttpRequest, name: str) -> HttpResponse:
    """Write what differs from the record that the form showed, if the record still is like that."""
    table, actor = _table_for(request, name, "update")
    record_id, row = _record_or_key(table, request.GET.get("id", ""))
    form = RecordForm(table, request.POST, row=row or {})
    if not form.is_valid():
        return _form_page(request, table, form, record_id=record_id, status=422)
    if not form.values:
        messages.info(request, "Nothing was changed.")
        return redirect(_address(table, record_id))
    try:
        entry = services.update_record(
            actor, table.name, record_id, form.values, expected=form.opened, reason=form.cleaned_data["reason"]
        )
    except InvalidInput as error:
        _blame(form, error)
        return _form_page(request, table, form, record_id=record_id, status=error.status)
    except (Conflict, NotFound) as error:
        return _conflict_page(request, table, form, record_id, error)
    messages.success(request, f"The record is changed. Entry {entry.pk} of the log says how, and can undo it.")
    return redirect(_address_of(table, entry))


@require_safe
@requires("delete_records")
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether a record shall be deleted: ``?id=1042``."""
    table, _ = _table_for(request, name, "delete")
    record_id, row = _record(table, request.GET.get("id", ""))
    return _deletion_page(request, table, record_id, row, DeletionForm(initial={"seen": _json(row)}))


@require_POST
@requires("delete_records")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Delete a record; the log keeps it whole, and can bring it back."""
    table, actor = _table_for(request, name, "delete")
    record_id, row = _record(table, request.GET.get("id", ""))
    form = DeletionForm(request.POST)
    if not form.is_valid():
        return _deletion_page(request, table, record_id, row, form, status=422)
    try:
        entry = services.delete_record(
            actor, table.name, record_id, expected=form.cleaned_data["seen"], reason=form.cleaned_data["reason"]
        )
    except (InvalidInput, Conflict) as error:
        again = DeletionForm({"reason": form.cleaned_data["reason"], "seen": _json(row)})
        again.add_error(None, error.message)
        return _deletion_page(request, table, record_id, row, again, status=error.status)
    messages.success(request, f"The record is deleted. Entry {entry.pk} of the log keeps it and can undo this.")
    return redirect("tables:table", table.name)


def _table_for(request: HttpRequest, name: str, effect: str) -> tuple[Table, Actor]:
    """The table and the actor, who may do this to its records."""
    table, actor = get_table(name), Actor.of(request)
    actor.require(services.permission_for(table.name, effect))
    gateway.refuse_if_read_only()
    return table, actor


def _record(table: Table, record_id: str) -> tuple[str, Row]:
    """The record with an id as it is now; in a table without key the id that means this row alone."""
    row = gateway.fetch_record(table, record_id)
    if row is None:
        raise NotFound(f"There is no record {record_id} in {table.name}.")
    return gateway.record_id_of(table, row), row


def _record_or_key(table: Table, record_id: str) -> tuple[str, Row | None]:
    """The same for a form that comes back: a row without key that has changed since is looked for by its key."""
    row = gateway.fetch_record(table, record_id)
    return record_id, row if row is not None else _by_key_alone(table, record_id)


def _by_key_alone(table: Table, record_id: str) -> Row | None:
    if table.primary_key:
        return None
    try:
        return gateway.fetch_record(table, record_id.rpartition("@")[0] or record_id)
    except Conflict:
        return None  # several rows share the key: which one it was cannot be told


def _form_page(
    request: HttpRequest, table: Table, form: RecordForm, *, record_id: str = "", status: int = 200
) -> HttpResponse:
    context = {"table": table, "form": form, "record_id": record_id, "action": _action(table, record_id)}
    return render(request, "audit/tables/form.html", context, status=status)


def _conflict_page(
    request: HttpRequest, table: Table, form: RecordForm, record_id: str, error: Conflict | NotFound
) -> HttpResponse:
    """What others changed beside what was typed, and the form again over the record as it is now."""
    row = gateway.fetch_record(table, record_id) if table.primary_key else _by_key_alone(table, record_id)
    if row is None:
        context = {"table": table, "message": GONE, "typed": form.values.items(), "form": None}
        return render(request, "audit/tables/conflict.html", context, status=409)
    now_id = gateway.record_id_of(table, row)
    context = {
        "table": table,
        "message": error.message,
        "differences": form.differences(row),
        "form": form.rebased(row),
        "record_id": now_id,
        "action": _action(table, now_id),
    }
    return render(request, "audit/tables/conflict.html", context, status=409)


def _deletion_page(
    request: HttpRequest, table: Table, record_id: str, row: Row, form: DeletionForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "table": table,
        "record_id": record_id,
        "form": form,
        "cells": [(column, shown(row[column.name])) for column in table.columns],
        "action": f"{reverse('tables:remove', args=[table.name])}?{urlencode({'id': record_id})}",
    }
    return render(request, "audit/tables/delete.html", context, status=status)


def _blame(form: RecordForm, error: InvalidInput | Conflict) -> None:
    """Put a fault to the column that it names."""
    field = next((name for name, column in form.columns.items() if column.name == error.field), None)
    form.add_error(field, error.message)


def _json(row: Row) -> str:
    return json.dumps(gateway.jsonable(row))


def _action(table: Table, record_id: str) -> str:
    if not record_id:
        return reverse("tables:create", args=[table.name])
    return f"{reverse('tables:save', args=[table.name])}?{urlencode({'id': record_id})}"


def _address(table: Table, record_id: str) -> str:
    return f"{reverse('tables:record', args=[table.name])}?{urlencode({'id': record_id})}"


def _address_of(table: Table, entry: Mutation) -> str:
    """The page of the record that an entry left."""
    return _address(table, address(table, entry.new_values or {}))
