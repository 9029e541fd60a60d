"""What the import page does: take an upload, start its import, run it in a worker."""

from pathlib import Path

from django.db import transaction

from ccportal.acdb.importer.errors import ImportBusy
from ccportal.acdb.importer.service import run_import, shown_name
from ccportal.acdb.importer.source import Progress
from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.acdb.queries import unfinished_import
from ccportal.acdb.uploads import StoredFile, discard, stored_path
from ccportal.core.errors import NotFound
from ccportal.jobs.services import create_job

JOB = "acdb.import"


def start_import(file: StoredFile, *, requested_by: str) -> AcdbImport:
    """Record an uploaded file and hand its import to a worker; ``ImportBusy`` while one waits or runs."""
    with transaction.atomic():
        if unfinished_import() is not None:
            raise ImportBusy()
        record = AcdbImport.objects.create(
            file_name=shown_name(file.name or ""),
            size=file.size or 0,
            upload=file.stored_name,
            requested_by=requested_by,
        )
        record.job = create_job(JOB, requested_by=requested_by, input={"import": record.pk})
        record.save(update_fields=["job"])
    file.claimed = True
    return record


def run_uploaded_import(import_id: int, progress: Progress) -> AcdbImport:
    """Import an upload, then remove it: whether it succeeded or not, it is not needed again.

    A worker that is stopped in the middle leaves it: the job is begun again by the next one.
    """
    record = AcdbImport.objects.filter(pk=import_id).first()
    if record is None or not record.upload:
        raise NotFound("The uploaded file is not there any more; upload it again.")
    path: Path = stored_path(record.upload)
    try:
        run_import(record, path, progress)
    except Exception:
        _forget(record)
        raise
    except BaseException:  # the end of the worker
        waiting = {"state": ImportState.WAITING, "error": "", "finished_at": None}
        AcdbImport.objects.filter(pk=import_id).update(**waiting)
        raise
    _forget(record)
    return record


def _forget(record: AcdbImport) -> None:
    discard(record.upload)
    AcdbImport.objects.filter(pk=record.pk).update(upload="")
