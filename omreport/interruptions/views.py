"""The page of the reliability indices and its file."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.charts import BarChart, Series
from ccportal.core.downloads import saved_as
from ccportal.core.htmx import render_page
from ccportal.core.spreadsheets import CSV_TYPE, csv_file
from customers.queries import site_names
from omreport.interruptions import queries
from omreport.reliability import Line

HEADS = [
    "Quarter", "Site", "Name", "Customers served", "Incidents", "Momentary", "Without number of customers", "Not over",
    "Interruptions of customers", "SAIDI, minutes", "SAIFI", "CAIDI, minutes",
]  # fmt: skip


@require_safe
@requires("view_reports")
def reliability(request: HttpRequest) -> HttpResponse:
    """SAIDI, SAIFI and CAIDI per site and quarter, from the incidents of the tickets."""
    names = site_names().names
    site = _site(request, names)
    everything = queries.lines()
    lines = [line for line in everything if line.site == site] if site else everything
    context = {
        "lines": lines,
        "names": names,
        "site": site,
        "sites": sorted({line.site for line in everything}),
        "incidents": sum(line.found.outages for line in lines),
        "chart": chart(lines),
    }
    return render_page(request, "omreport/reliability/page.html", "omreport/reliability/htmx/lines.html", context)


@require_safe
@requires("view_reports")
def reliability_csv(request: HttpRequest) -> HttpResponseBase:
    """The indices as CSV; what cannot be computed is empty."""
    names = site_names().names
    lines = queries.lines(_site(request, names))
    return saved_as("reliability.csv", CSV_TYPE, csv_file(HEADS, (_cells(line, names) for line in lines)))


def _cells(line: Line, names: dict[str, str]) -> tuple[object, ...]:
    found = line.found
    counts = (found.customers, found.outages, found.momentary, found.unstated, found.ongoing, found.interruptions)
    indices = (None if value is None else f"{value:.4f}" for value in (found.saidi, found.saifi, found.caidi))
    return (str(line.quarter), line.site, names.get(line.site), *counts, *indices)


def _site(request: HttpRequest, names: dict[str, str]) -> str:
    asked = request.GET.get("site", "").upper()
    return asked if asked in names else ""


def chart(lines: list[Line]) -> BarChart:
    """SAIDI of the newest quarter per site."""
    newest = [line for line in lines if line.quarter == lines[0].quarter]
    return BarChart(
        f"SAIDI, {lines[0].quarter}" if lines else "SAIDI",
        "minutes per customer",
        [line.site for line in newest],
        [Series("SAIDI", [line.found.saidi for line in newest])],
        label_name="Site",
        places=2,
        horizontal=True,
    )
