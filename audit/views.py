"""Pages of the log of changes."""

import json
import re
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit import queries, services
from audit.actors import Actor
from audit.forms import AsOfForm, MutationFilterForm, RevertForm
from audit.models import Mutation
from audit.words import column_word
from ccportal.accounts.permissions import requires
from ccportal.core.downloads import saved_as
from ccportal.core.errors import Conflict, InvalidInput
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from ccportal.core.spreadsheets import CSV_TYPE, csv_pieces

PAGE_SIZE = 25
_FINGERPRINT = re.compile(r"@[0-9a-f]{16}\Z")


@require_safe
@requires("view_mutations")
def index(request: HttpRequest) -> HttpResponse:
    """The whole log, newest first."""
    form = _filter(request)
    wanted = form.wanted()
    page = paged(queries.mutations(wanted), page_number(request.GET.get("page")), PAGE_SIZE)
    context = {"form": form, "page": page, "filtered": wanted != queries.MutationFilter()}
    context["check"] = queries.last_check()
    context["download"] = f"{reverse('audit:download')}?{request.GET.urlencode()}"
    return render_page(request, "audit/index.html", "audit/htmx/list.html", context)


@require_safe
@requires("view_mutations")
def download(request: HttpRequest) -> HttpResponseBase:
    """The entries that the list shows, all of them, as CSV: oldest first, with the values before and after."""
    entries = queries.log_rows(_filter(request).wanted())
    pieces = csv_pieces(queries.LOG_COLUMNS, (map(_cell, entry) for entry in entries))
    return saved_as("mutations.csv", CSV_TYPE, pieces)


@require_safe
@requires("view_mutations")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: who, when, why, and the record before and after."""
    return render(request, "audit/detail.html", _context(queries.get_mutation(pk)))


@require_safe
@requires("revert_mutations")
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """What undoing an entry would do, before anybody does it."""
    entry = queries.get_mutation(pk)
    context = {"entry": entry, "outlook": services.preview(entry), "form": RevertForm()}
    return render(request, "audit/undo.html", context)


@require_POST
@requires("revert_mutations")
def revert(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo an entry."""
    entry = queries.get_mutation(pk)
    form = RevertForm(request.POST)
    if not form.is_valid():
        context = {"entry": entry, "outlook": services.preview(entry), "form": form}
        return render(request, "audit/undo.html", context, status=422)
    try:
        done = services.revert(Actor.of(request), entry, reason=form.cleaned_data["reason"])
    except (Conflict, InvalidInput) as error:
        outlook = services.Preview("", [], error.message)
        context = {"entry": queries.get_mutation(pk), "outlook": outlook, "form": form}
        return render(request, "audit/undo.html", context, status=error.status)
    messages.success(request, f"Entry {pk} is undone; entry {done.pk} says so.")
    return redirect("audit:detail", done.pk)


@require_safe
@requires("view_mutations")
def record(request: HttpRequest) -> HttpResponse:
    """The latest entries of one record, for other pages to embed: ``?table=tblcustomer&record=1042``."""
    table = request.GET.get("table", "")
    # In a table without key the id holds a fingerprint that changes with the row; the log has the rest.
    shown = _FINGERPRINT.sub("", request.GET.get("record", ""))
    if not table or not shown:
        raise InvalidInput("Name the table and the record whose changes you want to see.")
    form = AsOfForm(request.GET or None)
    moment = form.cleaned_data["at"] if form.is_valid() else None
    found = queries.as_of(table, shown, moment) if moment else None
    context: dict[str, object] = {
        "table": table,
        "record": shown,
        "entries": queries.history(table, shown),
        "form": form,
        "moment": moment,
        "found": found,
        "values": [(column_word(table, name), value) for name, value in ((found and found.values) or {}).items()],
    }
    return render_page(request, "audit/record.html", "audit/htmx/record.html", context)


def _filter(request: HttpRequest) -> MutationFilterForm:
    return MutationFilterForm(request.GET, queries.tables_seen(), queries.events_seen())


def _cell(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


def _context(entry: Mutation) -> dict[str, object]:
    lines = queries.lines(entry)
    reversal = queries.reversal_of(entry)
    return {
        "entry": entry,
        "changed": [line for line in lines if line.changed],
        "unchanged": [line for line in lines if not line.changed],
        "reversal": reversal,
        "links": list(entry.links.all()),
        "may_be_undone": entry.state == "applied" and entry.database == "acdb" and reversal is None,
    }
