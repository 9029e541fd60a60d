"""How a running job says that it is alive and how far it is."""

import logging
import threading
import time
from types import TracebackType

from django.db import connection
from django.db.utils import Error as DatabaseError
from django.utils import timezone

from ccportal.jobs.models import Job, JobState

logger = logging.getLogger(__name__)
#: Written at most this often, however often ``advance`` is called.
WRITE_EVERY_SECONDS = 0.5
HEARTBEAT_SECONDS = 5.0


class ClaimLost(Exception):
    """The job was taken away from this worker (thought dead) and is run, or was ended, elsewhere."""


class Progress:
    """Handed to the work of a job. Cheap to call for every row: writes are throttled to two a second.

    Do not call it inside a transaction on the default database: nobody would see it before the end.
    """

    def __init__(self, job: Job) -> None:
        self._job_id = job.pk
        self._claim = job.claim
        self._text = ""
        self._done = 0
        self._total = 0
        self._written_at = float("-inf")

    def step(self, text: str, total: int = 0) -> None:
        """Begin a step: what it does, as people read it, and how many items it has (0: unknown)."""
        self._text, self._done, self._total = text[:200], 0, total
        self._write()

    def advance(self, done: int) -> None:
        """Say how many items of this step are done so far (not how many more)."""
        self._done = done
        if time.monotonic() - self._written_at >= WRITE_EVERY_SECONDS:
            self._write()

    def finish(self) -> None:
        """Write what throttling may have held back."""
        self._write()

    def _write(self) -> None:
        self._written_at = time.monotonic()
        mine = Job.objects.filter(pk=self._job_id, state=JobState.RUNNING, claim=self._claim)
        if not mine.update(step=self._text, done=self._done, total=self._total, heartbeat_at=timezone.now()):
            raise ClaimLost(f"job {self._job_id} is no longer ours")


class Heartbeat:
    """A thread that keeps a job's heartbeat fresh while the work is busy with something long."""

    def __init__(self, job: Job) -> None:
        self._job_id = job.pk
        self._claim = job.claim
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{job.pk}", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(timeout=HEARTBEAT_SECONDS)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                self._touch()
        finally:
            connection.close()

    def _touch(self) -> None:
        mine = Job.objects.filter(pk=self._job_id, state=JobState.RUNNING, claim=self._claim)
        try:
            mine.update(heartbeat_at=timezone.now())
        except DatabaseError as error:
            # The next beat may succeed; the sweeper waits for several before it gives the job to another worker.
            logger.warning("job %s could not write its heartbeat: %s", self._job_id, type(error).__name__)
