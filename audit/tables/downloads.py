"""Files of rows as answers."""

from collections.abc import Sequence

from django.http import FileResponse, HttpResponseBase

from audit.tables import counts, exports
from audit.tables.rows import Rows
from ccportal.core.downloads import saved_as
from ccportal.core.spreadsheets import CSV_TYPE, XLSX_TYPE

XLSX_CHUNK = 256 * 1024


def download_response(rows: Rows, columns: Sequence[str], kind: str, name: str) -> HttpResponseBase:
    """The columns of some rows as ``csv`` or ``xlsx``, streamed, to be saved under ``name``."""
    if kind != "xlsx":
        return saved_as(f"{name}.csv", CSV_TYPE, exports.csv_pieces(rows, columns))
    file = exports.xlsx_file(rows, counts.total(rows), columns)
    response = FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
    response.block_size = XLSX_CHUNK
    return response
