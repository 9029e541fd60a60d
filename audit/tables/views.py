"""The table browser: every table of the ACDB, its rows, one record, downloads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.actors import Actor
from audit.services.records import permission_for
from audit.tables import counts, keyset
from audit.tables.downloads import download_response
from audit.tables.filters import Filter, filters_of
from audit.tables.forms import RowsForm
from audit.tables.rows import Rows, rows_of
from audit.words import column_words
from ccportal.accounts.permissions import requires
from ccportal.acdb import gateway
from ccportal.acdb.introspection import BINARIES, Column, Table, get_table
from ccportal.acdb.values import Row, json_value
from ccportal.core.errors import InvalidInput, NotFound
from ccportal.core.htmx import render_page
from ccportal.core.templatetags.portal import local, orempty

PAGE_SIZE = 25
_NUMERIC = frozenset({"whole number", "number"})


@dataclass(frozen=True)
class Wanted:
    """What an address asks of a table."""

    search: str = ""
    sort: str = ""
    order: str = "asc"
    filters: tuple[Filter, ...] = ()

    @property
    def narrowing(self) -> list[tuple[str, str]]:
        """The part of the address that says which rows."""
        search = [("search", self.search)] if self.search else []
        return search + [pair for each in self.filters for pair in each.pairs]

    @property
    def sorting(self) -> list[tuple[str, str]]:
        return [("sort", self.sort), ("order", self.order)] if self.sort else []

    def rows(self, table: Table) -> Rows:
        return rows_of(
            table,
            search=self.search,
            sort=self.sort,
            order=self.order,
            clauses=[each.clause() for each in self.filters],
        )


@dataclass(frozen=True)
class Heading:
    """A column above its cells, with the addresses that sort and filter by it."""

    column: Column
    words: str
    url: str
    sorted: str
    filter_url: str

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
    found, wanted, fault = get_table(name), Wanted(), ""
    try:
        wanted = wanted_of(found, request)
        listed = _page(wanted.rows(found), request)
    except InvalidInput as error:
        fault, wanted = error.message, Wanted()
        listed = keyset.first_page(rows_of(found), PAGE_SIZE)
    headings = [_heading(column, words, wanted) for column, words in column_words(found)]
    column = found.column(request.GET.get("for", ""))
    # What was typed into a filter that could not be used stays in its inputs.
    typed = request.GET if fault else {"search": wanted.search, "col": column.name if column else ""}
    context = {
        "table": found,
        "form": RowsForm(typed, found, column),
        "fault": fault,
        "page": listed,
        "count": counts.about(wanted.rows(found)),
        "rows": [(gateway.record_id_of(found, row), _cells(headings, row)) for row in listed.items],
        "headings": headings,
        "chosen": [(each.sentence, _without(wanted, each)) for each in wanted.filters],
        "kept": [pair for each in wanted.filters for pair in each.pairs] + wanted.sorting,
        "narrowed": bool(wanted.narrowing),
        "links": _links(listed, wanted),
        "downloads": [(kind.upper(), _download(found.name, kind, wanted)) for kind in ("csv", "xlsx")],
        "export_url": reverse("exports:choose") + _query([("table", found.name), *wanted.narrowing]),
        "may_create": Actor.of(request).may(permission_for(found.name, "create")),
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
    actor = Actor.of(request)
    context = {
        "table": found,
        "record_id": record_id,
        "cells": [(column, words, shown(row[column.name])) for column, words in column_words(found)],
        "history": f"{reverse('audit:record')}?{urlencode({'table': found.name, 'record': record_id})}",
        "may_update": actor.may(permission_for(found.name, "update")),
        "may_delete": actor.may(permission_for(found.name, "delete")),
    }
    return render(request, "audit/tables/record.html", context)


@require_safe
@requires("export_tables")
def download(request: HttpRequest, name: str, kind: str) -> HttpResponseBase:
    """The rows that the table's page shows, all of them, as a file."""
    found = get_table(name)
    return download_response(wanted_of(found, request).rows(found), found.column_names, kind, found.name)


def wanted_of(found: Table, request: HttpRequest) -> Wanted:
    """What the address asks for; ``InvalidInput`` says what does not fit."""
    query = request.GET
    search = query.get("search", "").strip()
    if len(search) > 300 or "\x00" in search:
        raise InvalidInput("The text that is searched for is too long.", field="search")
    order = "desc" if query.get("order") == "desc" else "asc"
    return Wanted(search, query.get("sort", ""), order, tuple(filters_of(found, query)))


def shown(value: Any) -> str:
    """A cell for people: times as everywhere in the portal, yes and no, a dash for nothing."""
    if isinstance(value, datetime):
        return local(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return orempty(json_value(value))


def _cells(headings: list[Heading], row: Row) -> list[tuple[Heading, str]]:
    return [(heading, shown(row[heading.column.name])) for heading in headings]


def _page(rows: Rows, request: HttpRequest) -> keyset.Slice:
    query = request.GET
    if query.get("after"):
        return keyset.page_after(rows, keyset.Place.parse(query["after"]), PAGE_SIZE)
    if query.get("before"):
        return keyset.page_before(rows, keyset.Place.parse(query["before"]), PAGE_SIZE)
    if query.get("last"):
        return keyset.last_page(rows, PAGE_SIZE, counts.about(rows).number)
    return keyset.first_page(rows, PAGE_SIZE)


def _links(listed: keyset.Slice, wanted: Wanted) -> list[tuple[str, str, str]]:
    """The neighbouring pages: what a link is called, its ``rel``, its address."""
    base = wanted.narrowing + wanted.sorting
    links = []
    if listed.before:
        links += [("First", "first", _query(base)), ("Previous", "prev", _query(base, ("before", str(listed.before))))]
    if listed.after:
        links += [
            ("Next", "next", _query(base, ("after", str(listed.after)))),
            ("Last", "last", _query(base, ("last", "1"))),
        ]
    return links


def _query(*parts: Any) -> str:
    pairs = [pair for part in parts for pair in (part if isinstance(part, list) else [part])]
    return "?" + urlencode(pairs)


def _without(wanted: Wanted, gone: Filter) -> str:
    rest = Wanted(wanted.search, wanted.sort, wanted.order, tuple(each for each in wanted.filters if each is not gone))
    return _query(rest.narrowing, rest.sorting)


def _heading(column: Column, words: str, wanted: Wanted) -> Heading:
    """Sorts by the column; a second time the other way round."""
    current = wanted.sort.casefold() == column.name.casefold()
    turned = "desc" if current and wanted.order == "asc" else "asc"
    url = "" if column.type in BINARIES else _query(wanted.narrowing, [("sort", column.name), ("order", turned)])
    order = {"asc": "ascending", "desc": "descending"}[wanted.order] if current else ""
    return Heading(column, words, url, order, _query(wanted.narrowing, wanted.sorting, ("for", column.name)))


def _download(name: str, kind: str, wanted: Wanted) -> str:
    return reverse("tables:download", args=[name, kind]) + _query(wanted.narrowing)
