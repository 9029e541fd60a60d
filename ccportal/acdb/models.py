"""The base of every model whose table lives in the ACDB, and our own record of its imports.

The ACDB is a foreign database: tables and columns are named exactly as in Access, nothing is ever migrated.
"""

from django.db import models

from ccportal.acdb.importer.report import ImportReport


class AcdbModel(models.Model):
    """A row of an ACDB table. Relations inside the ACDB hold by habit only, so none is declared.

    A table has a real key only where the model's key is an ``AutoField`` (an Access autonumber). Elsewhere
    Django wants some field to be the key; it is nominal, serves reading, and may repeat.
    """

    class Meta:
        abstract = True
        managed = False


class ImportState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Imported"
    FAILED = "failed", "Not imported"


class AcdbImport(models.Model):
    """One attempt to replace the ACDB by a file, with its report; it lives in our own database."""

    file_name = models.CharField(max_length=200, help_text="As the person called it; never used as a path.")
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    upload = models.CharField(max_length=80, blank=True, help_text="Name of the uploaded file while it waits.")
    requested_by = models.CharField(max_length=20, blank=True, help_text="Employee number; empty on the command line.")
    state = models.CharField(max_length=8, choices=ImportState, default=ImportState.WAITING)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField(default=0)
    report = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="Why nothing was imported, as the sentence shown.")

    class Meta:
        ordering = ["-id"]
        verbose_name = "import"
        indexes = [models.Index(fields=["state", "-id"], name="import_by_state")]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.file_name}: {self.state}"

    @property
    def findings(self) -> ImportReport | None:
        """The report as an object; None while there is none."""
        return ImportReport.from_json(self.report) if self.report else None
