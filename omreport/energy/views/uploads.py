"""Uploads of readings: choose a file, see what it would do, store or discard it."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.core.downloads import saved_as
from ccportal.core.errors import NotFound, PortalError
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from ccportal.core.spreadsheets import CSV_TYPE, XLSX_TYPE
from ccportal.core.uploads import takes_file
from omreport.energy import files, queries
from omreport.energy.forms import UploadForm
from omreport.energy.models import UploadState
from omreport.energy.services import uploads

UPLOADS_PER_PAGE = 20


def _most_bytes() -> int:
    return settings.ENERGY_UPLOAD_MAX_BYTES


@require_safe
@requires("enter_generation")
def upload_list(request: HttpRequest) -> HttpResponse:
    """The form for a file, and every upload so far."""
    return _list(request, UploadForm())


@require_POST
@requires("enter_generation")
@takes_file(_most_bytes, "Split it by month or site.")
def upload_file(request: HttpRequest) -> HttpResponse:
    """Take a file and check it; nothing is stored yet."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=422)
    file = form.cleaned_data["file"]
    upload = uploads.begin(file.read(), file.name, Actor.of(request))
    return redirect("omreport:energy_upload", upload.pk)


@require_safe
@never_cache
@requires("enter_generation")
def upload_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What a file would do, or did; how far its check is."""
    upload = queries.get_upload(pk)
    findings = upload.findings
    context: dict[str, object] = {
        "upload": upload,
        "findings": findings,
        "rows": [_parsed(row) for row in findings.get("shown", [])],
        "first": _moment(findings.get("first")),
        "last": _moment(findings.get("last")),
        "job": uploads.job_of(upload),
        "stopped": uploads.stopped(upload),
        "working": upload.state in (UploadState.CHECKING, UploadState.STORING),
    }
    return render_page(request, "omreport/energy/upload.html", "omreport/energy/htmx/upload.html", context)


@require_POST
@requires("enter_generation")
def upload_store(request: HttpRequest, pk: int) -> HttpResponse:
    """Store a checked file."""
    try:
        upload = uploads.confirm(pk, Actor.of(request))
    except PortalError as error:
        messages.error(request, error.message)
    else:
        if upload.state == UploadState.REFUSED:
            messages.error(request, "The readings changed meanwhile, and the file no longer fits. Nothing was stored.")
    return redirect("omreport:energy_upload", pk)


@require_POST
@requires("enter_generation")
def upload_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a file that was not stored."""
    try:
        uploads.discard(pk, Actor.of(request))
    except PortalError as error:
        messages.error(request, error.message)
        return redirect("omreport:energy_upload", pk)
    messages.success(request, "The file is discarded. Nothing was stored.")
    return redirect("omreport:energy_uploads")


@require_safe
@requires("enter_generation")
def template_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """An empty file with the headings and two examples."""
    known = {"csv": (files.template_csv, CSV_TYPE), "xlsx": (files.template_xlsx, XLSX_TYPE)}
    if form not in known:
        raise NotFound("There is no such template.")
    make, kind = known[form]
    return saved_as(f"energy-readings.{form}", kind, make())


def _list(request: HttpRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    page = paged(queries.uploads(), page_number(request.GET.get("page")), UPLOADS_PER_PAGE)
    context: dict[str, object] = {
        "form": form,
        "page": page,
        "limit_mb": _most_bytes() // 2**20,
        "most_rows": files.MOST_ROWS,
        "interval": files.INTERVAL,
        "counter": files.COUNTER,
    }
    return render_page(
        request, "omreport/energy/uploads.html", "omreport/energy/htmx/uploads.html", context, status=status
    )


def _parsed(row: dict[str, object]) -> dict[str, object]:
    return {**row, "start": _moment(row["start"]), "end": _moment(row["end"])}


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
