"""Report pages; for now the dashboard."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.charts import BarChart, Series
from ccportal.core.htmx import render_page
from customers.models import DirectoryState
from customers.queries import site_names
from omreport import queries


@require_safe
@requires("view_reports")
def dashboard(request: HttpRequest) -> HttpResponse:
    """Totals, customers and sales per site, and how fresh all of it is."""
    names = site_names().names
    asked = request.GET.get("site", "").upper()
    only = asked if asked in names else ""
    lines = queries.site_lines(names, only)
    context = {
        "lines": lines,
        "only": only,
        "choices": queries.site_choices(names),
        "totals": queries.totals(only),
        "people": queries.people_totals(only),
        "customers_chart": customers_chart(lines),
        "sales_chart": sales_chart(lines),
        "freshness": queries.freshness(),
        "directory": DirectoryState.objects.first(),
    }
    return render_page(request, "omreport/dashboard.html", "omreport/htmx/dashboard.html", context)


def customers_chart(lines: list[queries.SiteLine]) -> BarChart:
    shown = [line for line in lines if line.people]
    return BarChart(
        title="Customers per site",
        unit="customers",
        labels=[line.code for line in shown],
        series=[
            Series("Active", [line.people.active for line in shown if line.people]),
            Series("Terminated", [line.people.terminated for line in shown if line.people]),
        ],
    )


def sales_chart(lines: list[queries.SiteLine]) -> BarChart:
    return BarChart(
        title="Energy vended per site",
        unit="MWh",
        labels=[line.code for line in lines],
        series=[Series("Vended", [line.mwh for line in lines])],
    )
