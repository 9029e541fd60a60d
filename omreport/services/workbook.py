"""A report as an XLSX workbook: a sheet of facts, a sheet per figure, a sheet on the quality of the data."""

import io
from collections.abc import Mapping

import xlsxwriter
from django.conf import settings
from xlsxwriter.workbook import Workbook

from ccportal.core.charts import Figure, plain
from ccportal.core.periods import local_now, meter_zone
from omreport import queries
from omreport.figures import Report, ReportFigure
from omreport.report import ReportData

LONGEST_SHEET_NAME = 31


def workbook(report: Report, data: ReportData, names: Mapping[str, str]) -> bytes:
    """The workbook; texts are written as texts, so that none of them runs as a formula."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": report.title, "created": local_now().replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "bottom": 1})
    figures = report.figures(data, names)
    _facts(book, bold, report, data, names, figures)
    _comparison(book, bold, data)
    for figure in figures:
        _figure(book, bold, figure)
    _faults(book, bold)
    book.close()
    return buffer.getvalue()


def _facts(
    book: Workbook,
    bold: object,
    report: Report,
    data: ReportData,
    names: Mapping[str, str],
    figures: list[ReportFigure],
) -> None:
    sheet = book.add_worksheet("About")
    left = book.add_format({"num_format": "#,##0", "align": "left"})
    refreshed = data.fresh.refreshed_at
    total = data.totals()
    rows: list[tuple[str, object]] = [
        (report.title, ""),
        ("Shown", data.wanted.words(names)),
        ("Figures as of", f"{refreshed.astimezone(meter_zone()):%d %b %Y, %H:%M}" if refreshed else "never"),
        ("Summed from", data.fresh.source_table),
        ("Last refresh", data.fresh.error or "succeeded"),
        ("Transactions", total.transactions),
        (f"Revenue, {settings.CURRENCY}", float(total.revenue)),
        ("Energy vended, kWh", float(total.kwh)),
        ("", ""),
        ("Sheet", "How it is computed"),
        *((figure.chart.title, figure.note) for figure in figures),
    ]
    for number, (name, value) in enumerate(rows):
        sheet.write_string(number, 0, name, bold if number == 0 or name == "Sheet" else None)
        if isinstance(value, str):
            sheet.write_string(number, 1, value)
        else:
            sheet.write_number(number, 1, value, left)
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 1, 110)


def _comparison(book: Workbook, bold: object, data: ReportData) -> None:
    """The last whole quarter beside the one before and the same of the year before; changes in per cent."""
    quarter, changes = data.changes()
    if quarter is None:
        return
    sheet = book.add_worksheet("Comparison")
    amount, change = _numbers(book, 2), _numbers(book, 1)
    heads = ("Measure", str(quarter), "Quarter before", "Change, %", "A year before", "Change, %")
    for column, name in enumerate(heads):
        sheet.write_string(0, column, name, bold)
    for row, found in enumerate(changes, 1):
        unit = settings.CURRENCY if found.unit == "money" else found.unit
        sheet.write_string(row, 0, f"{found.name}, {unit}" if unit else found.name)
        values = (found.now, found.before, found.on_quarter, found.year_ago, found.on_year)
        for column, value in enumerate(values, 1):
            if value is not None:
                sheet.write_number(row, column, float(value), change if column in (3, 5) else amount)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, len(heads) - 1, 18)


def _numbers(book: Workbook, places: int) -> object:
    return book.add_format({"num_format": "#,##0" + ("." + "0" * places if places else "")})


def _figure(book: Workbook, bold: object, figure: ReportFigure) -> None:
    sheet = book.add_worksheet(figure.name[:LONGEST_SHEET_NAME])
    chart: Figure = figure.chart
    shown = _numbers(book, (0 if chart.whole else 2) if chart.places is None else chart.places)
    heads = [
        f"{series.name}, {chart.unit}" if chart.unit != series.name.lower() else series.name for series in chart.series
    ]
    for column, name in enumerate([chart.label_name, *heads]):
        sheet.write_string(0, column, name, bold)
    for row, label in enumerate(chart.labels, 1):
        sheet.write_string(row, 0, label)
        for column, series in enumerate(chart.series, 1):
            value = plain(series.values[row - 1])
            if value is not None:
                sheet.write_number(row, column, value, shown)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, max(len(chart.series), 1), 18)


def _faults(book: Workbook, bold: object) -> None:
    sheet = book.add_worksheet("Data quality")
    sheet.write_string(0, 0, "What", bold)
    sheet.write_string(0, 1, "How many", bold)
    for row, (kind, count) in enumerate(queries.fault_counts(), 1):
        sheet.write_string(row, 0, kind.label)
        sheet.write_number(row, 1, count)
    sheet.set_column(0, 0, 42)
