"""Background runs: created, claimed, run, swept.

A run is a row first and a broker message second. The message may come twice, late, or never: a worker
claims the row by a conditional update, and the sweeper sends again what no worker has claimed and gives
away what a dead worker left behind.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from celery import shared_task
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from ccportal.core import broker, logs
from ccportal.core.errors import PortalError
from ccportal.jobs import registry
from ccportal.jobs.models import Job, JobState, Pulse
from ccportal.jobs.progress import ClaimLost, Heartbeat, Progress

logger = logging.getLogger(__name__)
#: No heartbeat for so long: its worker is dead. Several heartbeats long.
STUCK_AFTER = timedelta(seconds=30)
#: Ended runs are shown for so long.
KEPT_FOR = timedelta(days=180)
WORKER = "worker"
#: A queued job is sent again after so long: the broker may have lost it, or was never reached.
SEND_AGAIN_AFTER = timedelta(minutes=5)

Result = dict[str, Any] | None
Work = Callable[[Progress], Result]
JobFunction = Callable[[Job, Progress], Result]


def create_job(kind: str, *, requested_by: str = "", input: dict[str, Any] | None = None) -> Job:
    """Write the row of a background run and hand it to the broker when the transaction commits.

    ``requested_by`` is an employee number, ``input`` plain JSON without secrets. A broker that is down is no
    error: the job waits for the sweeper. ``LookupError`` for a kind that no task module registers.
    """
    registry.kind_of(kind)
    job = Job.objects.create(kind=kind, requested_by=requested_by, input=input or {})
    transaction.on_commit(lambda: enqueue(job))
    return job


def enqueue(job: Job) -> bool:
    """Hand a queued job to the broker; False when the broker did not take it."""
    if not broker.send(registry.kind_of(job.kind).task, job.pk):
        return False
    Job.objects.filter(pk=job.pk).update(enqueued_at=timezone.now())
    return True


def job_task(kind: str, *, label: str, max_attempts: int = 2, **options: Any) -> Callable[[JobFunction], JobFunction]:
    """Make a function the Celery task of a kind of job (see ``registry``); ``options`` go to Celery."""

    def decorate(function: JobFunction) -> JobFunction:
        registry.register(kind, label=label, task=f"job.{kind}", max_attempts=max_attempts)

        @shared_task(name=f"job.{kind}", **options)
        @wraps(function)
        def task(job_id: int) -> None:
            run_job(job_id, lambda progress: function(Job.objects.get(pk=job_id), progress))

        return function

    return decorate


def claim(job_id: int) -> Job | None:
    """Take a queued job for this worker; None when it is gone, finished or another's."""
    token = secrets.token_hex(16)
    now = timezone.now()
    taken = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        claim=token,
        attempts=F("attempts") + 1,
        started_at=now,
        heartbeat_at=now,
        step="",
        done=0,
        total=0,
        error="",
    )
    return Job.objects.get(pk=job_id) if taken else None


def run_job(job_id: int, work: Work) -> None:
    """Run the work of a job and record what came of it; faults are recorded, not raised.

    A ``PortalError`` is shown in its own words. Any other fault is logged with its stack and shown as a general
    sentence with the number under which it is found in the log.
    """
    job = claim(job_id)
    if job is None:
        logger.info("job %s is not waiting any more", job_id)
        return
    progress = Progress(job)
    try:
        with Heartbeat(job):
            result = work(progress)
            progress.finish()
    except ClaimLost:
        logger.warning("job %s was taken from this worker; its result is dropped", job_id)
    except PortalError as error:
        logger.info("job %s failed: %s", job_id, type(error).__name__)
        _finish(job, state=JobState.FAILED, error=error.message)
    except Exception as error:
        logger.exception("job %s failed: %s", job_id, type(error).__name__)
        number = logs.request_id.get()
        _finish(
            job, state=JobState.FAILED, error=f"Something went wrong on our side. Report it with the number {number}."
        )
    else:
        _finish(job, state=JobState.DONE, result=result)


def _finish(job: Job, **fields: Any) -> None:
    """Record the end, unless the job was taken away meanwhile."""
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, claim=job.claim)
    if not mine.update(finished_at=timezone.now(), **fields):
        logger.warning("job %s ended after it had been given to another worker", job.pk)


def sweep() -> int:
    """Send again what waits, give away what a dead worker left; the number of jobs touched."""
    return _rescue_stuck() + _send_again()


def _rescue_stuck() -> int:
    now = timezone.now()
    rescued = 0
    for job in Job.objects.filter(state=JobState.RUNNING, heartbeat_at__lt=now - STUCK_AFTER):
        still = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, heartbeat_at=job.heartbeat_at)
        limit = registry.kind_of(job.kind).max_attempts if registry.known(job.kind) else 1
        if job.attempts < limit:
            rescued += still.update(state=JobState.QUEUED, claim="", enqueued_at=None)
        else:
            error = "The worker stopped in the middle of this. Check what was done, then start it again."
            rescued += still.update(state=JobState.FAILED, claim="", finished_at=now, error=error)
        logger.warning("job %s lost its worker in attempt %s of %s", job.pk, job.attempts, limit)
    return rescued


def _send_again() -> int:
    unsent = Q(enqueued_at=None) | Q(enqueued_at__lt=timezone.now() - SEND_AGAIN_AFTER)
    sent = 0
    for job in Job.objects.filter(unsent, state=JobState.QUEUED).order_by("pk")[:100]:
        if not registry.known(job.kind):
            Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
                state=JobState.FAILED, finished_at=timezone.now(), error="This version cannot do this kind of work."
            )
        elif not enqueue(job):
            break
        else:
            sent += 1
    return sent


def beat(name: str = WORKER) -> None:
    """Say that a part of the portal is alive."""
    Pulse.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def clean() -> int:
    """Delete runs that ended long ago; the number of them."""
    old = Job.objects.filter(state__in=(JobState.DONE, JobState.FAILED), finished_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]
