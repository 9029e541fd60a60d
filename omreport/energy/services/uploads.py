"""Files of readings: checked without storing anything, stored when a person confirms, whole or not at all."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.actors import Actor
from audit.services import record_change
from ccportal.core.errors import Conflict, PortalError
from ccportal.jobs.models import Job
from ccportal.jobs.services import create_job
from customers.models import Site
from omreport.energy.files import read
from omreport.energy.models import EnergyUpload, UploadState
from omreport.energy.parsing import UPLOAD, Entry, Fault, Reader
from omreport.energy.services import readings

CHECK_KIND, STORE_KIND = "energy.check", "energy.store"
#: Smaller files are dealt with while the browser waits: about a thousand rows, a quarter of a second.
AT_ONCE_BYTES = 50_000
MOST_FAULTS_SHOWN = 100
SHOWN_ROWS = 5
#: Files that nobody confirmed are deleted after so long.
KEPT = timedelta(days=7)
Report = Callable[[int], None]


def folder() -> Path:
    """Where files wait for their confirmation; not served by any web server."""
    return Path(settings.MEDIA_ROOT) / "generation"


def begin(content: bytes, name: str, actor: Actor) -> EnergyUpload:
    """Keep an uploaded file and check it, at once or, when it is large, in the background."""
    actor.require(readings.PERMISSION)
    folder().mkdir(parents=True, exist_ok=True)
    stored = secrets.token_hex(16)
    (folder() / stored).write_bytes(content)
    upload = EnergyUpload.objects.create(
        file_name=name[:200], size=len(content), uploaded_by=actor.id[:20], stored_file=stored
    )
    if len(content) <= AT_ONCE_BYTES:
        check(upload)
    else:
        _hand_over(upload, CHECK_KIND, actor)
    return upload


def check(upload: EnergyUpload, report: Report = lambda done: None) -> None:
    """Say what storing the file would do; nothing is stored."""
    try:
        entries, faults = _entries(upload, report)
        plan = readings.examine(entries)
    except PortalError as error:
        _finish(upload, UploadState.REFUSED, {"problem": error.message})
        return
    faults += plan.faults
    findings = {
        "rows": len({entry.place for entry in entries} | {fault.place for fault in faults}),
        "new": len(plan.new),
        "already": plan.already,
        **_words(faults),
        **_summary(entries),
    }
    _finish(upload, UploadState.REFUSED if faults else UploadState.CHECKED, findings)


def confirm(pk: int, actor: Actor) -> EnergyUpload:
    """Store a checked file, at once or in the background; ``Conflict`` when it is not waiting for that."""
    actor.require(readings.PERMISSION)
    if not EnergyUpload.objects.filter(pk=pk, state=UploadState.CHECKED).update(state=UploadState.STORING):
        raise Conflict("This file is not waiting to be stored: it was stored, refused or discarded already.")
    upload = EnergyUpload.objects.get(pk=pk)
    if upload.size <= AT_ONCE_BYTES:
        store(upload, actor)
    else:
        _hand_over(upload, STORE_KIND, actor)
    return upload


def store(upload: EnergyUpload, actor: Actor, report: Report = lambda done: None) -> None:
    """Store the readings of a confirmed file; what has changed since the check is checked again."""
    try:
        entries, faults = _entries(upload, report)
        if faults:
            raise readings.Refused(faults)
        outcome = readings.store(entries, actor, upload=upload)
    except readings.Refused as error:
        _finish(upload, UploadState.REFUSED, {**upload.findings, **_words(error.faults)})
        return
    counts = {"added": outcome.added, "already": outcome.already}
    upload.stored_at = timezone.now()
    _finish(upload, UploadState.STORED, {**upload.findings, **counts})
    new = {"file": upload.file_name, **counts}
    record_change(actor, "energy.upload.stored", EnergyUpload._meta.db_table, str(upload.pk), None, new)


def discard(pk: int, actor: Actor) -> None:
    """Forget a file that was not stored."""
    actor.require(readings.PERMISSION)
    upload = EnergyUpload.objects.filter(pk=pk).first()
    if upload is None or not (upload.state in (UploadState.CHECKED, UploadState.REFUSED) or stopped(upload)):
        raise Conflict("Only a file that is not stored can be discarded.")
    _finish(upload, UploadState.DISCARDED, upload.findings)


def stopped(upload: EnergyUpload) -> bool:
    """Whether the background run of an unfinished upload ended without finishing it."""
    if upload.state not in (UploadState.CHECKING, UploadState.STORING):
        return False
    job = job_of(upload)
    return job is not None and job.is_finished


def job_of(upload: EnergyUpload) -> Job | None:
    """The background run that works or worked on an upload."""
    return Job.objects.filter(pk=upload.job_id).first() if upload.job_id else None


def clean() -> int:
    """Delete files that nobody confirmed; the number of them."""
    waiting = EnergyUpload.objects.exclude(stored_file="").filter(created_at__lt=timezone.now() - KEPT)
    old = list(waiting)
    for upload in old:
        _finish(upload, UploadState.DISCARDED, upload.findings)
    return len(old)


def _entries(upload: EnergyUpload, report: Report) -> tuple[list[Entry], list[Fault]]:
    """The file's rows in domain types, and what does not fit."""
    path = folder() / upload.stored_file
    if not upload.stored_file or not path.is_file():
        raise Conflict("The file is gone; upload it again.")
    sheet = read(path.read_bytes(), upload.file_name)
    reader = Reader(set(Site.objects.values_list("code", flat=True)), timezone.now(), UPLOAD, sheet.decimal_comma)
    entries: list[Entry] = []
    faults: list[Fault] = []
    for number, (place, raw) in enumerate(sheet.rows, 1):
        found = reader.entry(place, raw, counter=sheet.counter)
        if isinstance(found, Entry):
            entries.append(found)
        else:
            faults += found
        report(number)
    return entries, faults


def _words(faults: list[Fault]) -> dict[str, Any]:
    first = sorted(faults, key=lambda fault: fault.place)[:MOST_FAULTS_SHOWN]
    shown = [{"row": fault.place, "column": fault.field, "message": fault.message} for fault in first]
    return {"fault_count": len(faults), "faults": shown}


def _summary(entries: list[Entry]) -> dict[str, Any]:
    """What the file is about: sites, span, energy per channel, its first rows."""
    if not entries:
        return {}
    totals: dict[str, Any] = {}
    # What stands in the file twice is stored once.
    for entry in {replace(entry, place=0) for entry in entries if not entry.is_counter}:
        totals[entry.channel] = totals.get(entry.channel, 0) + entry.value
    return {
        "kind": "counter values" if entries[0].is_counter else "intervals",
        "sites": sorted({entry.site for entry in entries}),
        "first": min(entry.start for entry in entries).isoformat(),
        "last": max(entry.end or entry.start for entry in entries).isoformat(),
        "totals": {channel: str(total) for channel, total in sorted(totals.items())},
        "shown": [_row(entry) for entry in entries[:SHOWN_ROWS]],
    }


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "row": entry.place,
        "site": entry.site,
        "channel": entry.channel,
        "source": entry.source,
        "start": entry.start.isoformat(),
        "end": entry.end.isoformat() if entry.end else "",
        "value": str(entry.value),
    }


def _hand_over(upload: EnergyUpload, kind: str, actor: Actor) -> None:
    job = create_job(kind, requested_by=actor.id, input={"upload": upload.pk})
    # Only this column: the worker may have begun already.
    upload.job_id = job.pk
    upload.save(update_fields=["job_id"])


def _finish(upload: EnergyUpload, state: UploadState, findings: dict[str, Any]) -> None:
    """Record the outcome; a file that nobody needs any more is removed."""
    upload.state, upload.findings = state, findings
    name = upload.stored_file
    if state != UploadState.CHECKED:
        upload.stored_file = ""
    upload.save(update_fields=["state", "findings", "stored_at", "stored_file"])
    if name and not upload.stored_file:
        (folder() / name).unlink(missing_ok=True)
