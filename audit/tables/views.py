"""The table browser: every table of the ACDB, its rows, one record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.tables import counts
from audit.tables.forms import RowsForm
from audit.tables.rows import Rows, page, rows_of
from ccportal.accounts.permissions import requires
from ccportal.acdb import gateway
from ccportal.acdb.introspection import Column, get_table
from ccportal.acdb.values import Row, json_value
from ccportal.core.errors import InvalidInput, NotFound
from ccportal.core.htmx import render_page
from ccportal.core.paging import Page, page_number
from ccportal.core.templatetags.portal import local, orempty

PAGE_SIZE = 25
_NUMERIC = frozenset({"whole number", "number"})


@dataclass(frozen=True)
class Heading:
    """A column above its cells, with the address that sorts by it."""

    column: Column
    url: str
    sorted: str

    @property
    def numeric(self) -> bool:
        return self.column.family in _NUMERIC


@require_safe
@requires("view_tables")
def index(request: HttpRequest) -> HttpResponse:
    """Every table with its size."""
    sizes = sorted(counts.table_sizes().items(), key=lambda item: item[0].name.casefold())
    return render(request, "audit/tables/index.html", {"tables": sizes, "unreadable": counts.UNREADABLE})


@require_safe
@requires("view_tables")
def table(request: HttpRequest, name: str) -> HttpResponse:
    """The rows of a table: searched, filtered, sorted, by page."""
    found = get_table(name)
    form = RowsForm(request.GET, found)
    wanted: dict[str, Any] = form.wanted()
    fault = ""
    try:
        rows = rows_of(found, **wanted)
    except InvalidInput as error:
        rows, fault = rows_of(found), error.message
    listed = _page(rows, page_number(request.GET.get("page")))
    headings = [_heading(column, wanted) for column in found.columns]
    context = {
        "table": found,
        "form": form,
        "fault": fault,
        "page": listed,
        "rows": [(gateway.record_id_of(found, row), _cells(headings, row)) for row in listed.items],
        "headings": headings,
        "narrowed": bool(wanted.keys() & {"search", "filter_val"}),
        "downloads": [(kind.upper(), _download(found.name, kind, wanted)) for kind in ("csv", "xlsx")],
    }
    status = 400 if fault else 200
    return render_page(request, "audit/tables/table.html", "audit/tables/htmx/rows.html", context, status=status)


@require_safe
@requires("view_tables")
def record(request: HttpRequest, name: str) -> HttpResponse:
    """One record with every column and its latest changes: ``?id=1042``."""
    found, record_id = get_table(name), request.GET.get("id", "")
    row = gateway.fetch_record(found, record_id)
    if row is None:
        raise NotFound(f"There is no record {record_id} in {found.name}.")
    context = {
        "table": found,
        "record_id": record_id,
        "cells": [(column, shown(row[column.name])) for column in found.columns],
        "history": f"{reverse('audit:record')}?{urlencode({'table': found.name, 'record': record_id})}",
    }
    return render(request, "audit/tables/record.html", context)


def shown(value: Any) -> str:
    """A cell for people: times as everywhere in the portal, yes and no, a dash for nothing."""
    if isinstance(value, datetime):
        return local(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return orempty(json_value(value))


def _cells(headings: list[Heading], row: Row) -> list[tuple[Heading, str]]:
    return [(heading, shown(row[heading.column.name])) for heading in headings]


def _page(rows: Rows, number: int) -> Page:
    total = counts.total(rows)
    number = min(number, max(-(-total // PAGE_SIZE), 1))
    items: list[Row] = page(rows, total=total, start=(number - 1) * PAGE_SIZE, size=PAGE_SIZE)
    return Page(items, number, PAGE_SIZE, total)


def _heading(column: Column, wanted: dict[str, Any]) -> Heading:
    """Sorts by the column; a second time the other way round."""
    current = wanted.get("sort", "").casefold() == column.name.casefold()
    way = wanted.get("order") or "asc"
    query = {**wanted, "sort": column.name, "order": "desc" if current and way == "asc" else "asc"}
    order = {"asc": "ascending", "desc": "descending"}[way] if current else ""
    return Heading(column, f"?{urlencode(query)}", order)


def _download(name: str, kind: str, wanted: dict[str, Any]) -> str:
    narrowing = {key: value for key, value in wanted.items() if key not in ("sort", "order")}
    return f"{reverse('api_export', args=[name])}?{urlencode({'format': kind, **narrowing})}"
