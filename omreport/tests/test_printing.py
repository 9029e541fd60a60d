"""The printer fetches nothing, reads nothing and cannot run away; names of the data stay text."""

import socketserver
import threading

import pytest
from weasyprint import HTML

from ccportal.core.errors import Unavailable
from customers.models import Site
from omreport import printing
from omreport.figures import REPORTS
from omreport.printing import pdf_of
from omreport.report import ReportFilter
from omreport.services.document import report_html

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
SVG = 'xmlns="http://www.w3.org/2000/svg"'
PLAIN = "<!doctype html><p>Report</p>"


@pytest.fixture
def callers():
    """The address of a server, and what anybody sent to it."""
    received = []

    class Listener(socketserver.StreamRequestHandler):
        def handle(self):
            received.append(self.rfile.readline())
            self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/css\r\n\r\nbody::after { content: 'FETCHED' }")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", received
        server.shutdown()


@pytest.fixture
def folder(tmp_path):
    """Files that would show in a report if the printer read them."""
    (tmp_path / "secret.css").write_text("@page { size: 100mm 150mm }")
    (tmp_path / "secret.svg").write_text(f"<svg {SVG} width='9' height='9'><path id='a' d='M1 1L8 8'/></svg>")
    (tmp_path / "secret.txt").write_text("the secret")
    return tmp_path


ATTEMPTS = """<!doctype html>
<style>@import url("{base}/secret.css"); @font-face {{ font-family: x; src: url("{base}/secret.txt") }}
p {{ font-family: x; background: url("{base}/secret.svg") }} p::after {{ content: url("{base}/secret.svg") }}</style>
<link rel="stylesheet" href="{base}/secret.css"><link rel="attachment" href="{base}/secret.txt">
<base href="{base}/"><p>Report</p><img src="{base}/secret.svg"><img src="secret.svg">
<object data="{base}/secret.svg"></object><embed src="{base}/secret.svg"><iframe src="{base}/secret.txt"></iframe>
<a rel="attachment" href="{base}/secret.txt">file</a>
<svg width="9" height="9"><image href="{base}/secret.svg" width="9" height="9"/><use href="{base}/secret.svg#a"/>
<style>@import url("{base}/secret.css");</style></svg>"""


def differs_without_files(printer, folder):
    """True when the files of the folder show in what is printed."""
    page = ATTEMPTS.format(base=folder.as_uri())
    with_files = printer(page)
    for file in folder.iterdir():
        file.unlink()
    return with_files != printer(page)


def test_no_file_is_read(folder):
    assert not differs_without_files(pdf_of, folder)


def test_a_printer_without_these_rules_would_read_them(folder):
    assert differs_without_files(lambda page: HTML(string=page).write_pdf(), folder)


def test_no_server_is_asked(callers):
    address, received = callers
    assert pdf_of(ATTEMPTS.format(base=address)).startswith(b"%PDF")
    assert received == []


def test_nothing_is_unpacked_from_a_data_address():
    page = "<!doctype html><p>Report</p><link rel='attachment' href='data:text/plain,{0}'><img src='data:{1},{0}'>"
    assert pdf_of(page.format("secret", "image/svg+xml")) == pdf_of(PLAIN)


def test_a_drawing_of_a_million_parts_ends_in_time(monkeypatch):
    monkeypatch.setattr(printing, "TIMEOUT_SECONDS", 2)
    rects = '<rect x="1" y="1" width="2" height="2"/>' * 1_000_000
    with pytest.raises(Unavailable, match="took too long"):
        pdf_of(f"{PLAIN}<svg width='9' height='9'>{rects}</svg>")


def limits(child_code, monkeypatch):
    """Run code in the child, after it has limited itself, in place of the printing."""
    real = printing.subprocess.run

    def run(command, **options):
        code = f"from omreport import printing\nprinting._limit()\n{child_code}"
        return real([command[0], "-c", code], **options)

    monkeypatch.setattr(printing.subprocess, "run", run)
    return pdf_of(PLAIN)


def test_the_child_gets_no_more_memory_than_its_limit(monkeypatch):
    taken = "import sys\ntry:\n    bytearray(2_000_000_000)\nexcept MemoryError:\n    sys.stdout.write('%PDF refused')"
    assert limits(taken, monkeypatch) == b"%PDF refused"


def test_a_child_without_memory_is_a_fault_that_people_understand(monkeypatch):
    with pytest.raises(Unavailable, match="could not be made"):
        limits("bytearray(2_000_000_000)", monkeypatch)


def test_a_child_that_computes_for_ever_is_ended(monkeypatch):
    monkeypatch.setattr(printing, "TIMEOUT_SECONDS", 20)
    with pytest.raises(Unavailable, match="could not be made"):
        limits("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass", monkeypatch)


def test_names_from_the_data_are_text_in_every_document(pay, customer, meter, rolled_up):
    Site.objects.create(code="XSS", name='</h1><img src="file:///etc/passwd">')
    kind = "<SVG ONLOAD=1>"
    customer(1, "XSS", connected=(2025, 1, 5))
    meter("M-1", "0001XSS", kind, "XSS")
    pay(1, "0001XSS", (2026, 1, 10), 50, 10)
    pay(2, "0001XSS", (2026, 4, 10), 60, 12)
    rolled_up()
    for report in REPORTS.values():
        page = report_html(report, ReportFilter(site="XSS"))
        page += report_html(report, ReportFilter(customer_type=kind))
        assert "&lt;/h1&gt;&lt;img" in page
        assert "<img" not in page
        assert "&lt;SVG ONLOAD=1&gt;" in page
        assert "<SVG ONLOAD" not in page
