"""The page Export: prepared sets and tables, at once or by the worker."""

import io
import os
from datetime import timedelta

import openpyxl
import pytest
from django.core.cache import cache
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as relaxed
from hypothesis import strategies as st

from audit import tasks
from audit.actors import Actor
from audit.exports import services
from audit.models import ExportFile, Mutation
from audit.tables.tests.conftest import ledger, people  # noqa: F401 - fixtures
from ccportal.jobs.models import Job, JobState
from ccportal.jobs.services import run_job

pytestmark = [pytest.mark.django_db(databases=["default", "acdb"]), pytest.mark.usefixtures("people", "ledger")]
TABLE = "/export/make/?table=tblcustomer"


@pytest.fixture(autouse=True)
def no_kept_counts():
    cache.clear()


def lines(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode().splitlines()


def run(export):
    """What a worker does with the job of an export."""
    run_job(export.job_id, lambda progress: tasks.make_export(Job.objects.get(pk=export.job_id), progress))
    export.refresh_from_db()
    return export


@pytest.fixture
def ordered(sign_in, thabo):
    """Thabo's workbook of customers, ordered and not made yet."""
    sign_in(thabo).post(TABLE, {"columns": ["CUSTOMER ID", "FIRST NAME"], "format": "xlsx"})
    return ExportFile.objects.get()


def test_the_page_lists_sets_and_tables(sign_in, thabo):
    page = sign_in(thabo).get("/export/").text
    assert "Customers with account and meter" in page
    assert '<option value="Copy Of tblmeter">' in page
    assert "Nothing yet" in page


def test_chosen_columns_of_filtered_rows_come_at_once(sign_in, thabo):
    answer = sign_in(thabo).post(
        TABLE,
        {
            "columns": ["CUSTOMER ID", "FIRST NAME"], "format": "csv", "search": "",
            "col": ["Concession name", ""], "op": ["eq", "eq"], "val": ["mak", ""], "to": ["", ""],
        },
    )  # fmt: skip
    assert lines(answer) == ["CUSTOMER ID,FIRST NAME", "1,Lerato", "2,'=1+1"]
    assert answer["Content-Disposition"] == 'attachment; filename="tblcustomer.csv"'
    assert Mutation.objects.filter(event="exports.requested", actor_id="1004").count() == 1


def test_customers_come_with_account_and_meter(sign_in, thabo):
    answer = sign_in(thabo).post(
        "/export/make/?set=customers", {"columns": ["Account", "Site", "First name", "Meter"], "format": "csv"}
    )
    assert lines(answer) == [
        "Account,Site,First name,Meter",
        "0001MAK,MAK,Lerato,SMR-1",
        "0001MAK,MAK,'=1+1,",
        "0005MAK,MAK,Lerato,",
    ]


def test_a_set_of_a_period_holds_its_first_and_its_last_day(sign_in, thabo):
    answer = sign_in(thabo).post(
        "/export/make/?set=payments",
        {"columns": ["Number", "Date", "Amount"], "format": "csv", "since": "2026-01-03", "until": "2026-01-05"},
    )
    assert lines(answer) == ["Number,Date,Amount", "3,2026-01-03 12:30:00,55.5", "5,2026-01-05 12:30:00,55.5"]


@pytest.mark.parametrize("name", ["customers", "transactions", "payments", "unmatched", "mutations"])
def test_every_set_is_offered_and_can_be_made(sign_in, thabo, name):
    client = sign_in(thabo)
    form = client.get(f"/export/choose/?set={name}").context["form"]
    data = {"columns": list(form.prepared.columns), "format": "csv"}
    header = lines(client.post(f"/export/make/?set={name}", data))[0]
    assert header.count(",") >= len(form.prepared.columns) - 1
    made = services.order(Actor.of(thabo), {"set": name, "columns": [], "format": "xlsx"})
    assert run(made).ready_at


def test_a_filter_that_does_not_fit_is_explained_and_nothing_is_lost(sign_in, thabo):
    data = {"columns": ["CUSTOMER ID"], "format": "csv", "col": "CUSTOMER ID", "op": "gt", "val": "many", "to": ""}
    answer = sign_in(thabo).post(TABLE, data)
    assert answer.status_code == 400
    assert "CUSTOMER ID must be a whole number." in answer.text
    assert 'value="many"' in answer.text


def test_no_column_is_refused(sign_in, thabo):
    answer = sign_in(thabo).post(TABLE, {"format": "csv"})
    assert answer.status_code == 422
    assert "Choose at least one column." in answer.text


def test_a_workbook_is_made_by_the_worker_and_fetched_by_whoever_asked(sign_in, thabo, ordered):
    client = sign_in(thabo)
    assert "waiting for a worker" in client.get("/export/").text
    run(ordered)
    assert (ordered.rows, ordered.job.state) == (3, JobState.DONE)
    answer = client.get(f"/export/files/{ordered.token}/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["CUSTOMER ID", "FIRST NAME"], [1, "Lerato"], [2, "=1+1"], [3, "Neo"],
    ]  # fmt: skip
    assert sheet["B3"].quotePrefix
    assert sheet["B3"].data_type == "s"


def test_more_rows_than_fit_a_click_are_left_to_the_worker(sign_in, thabo, settings):
    settings.EXPORT_INLINE_ROWS = 2
    sign_in(thabo).post(TABLE, {"columns": ["CUSTOMER ID"], "format": "csv"})
    made = run(ExportFile.objects.get())
    assert services.path_of(made).read_text().splitlines() == ["CUSTOMER ID", "1", "2", "3"]
    assert oct(services.path_of(made).stat().st_mode)[-3:] == "600"


def test_nobody_else_gets_the_file_but_a_super_admin(sign_in, lineo, nthabiseng, ordered):
    run(ordered)
    assert sign_in(lineo).get(f"/export/files/{ordered.token}/").status_code == 404
    assert sign_in(lineo).post(f"/export/files/{ordered.token}/cancel/").status_code == 404
    assert sign_in(nthabiseng).get(f"/export/files/{ordered.token}/").status_code == 200


def test_the_address_of_a_file_cannot_be_guessed(ordered):
    assert len(ordered.token) == 43


def test_an_export_that_waits_can_be_cancelled(sign_in, thabo, ordered):
    client = sign_in(thabo)
    assert "is cancelled" in client.post(f"/export/files/{ordered.token}/cancel/", follow=True).text
    assert Job.objects.get(pk=ordered.job_id).error == "This export was cancelled."
    run(ordered)
    assert not services.path_of(ordered).exists()


def test_an_export_that_is_being_made_stops_when_it_is_cancelled(thabo, ordered, monkeypatch):
    real = services.source_of

    def cancelled_meanwhile(wanted):
        ExportFile.objects.update(cancelled_at=timezone.now())
        return real(wanted)

    monkeypatch.setattr(services, "source_of", cancelled_meanwhile)
    run(ordered)
    assert Job.objects.get(pk=ordered.job_id).error == "This export was cancelled."
    assert list(services.folder().glob("*")) == []


def test_a_finished_file_expires_and_is_deleted(sign_in, thabo, ordered):
    path = services.path_of(run(ordered))
    ExportFile.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    answer = sign_in(thabo).get(f"/export/files/{ordered.token}/")
    assert answer.status_code == 404
    assert "has expired" in answer.text
    tasks.clean_exports()
    assert not ExportFile.objects.exists()
    os.utime(path, (0, 0))
    tasks.clean_exports()
    assert not path.exists()


def test_nobody_has_more_than_three_made_at_once(sign_in, thabo):
    client = sign_in(thabo)
    data = {"columns": ["CUSTOMER ID"], "format": "xlsx"}
    for _ in range(3):
        assert client.post(TABLE, data).status_code == 302
    answer = client.post(TABLE, data)
    assert answer.status_code == 409
    assert "wait for one, or cancel it" in answer.text


def test_a_sheet_that_would_overflow_is_refused_in_words(ordered, monkeypatch):
    monkeypatch.setattr(services, "SHEET_ROWS", 3)
    run(ordered)
    assert "Take CSV, or filter." in Job.objects.get(pk=ordered.job_id).error


@pytest.mark.parametrize("path", ["/export/choose/?table=nothing", "/export/choose/", "/export/files/x/"])
def test_what_is_not_there_is_404(sign_in, thabo, path):
    assert sign_in(thabo).get(path).status_code == 404


def test_an_unknown_set_is_explained(sign_in, thabo):
    assert "There is no such prepared set." in sign_in(thabo).get("/export/choose/?set=secrets").text


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ODD = TEXTS | st.sampled_from(["", "\x00", "CUSTOMER ID", "eq"])
SOURCES = st.sampled_from(["table=tblcustomer", "set=payments"])
INPUTS = ["columns", "format", "search", "col", "op", "val", "to", "since", "until"]


@relaxed(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.fixed_dictionaries({}, optional=dict.fromkeys(INPUTS, ODD)), source=SOURCES)
def test_no_input_breaks_the_form(sign_in, thabo, data, source):
    sane = {"columns": ["CUSTOMER ID", "Number"][source.startswith("set")], "format": "csv"}
    assert sign_in(thabo).post(f"/export/make/?{source}", {**sane, **data}).status_code in (200, 302, 400, 409, 422)
