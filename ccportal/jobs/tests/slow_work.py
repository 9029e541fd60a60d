"""Work that takes long enough to be interrupted; loaded by the workers of the broker tests only."""

import os
import time
from pathlib import Path

from celery import shared_task

from ccportal.jobs import outbox
from ccportal.jobs.models import OutboxMessage
from ccportal.jobs.services import job_task

VAR = Path(os.environ["VAR_DIR"])


def note(name: str, line: str) -> None:
    """Append a line in one write, so that lines of several processes do not mix."""
    with (VAR / name).open("a") as file:
        file.write(line + "\n")


@job_task("test.sleep", label="Sleeping")
def sleep(job, progress):
    note("runs", str(job.attempts))
    progress.step("Sleeping", total=100)
    for number in range(100):
        if job.attempts == 1:
            time.sleep(job.input["seconds"] / 100)
        progress.advance(number + 1)
    return {"slept": job.input["seconds"]}


@shared_task(name="test.fail")
def fail(phone):
    raise ValueError(f"no such phone: {phone}")


@outbox.handler("test.note")
def write_note(message: OutboxMessage) -> str:
    time.sleep(0.02)
    note("sent", message.key)
    return f"note-{message.pk}"
