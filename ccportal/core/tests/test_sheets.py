"""Workbooks that were damaged on their way, or packed by something else than a spreadsheet, are refused in words."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from ccportal.core.errors import InvalidInput
from ccportal.core.sheets import read_rows


@pytest.fixture(scope="module")
def workbook():
    book = Workbook()
    for number in range(300):
        book.active.append(["MAK", "pv", number, number * number % 97])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows(content):
    return list(read_rows(content, "readings.xlsx").rows)


@pytest.mark.parametrize("byte", [0x00, 0x55, 0xFF])
def test_a_workbook_with_changed_bytes_anywhere_is_read_or_refused(workbook, byte):
    refused = 0
    for place in range(4, len(workbook), 101):
        changed = workbook[:place] + bytes([byte]) + workbook[place + 1 :]
        try:
            assert len(rows(changed)) <= 300
        except InvalidInput as error:
            refused += 1
            assert error.message.endswith("save it again as XLSX.")
    assert refused > 10


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_workbook_packed_as_no_spreadsheet_does_is_refused(workbook, method):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts, zipfile.ZipFile(packed, "w", method) as archive:
        for name in parts.namelist():
            archive.writestr(name, parts.read(name))
    with pytest.raises(InvalidInput, match="damaged or protected"):
        rows(packed.getvalue())
