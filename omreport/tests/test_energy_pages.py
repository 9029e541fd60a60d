"""Pages of the energy balance: the report, uploads with a dry run, single readings, alerts."""

import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.actors import Actor
from audit.models import Mutation
from ccportal.core.testing.browser import PHONE, assert_accessible
from ccportal.jobs.models import Job
from ccportal.jobs.services import run_job
from customers.models import Site
from omreport import tasks
from omreport.energy.models import CounterReading, EnergyAlert, EnergyReading, EnergyUpload
from omreport.energy.parsing import Entry
from omreport.energy.services import readings, uploads
from omreport.models import SiteDay
from omreport.tests.conftest import at

pytestmark = pytest.mark.django_db
BALANCE, UPLOADS = "/reports/energy/", "/reports/energy/uploads/"
HEAD = "site,channel,start,end,kwh\n"
GOOD = HEAD + "MAK,pv,2026-03-01 00:00,2026-03-02 00:00,412.5\nMAK,pv,2026-03-02 00:00,2026-03-03 00:00,400\n"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def site(db):
    Site.objects.get_or_create(code="MAK", defaults={"name": "Ha Makebe"})


@pytest.fixture
def upload(sign_in, palesa):
    """Uploads a file as Palesa and returns the page that follows."""

    def send(content, name="readings.csv"):
        file = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
        return sign_in(palesa).post(f"{UPLOADS}file/", {"file": file}, follow=True)

    return send


@pytest.fixture
def march(palesa):
    """March of MAK: 90 kWh PV, 80 delivered and 70 sold a day."""
    entries = [
        Entry(n, "MAK", channel, "scada", at(2026, 3, 1) + DAY * n, at(2026, 3, 1) + DAY * (n + 1), Decimal(kwh))
        for channel, kwh in (("pv", 90), ("delivered", 80))
        for n in range(31)
    ]
    readings.store(entries, Actor.of(palesa))
    for n in range(31):
        SiteDay.objects.create(site="MAK", period=202603, day=n + 1, transactions=1, kwh=Decimal(70))


QUERY = "?site=MAK&by=month&from=2026-03-01&to=2026-03-31"


# ---------------------------------------------------------------- the report


@pytest.mark.usefixtures("march")
def test_the_page_shows_the_balance_with_its_coverage(sign_in, thabo):
    text = sign_in(thabo).get(BALANCE + QUERY).content.decode()
    for figure in ("2,790.00", "2,480.00", "2,170.00", "310.00", "12.50"):
        assert figure in text
    assert "Every channel 100 % of 744 hours; sales on 31 of 31 days" in text


@pytest.mark.usefixtures("march")
def test_the_page_begins_with_the_latest_month_that_is_complete(sign_in, thabo, palesa):
    readings.store([Entry(0, "MAK", "pv", "scada", at(2026, 4, 1), at(2026, 4, 2), Decimal(90))], Actor.of(palesa))
    client = sign_in(thabo)
    of_site = client.get(f"{BALANCE}?site=MAK").content.decode()
    assert "Latest complete month, Mar 2026" in of_site
    head, _, months = of_site.partition('id="lines-head"')
    assert "12.50" in head
    assert months.index("Apr 2026") < months.index("Mar 2026")
    of_all, _, _ = client.get(BALANCE).content.decode().partition('id="lines-head"')
    assert '<th scope="row" class="period">Mar 2026</th>' in of_all
    assert "Apr 2026</th>" not in of_all


@pytest.mark.usefixtures("march")
def test_below_the_floor_the_page_says_why_instead_of_a_number(sign_in, thabo):
    text = sign_in(thabo).get(f"{BALANCE}?site=MAK&by=quarter&from=2026-01-01&to=2026-03-31").content.decode()
    assert "not computable" in text
    assert "PV covers 34 % of the hours, 90 % are needed." in text


def test_without_readings_the_page_says_what_to_do(sign_in, palesa):
    text = sign_in(palesa).get(BALANCE).content.decode()
    assert "No readings yet" in text
    assert "Upload readings" in text


@pytest.mark.usefixtures("march")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=01.03.2026", "From: write the day like 2026-03-01."),
        ("?from=2026-03-02&to=2026-03-01", "The last day is before the first."),
        ("?site=XXX", "there is no XXX"),
        ("?to=0001-01-01", "To: choose a day from 1900 on."),
        ("?to=9999-12-31", "To: choose a day up to 2199."),
        ("?by=day&from=2020-01-01&to=2026-03-01", "More than 400 days; choose fewer."),
    ],
)
def test_a_filter_that_does_not_fit_shows_its_fault_and_no_figures(sign_in, thabo, query, words):
    response = sign_in(thabo).get(BALANCE + query)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "2,790.00" not in response.content.decode()


@pytest.mark.usefixtures("march")
def test_the_files_hold_the_same_figures(sign_in, thabo):
    client = sign_in(thabo)
    lines = client.get(f"{BALANCE}balance.csv{QUERY}").content.decode().splitlines()
    assert lines[1].startswith("MAK,Ha Makebe,Mar 2026,2790.00,,,2790.00,,,2480.00,2170.00,310.00,12.50,,100.0,")
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{BALANCE}balance.xlsx{QUERY}").content))
    assert [book.active.cell(2, column).value for column in (1, 4, 10, 13)] == ["MAK", 2790, 2480, 12.5]


# ---------------------------------------------------------------- uploads


def test_a_file_is_shown_and_nothing_is_stored_until_it_is_confirmed(upload, client):
    page = upload(GOOD).content.decode()
    assert "Store 2 readings" in page
    assert "412.5000" in page
    assert not EnergyReading.objects.exists()
    number = EnergyUpload.objects.get().pk
    page = client.post(f"{UPLOADS}{number}/store/", follow=True).content.decode()
    assert "Stored" in page
    assert [row.upload_id for row in EnergyReading.objects.all()] == [number, number]
    assert Mutation.objects.get(event="energy.upload.stored").new_values == {
        "file": "readings.csv",
        "added": 2,
        "already": 0,
    }
    assert not list(uploads.folder().iterdir())


def test_a_file_with_one_bad_row_is_refused_whole_with_row_column_and_remedy(upload, client):
    page = upload(GOOD + "MAK,pv,2026-03-03 00:00,2026-03-04 00:00,-5\n").content.decode()
    assert "“-5” is negative" in page
    assert '<th scope="row" class="num">4</th><td data-label="Column"><code>kwh</code></td>' in page
    client.post(f"{UPLOADS}{EnergyUpload.objects.get().pk}/store/")
    assert not EnergyReading.objects.exists()


def test_a_reading_that_stands_in_a_file_twice_is_stored_and_summed_once(upload):
    page = upload(GOOD + "MAK,pv,2026-03-01 00:00,2026-03-02 00:00,412.5\n").content.decode()
    assert "Store 2 readings" in page
    assert "812.5000" in page


def test_a_file_that_overlaps_stored_readings_is_refused(upload, client):
    upload(GOOD)
    client.post(f"{UPLOADS}{EnergyUpload.objects.get().pk}/store/")
    page = upload(HEAD + "MAK,pv,2026-03-01 12:00,2026-03-01 13:00,5\n").content.decode()
    assert "overlaps a stored interval, 1 Mar 2026, 00:00 to 2 Mar 2026, 00:00" in page


def test_a_file_that_is_stored_already_has_nothing_to_confirm(upload, client):
    upload(GOOD)
    client.post(f"{UPLOADS}{EnergyUpload.objects.get().pk}/store/")
    assert "Everything in this file is stored already." in upload(GOOD).content.decode()


def test_what_changed_since_the_check_is_checked_again(upload, client, palesa):
    upload(GOOD)
    readings.store([Entry(0, "MAK", "pv", "upload", at(2026, 3, 1), at(2026, 3, 2), Decimal(1))], Actor.of(palesa))
    page = client.post(f"{UPLOADS}{EnergyUpload.objects.get().pk}/store/", follow=True).content.decode()
    assert "The readings changed meanwhile" in page
    assert EnergyReading.objects.count() == 1


def test_a_file_is_stored_once_however_often_it_is_confirmed(upload, client):
    upload(GOOD)
    number = EnergyUpload.objects.get().pk
    client.post(f"{UPLOADS}{number}/store/")
    page = client.post(f"{UPLOADS}{number}/store/", follow=True).content.decode()
    assert "This file is not waiting to be stored" in page
    assert EnergyReading.objects.count() == 2


def test_a_discarded_file_is_gone(upload, client):
    upload(GOOD)
    client.post(f"{UPLOADS}{EnergyUpload.objects.get().pk}/discard/")
    assert not list(uploads.folder().iterdir())
    assert not EnergyReading.objects.exists()


def test_a_file_of_50_mb_is_refused_with_the_limit(upload):
    response = upload("x" * 50_000_000)
    assert response.status_code == 400
    assert "The file is larger than 10 MB. Split it" in response.content.decode()
    assert not EnergyUpload.objects.exists()


def test_a_hostile_file_is_refused_on_the_page(upload):
    assert "The file is not a text in UTF-8" in upload(b"site\xff\xfa").content.decode()
    assert "The file is empty." in upload(b"").content.decode()


def test_a_large_file_is_checked_and_stored_in_the_background(upload, client):
    rows = "".join(
        f"MAK,pv,2025-{m:02}-{d:02} {h:02}:00,2025-{m:02}-{d:02} {h:02}:59,1\n"
        for m in (1, 2) for d in range(1, 28) for h in range(24)
    )  # fmt: skip
    page = upload(HEAD + rows).content.decode()
    assert "Being checked" in page
    found = EnergyUpload.objects.get()
    _run(found, tasks.check_upload)
    page = client.get(f"{UPLOADS}{found.pk}/").content.decode()
    assert "Store 1,296 readings" in page
    client.post(f"{UPLOADS}{found.pk}/store/")
    _run(found, tasks.store_upload)
    assert EnergyReading.objects.count() == 1296


def _run(upload, work):
    """Do what a worker does with the job of an upload."""
    upload.refresh_from_db()
    run_job(upload.job_id, lambda progress: work(Job.objects.get(pk=upload.job_id), progress))


def test_finance_may_look_but_not_upload(sign_in, lineo):
    client = sign_in(lineo)
    assert client.get("/reports/energy/readings/").status_code == 200
    assert client.get(UPLOADS).status_code == 403
    assert client.post(f"{UPLOADS}file/").status_code == 403


def test_a_csrf_token_is_needed_for_an_upload(palesa):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(palesa, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(f"{UPLOADS}file/", {"file": SimpleUploadedFile("a.csv", b"x")}).status_code == 403
    assert not EnergyUpload.objects.exists()


def test_uploads_that_nobody_confirms_are_forgotten(upload):
    upload(GOOD)
    EnergyUpload.objects.update(created_at=at(2026, 1, 1))
    tasks.clean_files()
    assert EnergyUpload.objects.get().state == "discarded"
    assert not list(uploads.folder().iterdir())


# ---------------------------------------------------------------- single readings


def test_a_person_enters_an_interval_and_a_counter_value(sign_in, palesa):
    client = sign_in(palesa)
    form = {"site": "MAK", "channel": "pv", "start": "2026-03-01T00:00", "end": "2026-03-02T00:00", "kwh": "412.5"}
    assert (
        "The reading is stored."
        in client.post("/reports/energy/readings/new/interval/", form, follow=True).content.decode()
    )
    stored = EnergyReading.objects.get()
    assert (stored.source, stored.entered_by, stored.kwh) == ("manual", "1002", Decimal("412.5"))
    counter = {"site": "MAK", "channel": "genset", "at": "2026-03-01T07:00", "value": "91204.7"}
    client.post("/reports/energy/readings/new/counter/", counter)
    assert CounterReading.objects.get().at == at(2026, 3, 1, 7)


def test_a_wrong_value_is_said_beside_its_field(sign_in, palesa):
    form = {"site": "MAK", "channel": "pv", "start": "2026-03-01T00:00", "end": "2026-02-02T00:00", "kwh": "4,5"}
    response = sign_in(palesa).post("/reports/energy/readings/new/interval/", form)
    assert response.status_code == 422
    assert "has a comma; write the number with a decimal point" in response.content.decode()
    assert not EnergyReading.objects.exists()


@pytest.mark.usefixtures("march")
def test_a_reading_is_corrected_with_a_reason_and_then_deleted(sign_in, palesa):
    client = sign_in(palesa)
    stored = EnergyReading.objects.get(channel="pv", starts_at=at(2026, 3, 5))
    address = f"/reports/energy/readings/interval/{stored.pk}/"
    form = {"start": "2026-03-05T00:00", "end": "2026-03-06T00:00", "kwh": "95"}
    assert "This field is required." in client.post(address, form).content.decode()
    client.post(address, {**form, "reason": "Misread"})
    stored.refresh_from_db()
    assert stored.kwh == 95
    client.post(f"{address}delete/", {"reason": "Twice"})
    assert not EnergyReading.objects.filter(pk=stored.pk).exists()
    assert [m.reason for m in Mutation.objects.filter(event__startswith="energy.reading").order_by("pk")] == [
        "Misread",
        "Twice",
    ]


@pytest.mark.usefixtures("march")
def test_readings_are_filtered_by_channel_and_day(sign_in, thabo):
    text = sign_in(thabo).get("/reports/energy/readings/?channel=pv&from=2026-03-30&to=2026-03-31").content.decode()
    assert "2 intervals, newest first" in text


@pytest.mark.parametrize("query", ["from=0001-01-01", "to=9999-12-31"])
def test_readings_of_days_beyond_the_calendar_are_refused(sign_in, thabo, query):
    assert sign_in(thabo).get(f"/reports/energy/readings/?{query}").status_code == 422


# ---------------------------------------------------------------- alerts


def test_an_alert_shows_on_the_dashboard_and_is_acknowledged_on_the_page(sign_in, palesa, march):
    alert = EnergyAlert.objects.create(
        site="MAK", kind="loss", first_seen=at(2026, 4, 1), last_seen=at(2026, 4, 1), day=at(2026, 3, 31).date(),
        value=30, low=-5, high=20, unit="%",
    )  # fmt: skip
    client = sign_in(palesa)
    assert "Unaccounted energy out of band" in client.get("/").content.decode()
    page = client.post(f"{BALANCE}alerts/{alert.pk}/acknowledge/", {"note": "Line 3 is bypassed"}, follow=True)
    assert "by 1002: Line 3 is bypassed" in page.content.decode()


# ---------------------------------------------------------------- in a browser


@pytest.mark.browser
@pytest.mark.usefixtures("march")
def test_without_javascript_a_file_is_uploaded_checked_and_stored(signed_in_page, palesa, tmp_path):
    page = signed_in_page(palesa, java_script_enabled=False, viewport=PHONE)
    path = tmp_path / "april.csv"
    path.write_text(HEAD + "MAK,genset,2026-03-01 00:00,2026-03-02 00:00,12\n")
    page.goto(UPLOADS)
    page.locator("#id_file").set_input_files(path)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Store 1 reading").click()
    assert "Stored" in page.locator("#upload").inner_text()
    page.goto(BALANCE)
    page.locator("select[name=site]").select_option("MAK")
    page.get_by_role("button", name="Show").click()
    assert "site=MAK" in page.url
    assert "Genset covers 3 % of the hours" in page.locator("#balance").inner_text()


@pytest.mark.browser
@pytest.mark.usefixtures("march")
def test_the_page_is_accessible_and_fits_a_phone(signed_in_page, thabo):
    page = signed_in_page(thabo, viewport=PHONE)
    page.goto(BALANCE + QUERY)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
