"""Making export files: asked for, made by a worker, fetched by whoever asked, deleted when they expire."""

import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.exports.sources import Source, csv_pieces, source_of
from audit.models import ExportFile
from audit.services.own import record_change
from audit.tables.exports import SHEET_ROWS
from ccportal.accounts.callers import Caller
from ccportal.core.errors import Conflict, InvalidInput, NotFound
from ccportal.jobs.models import Job, JobState
from ccportal.jobs.progress import Progress
from ccportal.jobs.services import create_job

KIND = "exports.make"
CANCELLED = "This export was cancelled."
#: Waiting and running ones of one person; the worker has other work as well.
MAX_WAITING = 3


def order(actor: Any, wanted: Mapping[str, Any]) -> ExportFile:
    """Have a worker make a file; ``Conflict`` when the same person waits for several already."""
    source = source_of(wanted)
    with transaction.atomic():
        unfinished = Job.objects.filter(kind=KIND, requested_by=actor.id, state__in=(JobState.QUEUED, JobState.RUNNING))
        if unfinished.count() >= MAX_WAITING:
            raise Conflict("Three of your exports are being made already; wait for one, or cancel it.")
        made = ExportFile.objects.create(
            token=secrets.token_urlsafe(32),
            requested_by=actor.id,
            title=source.title[:120],
            wanted=dict(wanted),
            expires_at=timezone.now() + kept_for(),
        )
        made.job = create_job(KIND, requested_by=actor.id, input={"export": made.pk})
        made.save(update_fields=["job"])
        log(actor, made.title, wanted)
    return made


def log(actor: Any, title: str, wanted: Mapping[str, Any]) -> None:
    """Say in the log of changes who took which data out of the house; never the data."""
    record_change(actor, "exports.requested", "exports", title[:80], None, {k: v for k, v in wanted.items() if v})


def make(export: ExportFile, progress: Progress) -> dict[str, Any]:
    """Write the file of an export; what the job shows of it. A run that begins again begins a new file."""
    source = source_of(export.wanted)
    total = source.count(10**9)
    progress.step("Writing rows", total=total)
    folder().mkdir(parents=True, exist_ok=True)
    folder().chmod(0o700)
    part = path_of(export).with_suffix(".part")
    watched = _Watched(export, progress)
    try:
        if export.format == "xlsx":
            _write_xlsx(part, source, watched)
        else:
            _write_csv(part, source, watched)
        part.rename(path_of(export))
    finally:
        part.unlink(missing_ok=True)
    export.rows, export.size, export.ready_at = watched.rows, path_of(export).stat().st_size, timezone.now()
    export.save(update_fields=["rows", "size", "ready_at"])
    return {"rows": export.rows, "size": f"{export.size // 1024:,} kB", "url": f"/export/files/{export.token}/"}


class _Watched:
    """Counts rows on their way, says so, and stops when somebody has cancelled."""

    def __init__(self, export: ExportFile, progress: Progress) -> None:
        self._export = export
        self._progress = progress
        self.rows = 0

    def __call__(self, batches: Iterator[Iterable[Sequence[Any]]]) -> Iterator[list[Sequence[Any]]]:
        for batch in batches:
            rows = list(batch)
            self.rows += len(rows)
            self._progress.advance(self.rows)
            if ExportFile.objects.filter(pk=self._export.pk, cancelled_at__isnull=False).exists():
                raise InvalidInput(CANCELLED)
            if self._export.format == "xlsx" and self.rows >= SHEET_ROWS:
                raise InvalidInput(f"A sheet holds {SHEET_ROWS - 1:,} rows and these are more. Take CSV, or filter.")
            yield rows


def _write_csv(path: Path, source: Source, watched: _Watched) -> None:
    seen = Source(source.title, source.columns, source.count, lambda kind: watched(source.batches(kind)))
    with path.open("wb") as file:
        path.chmod(0o600)
        for piece in csv_pieces(seen):
            file.write(piece)


def _write_xlsx(path: Path, source: Source, watched: _Watched) -> None:
    from audit.tables.workbook import write_workbook  # 12 MB that most processes never need

    with path.open("w+b") as file, tempfile.TemporaryDirectory() as work:
        path.chmod(0o600)
        write_workbook(file, work, source.title, source.columns, watched(source.batches("xlsx")))


def fetch(caller: Caller, token: str) -> tuple[ExportFile, Path]:
    """The finished file, for whoever asked for it and for super admins; ``NotFound`` for anybody else."""
    found = ExportFile.objects.filter(token=token).first()
    if found is None or (found.requested_by != caller.id and not caller.has_perm("manage_roles")):
        raise NotFound("There is no such export.")
    if found.expires_at < timezone.now():
        raise NotFound("This export has expired; have it made again.")
    if found.ready_at is None or not path_of(found).is_file():
        raise NotFound("This export is not ready; look at its progress on the page Export.")
    return found, path_of(found)


def cancel(caller: Caller, token: str) -> ExportFile:
    """Stop an export that is not ready yet, or throw its file away."""
    found = ExportFile.objects.filter(token=token, requested_by=caller.id).first()
    if found is None:
        raise NotFound("There is no such export.")
    found.cancelled_at = timezone.now()
    found.save(update_fields=["cancelled_at"])
    path_of(found).unlink(missing_ok=True)
    if found.job_id:
        Job.objects.filter(pk=found.job_id, state=JobState.QUEUED).update(
            state=JobState.FAILED, error=CANCELLED, finished_at=timezone.now()
        )
    return found


def mine(employee_no: str) -> list[ExportFile]:
    """The latest exports that somebody asked for and that have not expired."""
    rows = ExportFile.objects.filter(requested_by=employee_no, cancelled_at=None, expires_at__gt=timezone.now())
    return list(rows.select_related("job")[:20])


def clean() -> int:
    """Delete what has expired or was cancelled, and files that no export knows; the number of files."""
    gone = ExportFile.objects.filter(expires_at__lt=timezone.now()) | ExportFile.objects.exclude(cancelled_at=None)
    gone.delete()
    known = set(ExportFile.objects.values_list("token", flat=True))
    limit = (timezone.now() - timedelta(hours=2)).timestamp()
    stale = [path for path in folder().glob("*") if path.stem not in known and path.stat().st_mtime < limit]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def kept_for() -> timedelta:
    return timedelta(hours=settings.EXPORT_KEPT_HOURS)


def folder() -> Path:
    """Where finished files wait; not served by any web server."""
    return Path(settings.MEDIA_ROOT) / "exports"


def path_of(export: ExportFile) -> Path:
    return folder() / f"{export.token}.{'xlsx' if export.format == 'xlsx' else 'csv'}"
