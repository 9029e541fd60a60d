"""Background work of the log and of exports."""

from typing import Any

from celery import shared_task

from audit import services
from audit.exports import services as exports
from audit.models import ExportFile
from ccportal.core.errors import NotFound
from ccportal.jobs.models import Job
from ccportal.jobs.progress import Progress
from ccportal.jobs.services import job_task


@shared_task(name="audit.reconcile")
def reconcile() -> None:
    """Settle entries whose writer died between the two databases, and seal what one left unsealed."""
    services.reconcile()
    services.seal_late()


@shared_task(name="audit.verify")
def verify() -> None:
    """Check the chain over the log; pages and health show what came out."""
    services.check_and_note()


@job_task(exports.KIND, label="Export")
def make_export(job: Job, progress: Progress) -> dict[str, Any]:
    """Write the file that somebody asked for."""
    export = ExportFile.objects.filter(pk=job.input["export"], cancelled_at=None).first()
    if export is None:
        raise NotFound(exports.CANCELLED)
    return exports.make(export, progress)


@shared_task(name="audit.clean_exports")
def clean_exports() -> None:
    """Delete exports that have expired."""
    exports.clean()
