"""The import pages."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from ccportal.accounts.permissions import requires
from ccportal.acdb import queries, services
from ccportal.acdb.forms import ImportForm
from ccportal.acdb.uploads import StoreUpload, refuse_too_large
from ccportal.core.errors import PortalError
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged

PAGE_SIZE = 20


@require_safe
@never_cache
@requires("import_acdb")
def import_list(request: HttpRequest) -> HttpResponse:
    """Every import so far, and the form for the next one."""
    return _list(request, ImportForm())


@csrf_exempt  # checked in _upload: the check reads the body, and the file must not be read before this has run
@require_POST
@requires("import_acdb")
def import_upload(request: HttpRequest) -> HttpResponse:
    """Take a file and import it in the background."""
    refuse_too_large(request)
    handler = StoreUpload(request)
    request.upload_handlers = [handler]
    try:
        return _upload(request)
    finally:
        handler.discard_unclaimed()


@csrf_protect
def _upload(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        record = services.start_import(form.cleaned_data["file"], requested_by=request.user.get_username())
    except PortalError as error:
        form.add_error("file", error.message)
        return _list(request, form, status=error.status)
    messages.success(request, f"{record.file_name} was uploaded and is being imported.")
    return redirect("acdb:import", record.pk)


@require_safe
@never_cache
@requires("import_acdb")
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: how far it is, or what it found."""
    record = queries.get_import(pk)
    context: dict[str, object] = {"record": record, "report": record.findings}
    return render_page(request, "acdb/import.html", "acdb/htmx/import.html", context)


def _list(request: HttpRequest, form: ImportForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "page": paged(queries.imports(), page_number(request.GET.get("page")), PAGE_SIZE),
        "last": queries.last_import(),
        "unfinished": queries.unfinished_import(),
        "limit_mb": settings.ACDB_UPLOAD_MAX_BYTES // 2**20,
        "url": reverse("acdb:imports"),
    }
    return render_page(request, "acdb/imports.html", "acdb/htmx/imports.html", context, status=status)
