"""What imports there were."""

from django.db.models import QuerySet

from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.core.errors import NotFound
from ccportal.jobs.models import JobState

UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


def imports() -> QuerySet[AcdbImport]:
    """Every attempt, newest first, without the reports, which are long."""
    return AcdbImport.objects.defer("report").select_related("job")


def get_import(pk: int) -> AcdbImport:
    record = AcdbImport.objects.select_related("job").filter(pk=pk).first()
    if record is None:
        raise NotFound("There is no such import.")
    return record


def last_import() -> AcdbImport | None:
    """The import that the present data comes from; None when there was none."""
    return imports().filter(state=ImportState.DONE).first()


def unfinished_import() -> AcdbImport | None:
    """The uploaded file that waits for its worker or is being imported; a job that has ended holds up nobody."""
    return imports().filter(state__in=[ImportState.WAITING, ImportState.RUNNING], job__state__in=UNFINISHED).first()
