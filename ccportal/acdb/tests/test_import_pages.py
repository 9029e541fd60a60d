"""Import from the web: a super admin uploads, a worker imports, the page shows progress and report."""

from datetime import timedelta

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ccportal.acdb.importer.copying import import_dir
from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.acdb.tests.conftest import DATA, FILES
from ccportal.acdb.uploads import stored_path
from ccportal.jobs.models import Job, JobState
from ccportal.jobs.progress import Progress
from ccportal.jobs.services import sweep
from customers.models import Customer

pytestmark = pytest.mark.django_db(databases=["default", "acdb"])
LIST, UPLOAD = "/import/", "/import/upload/"


@pytest.fixture
def engine():
    return "sqlite"


@pytest.fixture
def superadmin(sign_in, nthabiseng):
    return sign_in(nthabiseng)


def upload(client, path, name=None, **headers):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name or path.name, path.read_bytes())}, **headers)


def work():
    """Run the job as a worker does."""
    job = Job.objects.get(kind="acdb.import", state=JobState.QUEUED)
    current_app.tasks["job.acdb.import"](job.pk)
    job.refresh_from_db()
    return job


def waiting_files():
    return [path.name for path in import_dir().iterdir()]


@pytest.mark.parametrize("address", [LIST, UPLOAD, "/import/1/"])
def test_only_a_super_admin_gets_in(client, sign_in, thabo, lineo, palesa, address):
    method = "post" if address == UPLOAD else "get"
    assert getattr(client, method)(address).status_code == 302
    for person in (thabo, lineo, palesa):
        answer = getattr(sign_in(person), method)(address)
        assert answer.status_code == 403
        assert "takes the role Super admin" in answer.content.decode()


def test_the_page_says_that_nothing_was_imported_yet(empty, superadmin):
    page = superadmin.get(LIST).content.decode()
    assert "No Access file has been imported yet" in page
    assert "No imports yet" in page


def test_an_upload_is_imported_by_a_worker_and_reported(empty, superadmin):
    answer = upload(superadmin, FILES["mini"])
    record = AcdbImport.objects.get()
    assert answer.url == reverse("acdb:import", args=[record.pk])
    assert (record.state, record.file_name, record.requested_by) == (ImportState.WAITING, "mini.accdb", "1001")
    waiting = superadmin.get(answer.url).content.decode()
    assert "It starts as soon as a worker is free." in waiting
    assert f'href="{reverse("jobs:detail", args=[record.job.pk])}"' in waiting

    job = work()
    assert (job.state, job.result) == (JobState.DONE, {"rows": 3716, "url": answer.url})
    assert Customer.objects.count() == 43
    page = superadmin.get(answer.url).content.decode()
    assert "<dd>3,716</dd>" in page
    assert "RECORD CREATE DATE: 3 empty dates of Access (30 Dec 1899), left empty" in page
    assert "<dt>Not used by the portal</dt><dd>Paste Errors</dd>" in page
    assert waiting_files() == []
    assert "The customer database is that of mini.accdb" in superadmin.get(LIST).content.decode()


def test_progress_is_a_part_that_asks_again(empty, superadmin):
    answer = upload(superadmin, FILES["mini"])
    job = Job.objects.get(kind="acdb.import")
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, step="Reading tblcustomer", done=20, total=43)
    part = superadmin.get(answer.url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert f'hx-get="{answer.url}" hx-trigger="every 2s"' in part
    assert "Reading tblcustomer: 20 of 43" in part


def test_a_bad_file_fails_with_its_sentence_and_is_removed(mini, superadmin):
    answer = upload(superadmin, DATA / "truncated.accdb")
    job = work()
    assert job.state == JobState.FAILED
    assert job.error == AcdbImport.objects.get().error
    assert "cut off or damaged" in superadmin.get(answer.url).content.decode()
    assert Customer.objects.count() == 43
    assert waiting_files() == []


def test_a_file_that_is_no_database_is_refused_at_once(empty, superadmin):
    answer = upload(superadmin, DATA / "not_access.accdb")
    assert answer.status_code == 422
    assert "does not appear to be an Access database" in answer.content.decode()
    assert not AcdbImport.objects.exists()
    assert waiting_files() == []


@pytest.mark.parametrize("data", [{}, {"file": ""}, {"other": SimpleUploadedFile("a.accdb", b"x")}])
def test_a_form_without_a_file_is_shown_again(empty, superadmin, data):
    answer = superadmin.post(UPLOAD, data)
    assert answer.status_code == 422
    assert "Choose a file." in answer.content.decode()


def test_a_file_beyond_the_limit_is_refused_and_nothing_is_kept(empty, superadmin, settings):
    settings.ACDB_UPLOAD_MAX_BYTES = 100_000
    answer = upload(superadmin, FILES["mini"])
    assert answer.status_code == 400
    assert "larger than 0 MB" in answer.content.decode()
    assert waiting_files() == []


def test_the_browsers_name_never_becomes_a_path(empty, superadmin):
    upload(superadmin, FILES["mini"], name="../../etc/cron.d/evil\u202e.accdb")
    record = AcdbImport.objects.get()
    assert record.file_name == "evil.accdb"
    assert waiting_files() == [record.upload]
    work()
    for name in ("../portal.sqlite3", "upload-../x", "upload-", "work-1", "/etc/passwd"):
        with pytest.raises(ValueError, match="not the name of an upload"):
            stored_path(name)


def test_a_second_upload_waits_for_the_first(empty, superadmin):
    upload(superadmin, FILES["mini"])
    answer = upload(superadmin, FILES["mini"])
    assert answer.status_code == 409
    assert "Another import of the customer database is running" in answer.content.decode()
    assert AcdbImport.objects.count() == 1
    assert len(waiting_files()) == 1
    work()


def test_a_job_that_died_does_not_hold_up_the_next_upload(empty, superadmin):
    upload(superadmin, FILES["mini"])
    Job.objects.update(state=JobState.FAILED, error="The worker stopped in the middle of this.")
    first = AcdbImport.objects.get()
    assert "The worker stopped in the middle of this." in superadmin.get(f"/import/{first.pk}/").content.decode()
    assert upload(superadmin, FILES["mini"]).status_code == 302
    work()


def test_a_form_from_another_site_is_refused(empty, nthabiseng):
    client = Client(enforce_csrf_checks=True)
    client.force_login(nthabiseng, backend="django.contrib.auth.backends.ModelBackend")
    assert upload(client, FILES["mini"]).status_code == 403
    assert waiting_files() == []
    page = client.get(LIST)
    token = page.content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    assert waiting_files() == []
    data = {"csrfmiddlewaretoken": token, "file": SimpleUploadedFile("mini.accdb", FILES["mini"].read_bytes())}
    assert client.post(UPLOAD, data).status_code == 302
    work()


def test_upload_takes_post_only(superadmin):
    assert superadmin.get(UPLOAD).status_code == 405


def test_an_import_that_never_was_is_not_found(superadmin):
    assert superadmin.get("/import/999/").status_code == 404


def test_a_worker_that_is_stopped_in_the_middle_leaves_the_file_for_the_next_one(empty, superadmin, monkeypatch):
    upload(superadmin, FILES["mini"])
    record = AcdbImport.objects.get()

    def told_to_stop(self, text, total=0):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Progress, "step", told_to_stop)
        with pytest.raises(SystemExit):
            work()
    record.refresh_from_db()
    assert (record.state, record.error, record.finished_at) == (ImportState.WAITING, "", None)
    assert stored_path(record.upload).is_file()

    Job.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    sweep()
    assert work().state == JobState.DONE
    record.refresh_from_db()
    assert (record.state, record.upload) == (ImportState.DONE, "")
    assert waiting_files() == []
