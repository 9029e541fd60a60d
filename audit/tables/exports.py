"""Downloads of a table (semantics 22): CSV as a stream, XLSX by way of a temporary file."""

import tempfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from audit.tables.batches import batches, chosen_columns
from audit.tables.cells import csv_converter, xlsx_converter
from audit.tables.rows import Rows
from ccportal.core.errors import InvalidInput
from ccportal.core.spreadsheets import csv_of_batches

#: What a sheet holds, its header included.
SHEET_ROWS = 1_048_576


def csv_pieces(rows: Rows, names: Sequence[str] = ()) -> Iterator[bytes]:
    """The file in pieces: a header of column names, then the rows; CR LF, UTF-8 without mark, NULL empty.

    The query is run before this returns.
    """
    head = [column.name for column in chosen_columns(rows.table, names)]
    return csv_of_batches(head, batches(rows, csv_converter, names))


def xlsx_file(rows: Rows, count: int, names: Sequence[str] = ()) -> BinaryIO:
    """The workbook, complete, in an unnamed temporary file that is gone when it is closed.

    ``InvalidInput`` when the rows are more than a sheet holds.
    """
    if count >= SHEET_ROWS:
        raise InvalidInput(
            f"{rows.table.name} has {count:,} such rows; a sheet holds {SHEET_ROWS - 1:,}. "
            "Take the CSV, or filter the table."
        )
    from audit.tables.workbook import write_workbook  # 12 MB that most processes never need

    found = batches(rows, xlsx_converter, names)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        with tempfile.TemporaryDirectory() as folder:
            write_workbook(file, folder, rows.table.name, [c.name for c in chosen_columns(rows.table, names)], found)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
