"""Files of rows as answers."""

from collections.abc import Sequence

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from audit.tables import counts, exports
from audit.tables.rows import Rows

XLSX_CHUNK = 256 * 1024


def download_response(rows: Rows, columns: Sequence[str], kind: str, name: str) -> HttpResponse:
    """The columns of some rows as ``csv`` or ``xlsx``, streamed, to be saved under ``name``."""
    response: HttpResponse | StreamingHttpResponse
    if kind == "xlsx":
        response = FileResponse(exports.xlsx_file(rows, counts.total(rows), columns), content_type=exports.XLSX_TYPE)
        response.block_size = XLSX_CHUNK
    else:
        response = StreamingHttpResponse(exports.csv_pieces(rows, columns), content_type=exports.CSV_TYPE)
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}") or ""
    return response  # type: ignore[return-value]  # Django types streams apart; to a view they are answers
