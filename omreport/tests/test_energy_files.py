"""What uploaded files may look like, and what is refused: values and hostile files, without a database."""

import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccportal.core import sheets
from ccportal.core.errors import InvalidInput
from omreport.energy import files
from omreport.energy.parsing import MOST_KWH, Entry, Reader, Unfit, energy_of, moment_of

#: On a busy machine examples take long to make, which says nothing about the code.
patient = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROW = {"site": "MAK", "channel": "pv", "start": "2026-03-01 00:00", "end": "2026-03-02 00:00", "kwh": "412.5"}
HEAD = "site,channel,start,end,kwh\n"


def reader(**options):
    return Reader({"MAK", "MAS"}, NOW, "upload", **options)


def faults_of(**changed):
    found = reader().entry(7, {**ROW, **changed}, counter=False)
    return [] if isinstance(found, Entry) else [(fault.place, fault.field, fault.message) for fault in found]


def read(content, name="readings.csv"):
    sheet = files.read(content, name)
    return [
        reader(decimal_comma=sheet.decimal_comma).entry(place, raw, counter=sheet.counter) for place, raw in sheet.rows
    ]


# ---------------------------------------------------------------- values


def test_times_without_offset_are_local_and_others_are_respected():
    assert moment_of("2026-03-01 14:00", NOW) == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert moment_of("2026-03-01T14:00:00Z", NOW) == datetime(2026, 3, 1, 14, tzinfo=UTC)
    assert moment_of("2026-03-01", NOW) == datetime(2026, 2, 28, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"site": "XXX"}, "site", "There is no site “XXX”; use one of MAK, MAS."),
        ({"site": None}, "site", "The site is missing; use one of MAK, MAS."),
        ({"channel": "solar"}, "channel", "There is no channel “solar”; use one of pv, genset"),
        ({"start": "01/03/2026"}, "start", "“01/03/2026” is not a time; write it like 2026-03-01 14:00."),
        ({"start": "2026-02-30 10:00"}, "start", "is not a time of the calendar"),
        ({"start": "1999-03-01 00:00"}, "start", "is before 2010"),
        ({"end": "2026-07-01 00:00"}, "end", "is in the future"),
        ({"end": "2026-03-01 00:00"}, "end", "The end is not after the start"),
        ({"end": "2026-04-02 00:00"}, "end", "longer than 31 days"),
        ({"kwh": "-1"}, "kwh", "“-1” is negative"),
        ({"kwh": "1,234.5"}, "kwh", "has a comma; write the number with a decimal point"),
        ({"kwh": ""}, "kwh", "The energy is missing"),
        ({"kwh": "NaN"}, "kwh", "is not a number of kWh"),
        ({"kwh": "10000001"}, "kwh", "is it in Wh?"),
        ({"kwh": True}, "kwh", "The energy is missing"),
        ({"source": "=cmd()"}, "source", "is not a source"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_row_column_and_remedy(changed, field, words):
    [(place, found, message)] = faults_of(**changed)
    assert (place, found) == (7, field)
    assert words in message


def test_every_fault_of_a_row_is_named():
    assert [field for _, field, _ in faults_of(site="?", kwh="x")] == ["site", "kwh"]


@patient
@given(st.text(max_size=40))
def test_any_text_is_either_an_energy_or_refused_with_a_sentence(text):
    try:
        value = energy_of(text, MOST_KWH, decimal_comma=True)
    except Unfit as error:
        assert str(error).endswith((".", "own."))
    else:
        assert 0 <= value <= MOST_KWH


@patient
@given(st.decimals(0, MOST_KWH, places=4))
def test_an_energy_is_read_as_it_was_written(value):
    assert energy_of(f"{value:f}", MOST_KWH) == value
    assert energy_of(f"{value:f}".replace(".", ","), MOST_KWH, decimal_comma=True) == value


@patient
@given(st.text(max_size=40))
def test_any_text_is_either_a_moment_or_refused_with_a_sentence(text):
    try:
        assert moment_of(text, NOW).tzinfo is not None
    except Unfit as error:
        assert str(error).endswith(".")


# ---------------------------------------------------------------- dialects


@pytest.mark.parametrize(
    "content",
    [
        b"site,channel,start,end,kwh\nMAK,pv,2026-03-01 00:00,2026-03-02 00:00,412.5\n",
        b"\xef\xbb\xbfSite;Channel;Start;End;kWh\r\nMAK;PV;2026-03-01 00:00;2026-03-02 00:00;412,5\r\n",
        "site\tchannel\tstart\tend\tkwh\nMAK\tpv\t2026-03-01 00:00\t2026-03-02 00:00\t412,5".encode("utf-16"),
        b'\nkwh,end,start,channel,site\n\n"412.5",2026-03-02T00:00,2026-03-01T00:00+02:00,pv,mak\n,,,,\n',
    ],
)
def test_csv_is_read_in_its_dialects(content):
    [entry] = read(content)
    assert (entry.site, entry.channel, entry.value, entry.source) == ("MAK", "pv", Decimal("412.5"), "upload")
    assert entry.end - entry.start == datetime(2026, 3, 2) - datetime(2026, 3, 1)


def test_a_workbook_is_read_with_real_dates_and_numbers():
    book = openpyxl.Workbook()
    book.active.append(["site", "channel", "start", "end", "kwh", "source"])
    book.active.append(["MAK", "genset", datetime(2026, 3, 1), datetime(2026, 3, 1, 6), 12.25, "deepsea-1"])
    buffer = io.BytesIO()
    book.save(buffer)
    [entry] = read(buffer.getvalue(), "readings.xlsx")
    assert (entry.start, entry.value, entry.source) == (
        datetime(2026, 2, 28, 22, tzinfo=UTC),
        Decimal("12.25"),
        "deepsea-1",
    )


def test_the_templates_can_be_uploaded_as_they_are():
    assert [entry.channel for entry in read(files.template_csv())] == ["pv", "delivered"]
    assert [entry.value for entry in read(files.template_xlsx(), "t.xlsx")] == [Decimal("412.5"), Decimal("390.2")]


def test_counters_have_headings_of_their_own():
    [entry] = read(b"site,channel,at,value\nMAK,pv,2026-03-01 00:00,99120.5\n")
    assert entry.is_counter
    assert entry.value == Decimal("99120.5")


# ---------------------------------------------------------------- refused


def bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MOST_UNPACKED + 1))
    return buffer.getvalue()


def entities():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    return buffer.getvalue()


def with_sheet(rows):
    """A workbook of ours whose first sheet holds these rows instead."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(files.template_xlsx())) as ours,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in ours.infolist():
            content = ours.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
                content = f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'.encode()
            made.writestr(part.filename, content)
    return buffer.getvalue()


def chart_only():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.add_worksheet("empty")
    book.close()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.csv", "The file is empty."),
        (b"   \n", "a.csv", "The file is empty."),
        (HEAD.encode(), "a.csv", "headings but no readings"),
        (b"a,b,c\n1,2,3\n", "a.csv", "there is no site, channel, start, end, kwh."),
        (b"site,channel,start,kwh\nMAK,pv,x,1\n", "a.csv", "there is no end."),
        (b"site,site,channel,start,end,kwh\n1,2,3,4,5,6\n", "a.csv", "The column site is there twice."),
        (HEAD.encode() + b'MAK,pv,"2026', "a.csv", "quotation mark that is not closed"),
        (HEAD.encode() + "Ha ‘Maseru’".encode("cp1252"), "a.csv", "not a text in UTF-8"),
        (HEAD.encode() + b"\x00\x00", "a.csv", "neither CSV nor XLSX"),
        (HEAD.encode() + b"MAK," + b"9" * 3000, "a.csv", "Row 2 is longer than any reading"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "a.xls", "old or protected workbook"),
        (b"hello", "a.xlsx", "named like a workbook but is none"),
        (b"PK\x03\x04 nothing behind", "a.xlsx", "damaged or protected"),
        (bomb(), "a.xlsx", "unpacks to more than 60 MB"),
        (entities(), "a.xlsx", "holds definitions that no table needs"),
        (with_sheet('<row r="999999999"><c/></row>'), "a.xlsx", "more than 50,000 rows"),
        (with_sheet("<row/>" * 200_000), "a.xlsx", "mostly empty rows or repetitions"),
        (chart_only(), "a.xlsx", "The first row must hold the headings"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",
)
def test_a_file_that_does_not_fit_is_refused_with_a_remedy(content, name, words):
    with pytest.raises(InvalidInput) as refused:
        files.read(content, name)
    assert words in refused.value.message


def test_a_file_with_too_many_rows_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 2)
    with pytest.raises(InvalidInput, match="more than 2 rows; split it"):
        files.read((HEAD + "MAK,pv,a,b,1\n" * 3).encode(), "a.csv")


@patient
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_sentence(content):
    for prefix in (b"", b"PK\x03\x04", HEAD.encode()):
        try:
            files.read(prefix + content, "a.csv")
        except InvalidInput as error:
            assert error.message.endswith((".", "kwh.", "value."))
