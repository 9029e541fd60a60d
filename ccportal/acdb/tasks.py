"""Background work of the customer database."""

from typing import Any

from django.urls import reverse

from ccportal.acdb import services
from ccportal.jobs.models import Job
from ccportal.jobs.progress import Progress
from ccportal.jobs.services import job_task


@job_task(services.JOB, label="Import of the customer database")
def import_acdb(job: Job, progress: Progress) -> dict[str, Any]:
    """Import the upload that ``input["import"]`` names. Begun again if its worker dies: imports are repeatable."""
    record = services.run_uploaded_import(job.input["import"], progress)
    return {"rows": record.rows, "url": reverse("acdb:import", args=[record.pk])}
