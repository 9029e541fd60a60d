"""The balance as files for a spreadsheet."""

import io
from collections.abc import Mapping, Sequence

import xlsxwriter

from ccportal.core.periods import local_now
from ccportal.core.spreadsheets import csv_file
from omreport.energy.balance import Balance
from omreport.energy.figures import heads, row


def balance_csv(lines: Sequence[Balance], names: Mapping[str, str]) -> bytes:
    """One row per site and period; figures that cannot be computed are empty."""
    return csv_file(heads(), (row(line, names) for line in lines))


def balance_xlsx(lines: Sequence[Balance], names: Mapping[str, str]) -> bytes:
    """The same as a workbook with real numbers."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Energy balance", "created": local_now().replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    amount, count = (book.add_format({"num_format": form}) for form in ("#,##0.00", "#,##0"))
    sheet = book.add_worksheet("Energy balance")
    for column, name in enumerate(heads()):
        sheet.write_string(0, column, name, bold)
    for place, line in enumerate(lines, 1):
        for column, cell in enumerate(row(line, names)):
            if isinstance(cell, str):
                sheet.write_string(place, column, cell)
            elif cell is not None:
                sheet.write_number(place, column, float(cell), amount if cell.as_tuple().exponent else count)
    sheet.freeze_panes(1, 3)
    sheet.set_column(0, len(heads()) - 2, 14)
    sheet.set_column(len(heads()) - 1, len(heads()) - 1, 80)
    book.close()
    return buffer.getvalue()
