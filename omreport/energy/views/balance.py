"""The energy balance: the page and its files, alerts."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.core.downloads import saved_as
from ccportal.core.errors import Conflict, InvalidInput
from ccportal.core.htmx import render_page
from ccportal.core.paging import page_number, paged
from ccportal.core.spreadsheets import CSV_TYPE, XLSX_TYPE
from customers.queries import site_names
from omreport.energy import queries
from omreport.energy.balance import Balance
from omreport.energy.exports import balance_csv, balance_xlsx
from omreport.energy.figures import all_sites_charts, site_charts
from omreport.energy.forms import BalanceForm, NoteForm
from omreport.energy.services.alerts import acknowledge
from omreport.queries import freshness

LINES_PER_PAGE = 60
CLOSED_SHOWN = 5


@require_safe
@requires("view_reports")
def energy_balance(request: HttpRequest) -> HttpResponse:
    """Generated, delivered and sold energy as filtered; a filter that does not fit shows its fault and no figures."""
    form = BalanceForm(request.GET)
    context: dict[str, object] = {"form": form, "freshness": freshness(), "any": bool(queries.known_channels())}
    try:
        window = form.wanted()
    except InvalidInput:
        return _rendered(request, context, status=422)
    names = site_names().names
    lines = queries.balances(window)
    latest = queries.latest_telling(lines)
    query = _query(window)
    csv_url = f"{reverse('omreport:energy_csv')}?{query}"
    charts = site_charts(lines, names.get(window.site, window.site), csv_url) if window.site else []
    context |= {
        "window": window,
        "names": names,
        "query": query,
        "page": paged(lines, page_number(request.GET.get("page")), LINES_PER_PAGE),
        "latest": latest,
        "totals": _computable(queries.over_all(lines, window)),
        "charts": charts or all_sites_charts(latest, names, window.step, csv_url),
        "floors": queries.floors(),
        "alerts": queries.open_alerts(window.site),
        "closed": queries.closed_alerts(window.site)[:CLOSED_SHOWN],
        "note_form": NoteForm(),
    }
    return _rendered(request, context)


def _computable(totals: list[Balance]) -> list[Balance]:
    """Sums over the whole time, where they say something."""
    return [line for line in totals if any(line.telling)]


def _rendered(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    return render_page(
        request, "omreport/energy/balance.html", "omreport/energy/htmx/balance.html", context, status=status
    )


def _query(window: queries.Window) -> str:
    values = {"site": window.site, "by": window.step.value, "from": window.first, "to": window.last}
    return urlencode({name: str(value) for name, value in values.items() if value})


@require_safe
@requires("view_reports")
def balance_csv_file(request: HttpRequest) -> HttpResponseBase:
    """The balance as filtered, as CSV."""
    lines = queries.balances(BalanceForm(request.GET).wanted())
    return saved_as("energy-balance.csv", CSV_TYPE, balance_csv(lines, site_names().names))


@require_safe
@requires("view_reports")
def balance_xlsx_file(request: HttpRequest) -> HttpResponseBase:
    """The balance as filtered, as a workbook."""
    lines = queries.balances(BalanceForm(request.GET).wanted())
    return saved_as("energy-balance.xlsx", XLSX_TYPE, balance_xlsx(lines, site_names().names))


@require_POST
@requires("enter_generation")
def acknowledge_alert(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what is known of an alert."""
    try:
        alert = acknowledge(pk, Actor.of(request), request.POST.get("note", ""))
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Noted for {alert.site}. The alert stays open until the figure is back in its band.")
    return redirect("omreport:energy_balance")
