"""The page Export: choose, fetch small ones at once, wait for large ones."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from audit.exports import services
from audit.exports.forms import ChoiceForm, ExportForm, SetForm, TableForm
from audit.exports.sets import SETS
from audit.exports.sources import csv_pieces, source_of
from ccportal.accounts.callers import caller_of
from ccportal.accounts.permissions import requires
from ccportal.acdb.introspection import get_table, tables
from ccportal.core.downloads import saved_as
from ccportal.core.errors import Conflict, InvalidInput
from ccportal.core.htmx import render_page
from ccportal.core.periods import Month, local_today
from ccportal.core.spreadsheets import CSV_TYPE, XLSX_TYPE
from ccportal.jobs.models import JobState


@require_safe
@requires("export_tables")
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """Prepared sets, tables, and the exports that one has asked for. htmx asks for the latter alone."""
    context = {"sets": SETS.values(), "form": ChoiceForm(None, [table.name for table in tables()]), **_mine(request)}
    return render_page(request, "audit/exports/index.html", "audit/exports/htmx/files.html", context)


@require_safe
@requires("export_tables")
def choose(request: HttpRequest) -> HttpResponse:
    """Columns, rows and format: ``?table=tblcustomer`` or ``?set=customers``."""
    return _form_page(request, _form(request, None))


@require_POST
@requires("export_tables")
def make(request: HttpRequest) -> HttpResponseBase:
    """A small export as the answer, a large one as work for the worker."""
    form = _form(request, request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    wanted, actor = form.wanted(), Actor.of(request)
    try:
        source = source_of(wanted)
        if wanted["format"] == "csv" and source.count(settings.EXPORT_INLINE_ROWS) <= settings.EXPORT_INLINE_ROWS:
            services.log(actor, source.title, wanted)
            return saved_as(f"{source.title}.csv", CSV_TYPE, csv_pieces(source))
        services.order(actor, wanted)
    except (InvalidInput, Conflict) as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _form_page(request, form, status=error.status)
    messages.success(request, "The export is being made. It appears below; you may leave this page.")
    return redirect("exports:index")


@require_safe
@requires("export_tables")
@never_cache
def file(request: HttpRequest, token: str) -> FileResponse:
    """A finished file."""
    export, path = services.fetch(caller_of(request), token)
    kind = XLSX_TYPE if export.format == "xlsx" else CSV_TYPE
    name = f"{export.title}.{export.format}"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=kind)


@require_POST
@requires("export_tables")
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Stop an export, or throw its file away."""
    export = services.cancel(caller_of(request), token)
    messages.success(request, f"The export {export.title} is cancelled.")
    return redirect("exports:index")


def _mine(request: HttpRequest) -> dict[str, Any]:
    exports = services.mine(request.user.get_username())
    unfinished = any(each.job and each.job.state in (JobState.QUEUED, JobState.RUNNING) for each in exports)
    return {"exports": exports, "unfinished": unfinished}


def _form(request: HttpRequest, data: Any) -> ExportForm:
    """The form of what the address names; the last month for sets of a period."""
    if request.GET.get("set"):
        month = Month.of(local_today()) + -1
        last_day = (month + 1).first_day - timedelta(days=1)
        return SetForm(request.GET["set"], data, {"since": month.first_day, "until": last_day})
    return TableForm(get_table(request.GET.get("table", "")), data, request.GET)


def _form_page(request: HttpRequest, form: ExportForm, *, status: int = 200) -> HttpResponse:
    return render(request, "audit/exports/choose.html", {"form": form}, status=status)
