"""Files of the reports: values for a spreadsheet, finished PDFs."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from ccportal.core.charts import Figure, Number, plain
from ccportal.core.errors import NotFound
from ccportal.core.spreadsheets import csv_file
from ccportal.jobs.models import Job, JobState

PDF_KIND = "reports.pdf"
KEPT = timedelta(days=7)


def figure_csv(figure: Figure) -> bytes:
    """The table of a figure; gaps are empty."""
    unit = f", {figure.unit}" if figure.unit else ""
    head = [figure.label_name or "label", *(series.name + unit for series in figure.series)]
    rows = (
        (label, *(_cell(series.values[place]) for series in figure.series)) for place, label in enumerate(figure.labels)
    )
    return csv_file(head, rows)


def _cell(value: Number) -> str | None:
    number = plain(value)
    return None if number is None else f"{number:.10g}"


def folder() -> Path:
    """Where finished PDFs wait; not served by any web server."""
    return Path(settings.MEDIA_ROOT) / "reports"


def report_file(job_id: int, employee: str) -> Path:
    """The PDF that a job made; ``NotFound`` for anybody else's, one that is not ready, and one that has expired."""
    job = Job.objects.filter(pk=job_id, kind=PDF_KIND, requested_by=employee, state=JobState.DONE).first()
    if job is None or job.finished_at is None or job.finished_at < timezone.now() - KEPT:
        raise NotFound("There is no such report. Finished reports are kept for seven days; have it made again.")
    path = folder() / str((job.result or {}).get("_file", "none"))
    if path.parent != folder() or not path.is_file():
        raise NotFound("The file of this report is gone; have it made again.")
    return path


def delete_expired() -> int:
    """Delete PDFs that nobody can fetch any more; the number of files."""
    limit = (timezone.now() - KEPT).timestamp()
    old = [path for path in folder().glob("*.pdf") if path.stat().st_mtime < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
