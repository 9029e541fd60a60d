"""Files for spreadsheets: how CSV leaves the portal, and cells that no spreadsheet runs as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Rows that are read, and sent, together.
ROWS_AT_A_TIME = 1000
#: What makes a spreadsheet take a text for a formula, full-width signs included.
STARTS_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9][0-9. ]*(e[+-][0-9]+)?", re.ASCII)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run this text.

    >>> is_formula("=1+1"), is_formula("-2+3"), is_formula("+266 58000001")
    (True, True, False)
    """
    return text[:1] in STARTS_FORMULA and not _PLAIN_NUMBER.fullmatch(text)


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it instead of running it.

    >>> harmless("=1+1")
    "'=1+1"
    """
    return f"'{text}" if is_formula(text) else text


def csv_pieces(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    r"""CSV in pieces of 1,000 rows, so that memory stays flat: CR LF, UTF-8 without mark, None empty, no formulas.

    >>> b"".join(csv_pieces(["name", "kwh"], [("=1+1", 2.5), ("Letšela", None)]))
    b"name,kwh\r\n'=1+1,2.5\r\nLet\xc5\xa1ela,\r\n"
    """
    rest = iter(rows)
    batches = iter(lambda: [_cells(row) for row in islice(rest, ROWS_AT_A_TIME)], [])
    return csv_of_batches(head, batches)


def csv_of_batches(head: Iterable[str], batches: Iterable[Iterable[Iterable[object]]]) -> Iterator[bytes]:
    """The same from batches of rows whose cells are harmless already."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_cells(head))
    for batch in batches:
        writer.writerows(batch)
        yield _taken(buffer)
    yield _taken(buffer)  # the head alone when there was no batch


def csv_file(head: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """The same in one piece, for what is small."""
    return b"".join(csv_pieces(head, rows))


def _cells(row: Iterable[object]) -> list[object]:
    return [harmless(cell) if isinstance(cell, str) else cell for cell in row]


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")
