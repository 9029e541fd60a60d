"""Report pages: the dashboard, the reports with their files, the quality of the data."""

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ccportal.accounts.permissions import requires
from ccportal.acdb.models import AcdbImport
from ccportal.core.charts import BarChart, Series
from ccportal.core.downloads import saved_as
from ccportal.core.errors import InvalidInput, NotFound
from ccportal.core.htmx import render_page, wants_partial
from ccportal.core.paging import page_number, paged
from ccportal.core.spreadsheets import CSV_TYPE, XLSX_TYPE
from ccportal.core.svg import figure_svg
from ccportal.jobs.services import create_job
from customers.models import DirectoryState
from customers.queries import site_names
from omreport import files, queries
from omreport.energy.queries import open_alerts
from omreport.figures import REPORTS, Report, ReportFigure, report_named
from omreport.files import PDF_KIND, report_file
from omreport.forms import ReportFilterForm
from omreport.models import FaultKind
from omreport.report import ReportData
from omreport.services.workbook import workbook

FAULTS_PER_PAGE = 50


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
        "last_import": AcdbImport.objects.order_by("-pk").first(),
        "alerts": open_alerts(only),
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
        label_name="Site",
        stacked=True,
        horizontal=True,
    )


def sales_chart(lines: list[queries.SiteLine]) -> BarChart:
    return BarChart(
        title="Energy vended per site",
        unit="MWh",
        labels=[line.code for line in lines],
        series=[Series("Vended", [line.mwh for line in lines])],
        label_name="Site",
        horizontal=True,
    )


@require_safe
@requires("view_reports")
def om_report(request: HttpRequest) -> HttpResponse:
    """Energy, customers, load: the O&M report."""
    return _page(request, REPORTS["om"])


@require_safe
@requires("view_reports")
def financial(request: HttpRequest) -> HttpResponse:
    """Money: revenue, ARPU, price."""
    return _page(request, REPORTS["financial"])


def _page(request: HttpRequest, report: Report) -> HttpResponse:
    """A report as filtered by the address; a filter that does not fit shows its fault and no figures."""
    form = ReportFilterForm(request.GET)
    context: dict[str, object] = {"form": form, "report": report, "freshness": queries.freshness()}
    status = 200
    try:
        wanted = form.wanted()
    except InvalidInput:
        status = 422
    else:
        names = site_names().names
        data = ReportData(wanted)
        quarter, changes = data.changes()
        context |= {
            "wanted": wanted,
            "words": wanted.words(names),
            "figures": report.figures(data, names),
            "totals": data.totals(),
            "quarter": quarter,
            "changes": changes,
            "running": data.running,
            "ledger": queries.totals(wanted.site),
            "faults": queries.fault_counts(),
        }
    return render_page(request, "omreport/report.html", "omreport/htmx/report.html", context, status=status)


# ---------------------------------------------------------------- files


@require_safe
@requires("view_reports")
def figure_page(request: HttpRequest, report: str, figure: str) -> HttpResponse:
    """One figure with its values as a table; a report page fetches the table alone."""
    wanted = ReportFilterForm(request.GET).wanted()
    chosen = _figure(request, report, figure)
    context = {
        "report": report_named(report),
        "item": chosen,
        "figure": chosen.chart,
        "open": True,
        "wanted": wanted,
        "words": wanted.words(site_names().names),
        "freshness": queries.freshness(),
    }
    return render_page(request, "omreport/figure.html", "inc/chart_values.html", context)


@require_safe
@requires("view_reports")
def figure_drawing(request: HttpRequest, report: str, figure: str) -> HttpResponse:
    """The drawing of one figure, for a report page that is being scrolled; a whole page to everybody else."""
    if not wants_partial(request):
        return redirect(f"{reverse('omreport:figure', args=[report, figure])}?{request.GET.urlencode()}")
    found = report_named(report).figures(ReportData(ReportFilterForm(request.GET).wanted()), site_names().names, figure)
    if not found:
        raise NotFound("This report has no such figure for this choice.")
    return render(request, "omreport/htmx/drawing.html", {"figure": found[0]})


@require_safe
@requires("view_reports")
def figure_csv(request: HttpRequest, report: str, figure: str) -> HttpResponseBase:
    """The values of one figure."""
    chosen = _figure(request, report, figure)
    return saved_as(f"{report}-{figure}.csv", CSV_TYPE, files.figure_csv(chosen.chart))


@require_safe
@requires("view_reports")
def figure_svg_file(request: HttpRequest, report: str, figure: str) -> HttpResponseBase:
    """The drawing of one figure."""
    chosen = _figure(request, report, figure)
    if chosen.chart.empty:
        raise NotFound("This figure has no values for this choice.")
    return saved_as(f"{report}-{figure}.svg", "image/svg+xml", str(figure_svg(chosen.chart)).encode())


def _figure(request: HttpRequest, report: str, figure: str) -> ReportFigure:
    wanted = ReportFilterForm(request.GET).wanted()
    return report_named(report).figure(figure, ReportData(wanted), site_names().names)


@require_safe
@requires("view_reports")
def workbook_file(request: HttpRequest, report: str) -> HttpResponseBase:
    """The whole report as an XLSX workbook."""
    wanted = ReportFilterForm(request.GET).wanted()
    book = workbook(report_named(report), ReportData(wanted), site_names().names)
    return saved_as(f"{report}-report.xlsx", XLSX_TYPE, book)


@require_POST
@requires("view_reports")
def make_pdf(request: HttpRequest, report: str) -> HttpResponse:
    """Have a worker print the report; its page shows the progress and then the link."""
    report_named(report)
    wanted = ReportFilterForm(request.POST).wanted()
    job = create_job(
        PDF_KIND, requested_by=request.user.get_username(), input={"report": report, "filter": wanted.parameters}
    )
    return redirect("jobs:detail", job.pk)


@require_safe
@requires("view_reports")
def pdf_file(request: HttpRequest, job_id: int) -> FileResponse:
    """A finished PDF, for whoever asked for it, for a few days."""
    path = report_file(job_id, request.user.get_username())
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="application/pdf")


# ---------------------------------------------------------------- quality


@require_safe
@requires("view_reports")
def quality(request: HttpRequest, kind: str) -> HttpResponse:
    """Examples of one kind of fault in the data."""
    if kind not in FaultKind.values:
        raise NotFound("There is no such check of the data.")
    chosen = FaultKind(kind)
    page = paged(queries.fault_examples(chosen), page_number(request.GET.get("page")), FAULTS_PER_PAGE)
    context = {
        "kind": chosen,
        "total": dict(queries.fault_counts()).get(chosen, 0),
        "page": page,
        "freshness": queries.freshness(),
    }
    return render(request, "omreport/quality.html", context)
