"""Background runs that people can see, and the outbox of everything that leaves the house."""

from django.db import models


class JobState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Job(models.Model):
    """One background run: what, who asked, how far, what came out."""

    kind = models.CharField(max_length=60, db_index=True)
    state = models.CharField(max_length=8, choices=JobState, default=JobState.QUEUED)
    requested_by = models.CharField(max_length=20, blank=True, help_text="Employee number; empty when scheduled.")
    input = models.JSONField(default=dict)
    step = models.CharField(max_length=200, blank=True, help_text="What it is doing, for people.")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0, help_text="0 while unknown.")
    result = models.JSONField(null=True)
    error = models.TextField(blank=True, help_text="The sentence that the user sees.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers have begun it.")
    claim = models.CharField(max_length=32, blank=True, help_text="Token of the worker that runs it.")
    created_at = models.DateTimeField(auto_now_add=True)
    enqueued_at = models.DateTimeField(null=True, blank=True, help_text="Last handed to the broker; empty if never.")
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="job_latest_of_kind"),
            models.Index(fields=["state"], name="job_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"

    @property
    def is_finished(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED)

    @property
    def percent(self) -> int | None:
        return min(100 * self.done // self.total, 100) if self.total else None


class Pulse(models.Model):
    """When a part of the portal was last alive; the worker writes its own."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"


class OutboxState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    SENDING = "sending", "Being sent"
    RETRYING = "retrying", "Will be tried again"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class OutboxMessage(models.Model):
    """Something that leaves the house, written in the transaction of its cause and sent by a worker."""

    kind = models.CharField(max_length=60, help_text="Which handler sends it, like sms.code.")
    key = models.CharField(max_length=120, unique=True, help_text="Idempotency key; the vendor gets it where it can.")
    payload = models.JSONField()
    lane = models.CharField(max_length=60, blank=True, default="", help_text="Those of one lane leave in order.")
    state = models.CharField(max_length=10, choices=OutboxState, default=OutboxState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, help_text="Not before.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    claim = models.CharField(max_length=32, blank=True, help_text="Token of the worker that holds it.")
    vendor_reference = models.CharField(max_length=120, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "next_at"], name="outbox_due"),
            # Not of the kind alone: by such an index SQLite reads all that was ever sent of it to find what is due.
            models.Index(fields=["kind", "state", "next_at"], name="outbox_due_of_kind"),
            # Whole: SQLite does not match a partial index with values that come as parameters of an IN.
            models.Index(fields=["lane", "state", "id"], name="outbox_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.state}"
