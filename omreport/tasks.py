"""Background work of the reports."""

import logging
import secrets
from typing import Any

from celery import shared_task
from django.db.utils import Error as DatabaseError
from django.urls import reverse

from audit.actors import Actor
from ccportal.core.errors import Conflict
from ccportal.jobs.models import Job
from ccportal.jobs.progress import Progress
from ccportal.jobs.services import job_task
from omreport.energy.models import EnergyUpload
from omreport.energy.services import alerts, uploads
from omreport.figures import report_named
from omreport.files import PDF_KIND, delete_expired, folder
from omreport.forms import filter_of
from omreport.printing import pdf_of
from omreport.services import rollups
from omreport.services.document import report_html

logger = logging.getLogger(__name__)


@shared_task(name="omreport.refresh_rollups")
def refresh_rollups() -> None:
    """Follow the ledger: new rows and the portal's own changes; costs next to nothing when there are none."""
    _refresh(thorough=False)


@shared_task(name="omreport.verify_rollups")
def verify_rollups() -> None:
    """Compare every month with the customer database, to see what other programs changed or deleted."""
    _refresh(thorough=True)


def _refresh(*, thorough: bool) -> None:
    """A failure is recorded where pages and health show it; the old figures stay."""
    try:
        rollups.refresh(thorough=thorough)
    except Conflict:
        logger.info("the rollups were refreshed by another worker")
    except DatabaseError as error:
        logger.error("the rollups could not be refreshed: %s", type(error).__name__)
        rollups.record_failure()


@job_task(PDF_KIND, label="Report as PDF")
def print_report(job: Job, progress: Progress) -> dict[str, Any]:
    """Print a report for whoever asked; the result links to the file."""
    progress.step("Computing the figures", total=3)
    report, wanted = report_named(job.input["report"]), filter_of(job.input["filter"])
    html = report_html(report, wanted)
    progress.step("Setting the pages", total=3)
    progress.advance(1)
    pdf = pdf_of(html)
    progress.advance(2)
    name = f"{report.name}-report-{secrets.token_urlsafe(16)}.pdf"
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / name).write_bytes(pdf)
    progress.advance(3)
    return {"size": f"{len(pdf) // 1024} kB", "_file": name, "url": reverse("omreport:pdf_file", args=[job.pk])}


@shared_task(name="omreport.clean_files")
def clean_files() -> None:
    """Delete PDFs that have expired, and uploads that nobody confirmed."""
    delete_expired()
    uploads.clean()


@shared_task(name="omreport.check_energy")
def check_energy() -> None:
    """Open and close the alerts of yield and loss."""
    alerts.evaluate()


@job_task(uploads.CHECK_KIND, label="Check of a file of readings")
def check_upload(job: Job, progress: Progress) -> dict[str, Any]:
    """Say what storing a large file would do."""
    upload = EnergyUpload.objects.get(pk=job.input["upload"])
    progress.step("Reading the rows")
    uploads.check(upload, progress.advance)
    return _upload_result(upload)


@job_task(uploads.STORE_KIND, label="Storing a file of readings")
def store_upload(job: Job, progress: Progress) -> dict[str, Any]:
    """Store a large file that somebody confirmed."""
    upload = EnergyUpload.objects.get(pk=job.input["upload"])
    progress.step("Reading and storing the rows")
    uploads.store(upload, Actor.employee(job.requested_by), progress.advance)
    return _upload_result(upload)


def _upload_result(upload: EnergyUpload) -> dict[str, Any]:
    return {
        "file": upload.file_name,
        "outcome": upload.get_state_display(),
        "url": reverse("omreport:energy_upload", args=[upload.pk]),
    }
