"""The page of the reliability indices and its file."""

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.charts import BarChart, Series
from ccportal.core.htmx import render_page
from ccportal.core.spreadsheets import harmless
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
def reliability_csv(request: HttpRequest) -> HttpResponse:
    """The indices as CSV; what cannot be computed is empty."""
    names = site_names().names
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADS)
    for line in queries.lines(_site(request, names)):
        found = line.found
        counts = (found.customers, found.outages, found.momentary, found.unstated, found.ongoing, found.interruptions)
        values = (found.saidi, found.saifi, found.caidi)
        words = [str(line.quarter), harmless(line.site), harmless(names.get(line.site, ""))]
        writer.writerow([*words, *counts, *("" if value is None else f"{value:.4f}" for value in values)])
    disposition = 'attachment; filename="reliability.csv"'
    return HttpResponse(
        buffer.getvalue(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )


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
