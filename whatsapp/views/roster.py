"""Who is on call: technicians, and the order in which they are asked at each site."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.errors import PortalError
from whatsapp.forms.roster import DutyForm, TechnicianForm
from whatsapp.models import OnCall, Technician
from whatsapp.queries import roster as queries
from whatsapp.services import exchange, notices, roster


@require_safe
@requires("view_care")
def page(request: HttpRequest) -> HttpResponse:
    """The lists of all sites."""
    return _page(request, DutyForm())


def _page(request: HttpRequest, form: DutyForm, *, status: int = 200) -> HttpResponse:
    lists = queries.lists()
    anywhere = not lists[0].unmanned
    context = {
        "lists": lists,
        "technicians": queries.technicians(),
        "unmanned": [] if anywhere else [site for site in lists[1:] if site.unmanned],
        "anywhere": anywhere,
        "form": form,
        "exchange_works": exchange.works(),
        "team_is_told": notices.reach_somebody(),
    }
    return render(request, "whatsapp/roster.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("handle_care")
def technician(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a technician down, or correct what is written."""
    known = get_object_or_404(Technician, pk=pk) if pk else None
    names = list(TechnicianForm.base_fields)
    initial = {name: getattr(known, name) for name in names} if known else None
    form = TechnicianForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = roster.save_technician(known, form.cleaned_data)
                messages.success(request, f"{saved.name} is saved.")
                return redirect("whatsapp:roster")
            except PortalError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
    return render(request, "whatsapp/technician.html", {"form": form, "technician": known}, status=status)


@require_POST
@requires("handle_care")
def add_duty(request: HttpRequest) -> HttpResponse:
    """Put somebody on a list."""
    form = DutyForm(request.POST)
    if form.is_valid():
        try:
            roster.add_duty(form.cleaned_data["technician"], form.cleaned_data["site_code"])
            return redirect("whatsapp:roster")
        except PortalError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    return _page(request, form, status=422)


@require_POST
@requires("handle_care")
def change_duty(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Move somebody up or down a list, or take them off it."""
    roster.change_duty(get_object_or_404(OnCall, pk=pk), what)
    return redirect("whatsapp:roster")
