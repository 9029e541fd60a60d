"""The report pages, their files and the quality panel."""

import io
import os
import re
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from django.conf import settings
from django.utils import timezone

from ccportal.jobs.models import Job, JobState
from omreport import tasks
from omreport.files import KEPT, delete_expired, folder
from omreport.report import Change
from omreport.services import rollups

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])


@pytest.fixture
def sales(pay, customer, rolled_up):
    customer(1, "MAK", connected=(2025, 1, 5), plot="MAK 0001 HH")
    pay(1, "0001MAK", (2025, 4, 10), 40, 8)
    pay(2, "0001MAK", (2026, 1, 10), 50, 10)
    pay(3, "0002KET", (2026, 4, 10), 100, 20)
    pay(4, "0001MAK", (2026, 4, 11), 60, 12)
    pay(5, "0002KET", None, 5, 1)
    rolled_up()


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_om_report_shows_figures_with_their_method(sales, sign_in, thabo):
    text = page(sign_in(thabo), "/reports/om/")
    for title in ("Energy vended per quarter", "Energy vended per site", "New customers per quarter"):
        assert f"<strong>{title}</strong>" in text
    assert "Sum of the kWh of the ledger" in text
    assert text.count('<svg xmlns="http://www.w3.org/2000/svg" class="plot"') >= 5


def test_the_financial_report_compares_with_the_quarter_and_the_year_before(sales, sign_in, lineo):
    text = page(sign_in(lineo), "/reports/financial/?from=2026+Q2")
    assert "2026 Q2 in comparison" in text
    assert re.findall(r'data-label="([^"]+)">([^<]+)<', text)[:5] == [
        ("2026 Q2", "160.00"),
        ("Quarter before", "50.00"),
        ("Change on the quarter", "+220.0 %"),
        ("A year before", "40.00"),
        ("Change on the year", "+300.0 %"),
    ]
    assert "2026 Q2 is still running: the latest transaction is of 11 Apr 2026." in text


def test_a_quarter_that_is_still_running_is_not_compared_with_whole_ones(sales, sign_in, lineo):
    text = page(sign_in(lineo), "/reports/financial/").replace("\xa0", " ")
    assert "2026 Q1 in comparison" in text
    assert "2026 Q2 is still running: M 160.00 and 32.00 kWh up to 11 Apr 2026." in text
    assert "Average revenue per user by site, 2026 Q1" in text


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [(20, -10, "+300.0 %"), (5, 10, "-50.0 %"), (10, 10, "0.0 %"), (9_999, 10_000, "0.0 %"), (5, 0, "–")],
)
def test_a_change_has_the_sign_of_its_direction(now, then, words):
    assert Change("Revenue", "money", Decimal(now), Decimal(then), None).quarter_text == words


def test_the_last_quarter_is_compared_once_the_ledger_covers_it(sales, pay, rolled_up, sign_in, lineo):
    pay(6, "0001MAK", (2026, 6, 30), 1, 1)
    rolled_up()
    text = page(sign_in(lineo), "/reports/financial/")
    assert "2026 Q2 in comparison" in text
    assert "still running" not in text


def test_filters_stand_in_the_address_and_restrict_every_figure(sales, sign_in, thabo):
    text = page(sign_in(thabo), "/reports/om/?from=2026+Q1&site=MAK")
    assert "2026 Q1 to today, MAK Ha Makebe" in text
    assert "M 110.00" in text.replace("\xa0", " ")
    assert "Energy vended per site" not in text
    assert 'name="site" value="MAK"' in text


def test_the_last_quarter_may_be_chosen(sales, sign_in, thabo):
    assert "2026 Q1 in comparison" in page(sign_in(thabo), "/reports/om/?to=2026+Q1")


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("from=2026+Q7", "is not a quarter"),
        ("site=XYZ", "there is no XYZ here"),
        ("type=ABC", "there is no ABC here"),
        ("basis=cash", "there is no cash here"),
        ("from=2026+Q2&to=2026+Q1", "The last quarter is before the first."),
    ],
)
def test_a_filter_that_does_not_fit_is_explained_and_shows_no_figures(sales, sign_in, thabo, query, fault):
    text = page(sign_in(thabo), f"/reports/om/?{query}", 422)
    assert fault in text
    assert "<svg xmlns" not in text


def test_the_page_says_when_payments_alone_give_other_figures(sales, pay, sign_in, thabo):
    pay(9, "0001MAK", (2026, 4, 11), 3, 0, payment=False)
    rollups.refresh()
    assert "payments alone to" in page(sign_in(thabo), "/reports/om/")


def test_the_page_says_when_the_last_refresh_failed(sales, sign_in, thabo):
    rollups.record_failure()
    assert "<strong>Not up to date.</strong>" in page(sign_in(thabo), "/reports/om/")


def test_without_figures_the_page_says_what_will_be_there(sign_in, thabo):
    assert "No figures yet" in page(sign_in(thabo), "/reports/om/")


def test_htmx_gets_the_report_without_the_page_around_it(sales, sign_in, thabo):
    text = sign_in(thabo).get("/reports/om/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert "<h1>O&amp;M report</h1>" in text or "<h1>O&M report</h1>" in text


def test_a_figure_as_csv(sales, sign_in, thabo):
    answer = sign_in(thabo).get("/reports/financial/figures/revenue.csv?from=2026+Q1")
    assert answer["Content-Disposition"] == 'attachment; filename="financial-revenue.csv"'
    assert answer.content.decode() == 'Quarter,"Revenue, LSL"\r\n2026 Q1,50\r\n2026 Q2,160\r\n'


def test_a_figure_that_has_no_series_yet_is_its_labels_as_csv(sales, sign_in, thabo):
    answer = sign_in(thabo).get("/reports/om/figures/load-profile.csv")
    assert (answer.status_code, answer.content.splitlines()[:2]) == (200, [b"Hour", b"00:00"])


def test_a_figure_as_drawing(sales, sign_in, thabo):
    answer = sign_in(thabo).get("/reports/om/figures/energy.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")


@pytest.mark.parametrize("address", ["/reports/om/figures/none.csv", "/reports/none/report.xlsx", "/reports/none/pdf/"])
def test_what_does_not_exist_is_not_found(sales, sign_in, thabo, address):
    client = sign_in(thabo)
    answer = client.post(address) if address.endswith("/pdf/") else client.get(address)
    assert answer.status_code == 404


def test_the_workbook_compares_quarters_with_real_numbers(sales, sign_in, lineo):
    answer = sign_in(lineo).get("/reports/financial/report.xlsx?from=2026+Q2")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["Comparison"]
    assert [[cell.value for cell in row] for row in sheet["A1:F2"]] == [
        ["Measure", "2026 Q2", "Quarter before", "Change, %", "A year before", "Change, %"],
        ["Revenue, LSL", 160, 50, 220, 40, 300],
    ]
    assert (sheet["B2"].number_format, sheet["D2"].number_format, sheet.freeze_panes) == ("#,##0.00", "#,##0.0", "B2")


def test_the_workbook_has_a_sheet_for_each_figure(sales, sign_in, lineo):
    answer = sign_in(lineo).get("/reports/financial/report.xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        names = book.read("xl/workbook.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    for name in ("About", "revenue-by-site", "arpu-monthly", "Data quality"):
        assert f'name="{name}"' in names
    assert "MAK Ha Makebe" in texts


def test_the_quality_panel_leads_to_the_rows(sales, sign_in, thabo):
    client = sign_in(thabo)
    assert "Transactions without a date" in page(client, "/reports/om/")
    text = page(client, "/reports/quality/no-date/")
    assert "tblaccounthistory1 5" in text
    assert "amount 5.00, 1.00 kWh, payment" in text


def test_a_check_that_does_not_exist_is_not_found(sign_in, thabo):
    page(sign_in(thabo), "/reports/quality/nonsense/", 404)


# ---------------------------------------------------------------- PDF


@pytest.fixture
def printed(sales, sign_in, lineo, django_capture_on_commit_callbacks):
    answer = sign_in(lineo).post("/reports/financial/pdf/", {"from": "2026 Q1"})
    job = Job.objects.get(kind="reports.pdf")
    assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{job.pk}/")
    job.state, job.claim = JobState.RUNNING, "test"
    job.save()
    return job


class Steps:
    def step(self, text, total=0):
        pass

    def advance(self, done):
        pass


def finish(job, **fields):
    result = tasks.print_report(job, Steps())
    Job.objects.filter(pk=job.pk).update(
        state=JobState.DONE, result=result, **{"finished_at": timezone.now(), **fields}
    )
    return result


def test_a_report_is_printed_by_a_worker_and_fetched_by_who_asked(printed, client, lineo):
    result = finish(printed)
    answer = client.get(result["url"])
    content = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "application/pdf"
    assert content.startswith(b"%PDF")


def test_nobody_else_can_fetch_it(printed, sign_in, thabo):
    result = finish(printed)
    assert sign_in(thabo).get(result["url"]).status_code == 404


def test_it_expires(printed, client):
    result = finish(printed, finished_at=timezone.now() - KEPT)
    assert client.get(result["url"]).status_code == 404


def test_expired_files_are_deleted(printed):
    result = finish(printed)
    path = folder() / result["_file"]
    assert delete_expired() == 0
    long_ago = (timezone.now() - 2 * KEPT).timestamp()
    os.utime(path, (long_ago, long_ago))
    assert delete_expired() == 1
    assert not path.exists()
    assert str(folder()).startswith(str(settings.MEDIA_ROOT))


def test_the_values_of_a_figure_are_a_page_of_their_own_without_script(sign_in, thabo, sales):
    page = sign_in(thabo).get("/reports/om/figures/energy/").content.decode()
    assert "<h1>" in page
    assert '<details class="values" open>' in page
    assert "The whole O&amp;M report" in page


def test_a_report_page_fetches_the_values_of_a_figure_alone(sign_in, thabo, sales):
    part = sign_in(thabo).get("/reports/om/figures/energy/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<details")


def test_a_drawing_that_is_left_out_leads_to_its_page_without_script(sign_in, thabo, sales):
    answer = sign_in(thabo).get("/reports/om/figures/tenure/drawing/?site=MAK")
    assert (answer.status_code, answer["Location"]) == (302, "/reports/om/figures/tenure/?site=MAK")


def test_a_figure_that_does_not_exist_is_not_found(sign_in, thabo, sales):
    assert sign_in(thabo).get("/reports/om/figures/moonlight/").status_code == 404
