"""A report as one HTML document for the printer: cover, contents, figures, tables, methods, quality of the data."""

from dataclasses import replace

from django.template.loader import render_to_string

from ccportal.core.periods import local_now
from ccportal.core.svg import COLOURS, figure_svg
from customers.queries import site_names
from omreport import queries
from omreport.figures import Report
from omreport.report import ReportData, ReportFilter

#: Tables with more series than this take the whole width of the page.
MOST_IN_A_COLUMN = 2


def report_html(report: Report, wanted: ReportFilter) -> str:
    """The document; it holds all that it shows and refers to nothing outside."""
    names = site_names().names
    data = ReportData(wanted)
    quarter, changes = data.changes()
    context = {
        "report": report,
        "words": wanted.words(names),
        "made_at": local_now(),
        "freshness": data.fresh,
        "totals": data.totals(),
        "ledger": queries.totals(wanted.site),
        "quarter": quarter,
        "changes": changes,
        "running": data.running,
        "figures": [
            {
                "name": figure.name,
                "chart": figure.chart,
                "note": figure.note,
                # A page of paper is narrow: the drawing for half the screen reads better than the wide one.
                "drawing": "" if figure.chart.empty else figure_svg(replace(figure.chart, wide=False)),
                "is_wide": len(figure.chart.series) > MOST_IN_A_COLUMN,
                "legend": [
                    (series.name, COLOURS[place % len(COLOURS)])
                    for place, series in enumerate(figure.chart.series)
                    if len(figure.chart.series) > 1
                ],
            }
            for figure in report.figures(data, names)
        ],
        "faults": queries.fault_counts(),
    }
    return render_to_string("omreport/pdf/report.html", context)
