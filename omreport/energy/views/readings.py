"""Single readings: the list, a new one, a correction, a deletion."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.core.errors import InvalidInput, NotFound
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from omreport.energy import queries
from omreport.energy.forms import NEW_FORMS, DeletionForm, ReadingFilterForm, correction_form
from omreport.energy.services import readings

READINGS_PER_PAGE = 50


@require_safe
@requires("view_reports")
def reading_list(request: HttpRequest) -> HttpResponse:
    """Stored readings, newest first."""
    form = ReadingFilterForm(request.GET)
    context: dict[str, object] = {"form": form}
    status = 200
    try:
        kind, wanted = form.wanted()
    except InvalidInput:
        status = 422
    else:
        rows = queries.counters(wanted) if kind == "counter" else queries.intervals(wanted)
        page = paged(rows, page_number(request.GET.get("page")), READINGS_PER_PAGE)
        context |= {"kind": kind, "page": page, "filtered": form.has_changed()}
    return render_page(
        request, "omreport/energy/readings.html", "omreport/energy/htmx/readings.html", context, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires("enter_generation")
def reading_new(request: HttpRequest, kind: str) -> HttpResponse:
    """Enter one reading."""
    if kind not in NEW_FORMS:
        raise NotFound("There is no such kind of reading.")
    form = NEW_FORMS[kind](request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                outcome = readings.store([form.entry], Actor.of(request))
            except readings.Refused as error:
                form.show(error.faults)
            else:
                text = (
                    "The reading is stored."
                    if outcome.added
                    else "This reading was there already, with the same value."
                )
                messages.success(request, text)
                return redirect(f"{reverse('omreport:energy_readings')}?kind={kind}&site={form.entry.site}")
        status = 422
    return render(request, "omreport/energy/reading_new.html", {"form": form, "kind": kind}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("enter_generation")
def reading_edit(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Correct one reading for a reason, or go on to delete it."""
    stored = queries.reading_named(kind, pk)
    form = correction_form(stored, request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                readings.correct_reading(
                    type(stored), pk, form.values(), Actor.of(request), form.cleaned_data["reason"]
                )
            except readings.Refused as error:
                form.show(error.faults)
            else:
                messages.success(request, "The reading is corrected; the log of changes says by whom and why.")
                return _back(kind, stored.site)
        status = 422
    context = {"form": form, "deletion": DeletionForm(auto_id="delete_%s"), "kind": kind, "reading": stored}
    return render(request, "omreport/energy/reading.html", context, status=status)


@require_POST
@requires("enter_generation")
def reading_delete(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Delete one reading for a reason."""
    stored = queries.reading_named(kind, pk)
    form = DeletionForm(request.POST, auto_id="delete_%s")
    if not form.is_valid():
        context = {"form": correction_form(stored), "deletion": form, "kind": kind, "reading": stored}
        return render(request, "omreport/energy/reading.html", context, status=422)
    readings.delete_reading(type(stored), pk, Actor.of(request), form.cleaned_data["reason"])
    messages.success(request, "The reading is deleted; the log of changes keeps what it said.")
    return _back(kind, stored.site)


def _back(kind: str, site: str) -> HttpResponse:
    return redirect(f"{reverse('omreport:energy_readings')}?kind={kind}&site={site}")
