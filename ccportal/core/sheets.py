"""Tables that people upload, CSV in its many dialects and XLSX, as rows of cells; hostile files are refused early."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from ccportal.core.errors import InvalidInput

#: What the parts of a workbook may unpack to; one of 50,000 rows of readings needs a third of it.
MOST_UNPACKED = 60 * 1024 * 1024
MOST_PARTS = 200
#: How often smaller than its content a workbook may be; tables are squeezed to a tenth, what is made to exhaust the
#: portal to a thousandth.
MOST_SQUEEZED = 100
MOST_COLUMNS = 20
#: What reading an archive raises whose bytes were changed on their way.
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError)


@dataclass(frozen=True)
class Rows:
    """The rows of a file, read as they are asked for; ``delimiter`` is empty for a workbook."""

    rows: Iterator[list[Any]]
    delimiter: str


def read_rows(content: bytes, name: str) -> Rows:
    """The rows of an uploaded file; ``InvalidInput``, perhaps while reading, says what is wrong and what to do."""
    if not content.strip():
        raise InvalidInput("The file is empty.", field="file")
    if content[:4] == b"PK\x03\x04":
        return Rows(_xlsx_rows(content), "")
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InvalidInput("This is an old or protected workbook; save it as XLSX without a password.", field="file")
    if name.lower().endswith((".xlsx", ".xlsm")):
        raise InvalidInput("The file is named like a workbook but is none; save it again as XLSX.", field="file")
    text = _text(content)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    return Rows(_csv_rows(text, delimiter), delimiter)


def _text(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidInput(
            "The file is not a text in UTF-8; save it as “CSV UTF-8” or as XLSX.", field="file"
        ) from None
    if "\x00" in text:
        raise InvalidInput("The file is neither CSV nor XLSX.", field="file")
    return text


def _csv_rows(text: str, delimiter: str) -> Iterator[list[Any]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error:
        raise InvalidInput(
            "The CSV is broken, probably by a quotation mark that is not closed.", field="file"
        ) from None


def _xlsx_rows(content: bytes) -> Iterator[list[Any]]:
    """The first sheet's rows, read piece by piece."""
    # Here, because it brings numpy along: 25 MB in every process, of which few ever see a workbook.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_parts(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0] if book.worksheets else None
        if sheet is None:
            raise InvalidInput("The workbook has no sheet.", field="file")
        # The size that a workbook states may be wrong, and absurd.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
            yield list(row)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, ParseError) as error:
        raise InvalidInput("The workbook cannot be read; save it again as XLSX.", field="file") from error
    except (*_DAMAGED, InvalidFileException) as error:
        raise InvalidInput("The workbook is damaged or protected; save it again as XLSX.", field="file") from error


def _check_parts(content: bytes) -> None:
    """Refuse archives that unpack to too much, and XML that defines entities: both are made to exhaust memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
                raise InvalidInput(
                    f"The workbook unpacks to more than {MOST_UNPACKED // 2**20} MB; split it or save it as CSV.",
                    field="file",
                )
            if unpacked > MOST_SQUEEZED * len(content):
                raise InvalidInput("The workbook is mostly empty rows or repetitions; save it as CSV.", field="file")
            for part in parts:
                if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile("No spreadsheet packs its parts in another way.")
                with archive.open(part) as stream:
                    if b"<!DOCTYPE" in stream.read(4096):
                        raise InvalidInput("The workbook holds definitions that no table needs.", field="file")
    except _DAMAGED as error:
        raise InvalidInput("The workbook is damaged or protected; save it again as XLSX.", field="file") from error
