"""The log of every change to the ACDB and to our own administration (DESIGN: one write path)."""

from django.db import models


class Action(models.TextChoices):
    """What was done; the names are those of the API contract."""

    CREATE = "create", "Created"
    UPDATE = "update", "Changed"
    DELETE = "delete", "Deleted"
    REVERT_CREATE = "revert_create", "Deletion undone"
    REVERT_UPDATE = "revert_update", "Change undone"
    REVERT_DELETE = "revert_delete", "Creation undone"
    IMPORT = "import", "Imported"


class MutationState(models.TextChoices):
    """Where a change stands; nothing claims to be applied that is not."""

    PENDING = "pending", "Being applied"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Not applied"


class ActorKind(models.TextChoices):
    EMPLOYEE = "employee", "Employee"
    CUSTOMER = "customer", "Customer"
    SERVICE = "service", "Program"
    SYSTEM = "system", "System"


class Mutation(models.Model):
    """One change: who, what, when, before and after. Written before the change, settled after it."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor_id = models.CharField(max_length=40)
    actor_name = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=16, choices=Action)
    event = models.CharField(max_length=80, help_text="Dotted past-tense name, like customers.meter.assigned.")
    database = models.CharField(max_length=10, default="acdb", help_text="Which database the record is in.")
    table_name = models.CharField(max_length=80)
    record_id = models.CharField(max_length=80)
    old_values = models.JSONField(null=True)
    new_values = models.JSONField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=MutationState, default=MutationState.PENDING)
    settled_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    reverts = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals")
    floor = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Before an insertion: the highest key, or how many such rows a table without key had. "
        "Tells after a crash whether the row was written.",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["table_name", "record_id", "-id"], name="mutation_of_record"),
            models.Index(fields=["actor_id", "-id"], name="mutation_by_actor"),
            models.Index(fields=["state"], name="mutation_unsettled", condition=models.Q(state="pending")),
        ]
        constraints = [
            # One that failed may be tried again.
            models.UniqueConstraint("reverts", condition=~models.Q(state="failed"), name="mutation_reverted_once")
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.table_name} {self.record_id}"

    @property
    def effect(self) -> str:
        """What happened to the record: create, update or delete, also for an entry that undoes another."""
        return self.action.removeprefix("revert_")


class LinkKind(models.TextChoices):
    """What a link of the chain vouches for."""

    MADE = "made", "Written"
    SETTLED = "settled", "Settled"
    LATE = "late", "Sealed by the schedule"


class AuditLink(models.Model):
    """One link of the hash chain over the log; only ever appended (docs/decisions/0009)."""

    number = models.BigIntegerField(primary_key=True, help_text="Place in the chain, without gaps; 0 begins it.")
    # The database must not stop a check from finding that an entry was removed.
    mutation = models.ForeignKey(
        Mutation, null=True, on_delete=models.PROTECT, related_name="links", db_constraint=False
    )
    kind = models.CharField(max_length=8, choices=LinkKind)
    content = models.CharField(max_length=64, help_text="Digest of what the entry said.")
    digest = models.CharField(max_length=64, help_text="Of this link and the digest before it.")

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"link {self.number}: {self.kind} {self.mutation_id}"


class ChainCheck(models.Model):
    """One check of the chain and what it found."""

    at = models.DateTimeField(auto_now_add=True)
    links = models.BigIntegerField(help_text="Number of the last link.")
    entries = models.BigIntegerField()
    head = models.CharField(max_length=64, help_text="Digest of the last link.")
    faults = models.PositiveIntegerField(default=0)
    first_fault = models.CharField(max_length=300, blank=True, help_text="Empty when nothing is wrong.")
    late = models.PositiveIntegerField(default=0, help_text="Entries that the schedule sealed for their writers.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"check of {self.links} links: {self.first_fault or 'unchanged'}"


class ExportFile(models.Model):
    """A file that somebody asked for and a worker makes; ``token`` is its name on the disk and in its address."""

    token = models.CharField(max_length=43, unique=True)
    requested_by = models.CharField(max_length=20, db_index=True, help_text="Employee number.")
    title = models.CharField(max_length=120)
    wanted = models.JSONField(help_text="Source, columns, filters and format.")
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    rows = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.title} for {self.requested_by}"

    @property
    def format(self) -> str:
        return str(self.wanted["format"])
