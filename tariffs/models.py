"""Rates: the global one of the ACDB, and our dated rates with their history (semantics 15)."""

from django.db import models

from ccportal.acdb.models import AcdbModel


class GlobalRate(AcdbModel):
    """The one row of tblconfig that holds the tariff of everybody without an override."""

    rate = models.FloatField("rate per kWh", primary_key=True, db_column="therate")

    class Meta(AcdbModel.Meta):
        db_table = "tblconfig"

    def __str__(self) -> str:
        return f"global rate {self.rate}"


class Scope(models.TextChoices):
    """What a rate holds for; a customer's rate wins over its site's, a site's over the global one."""

    GLOBAL = "global", "Everybody"
    CONCESSION = "concession", "Site"
    CUSTOMER = "customer", "Customer"


class TariffOverride(models.Model):
    """A rate from a moment on; the newest whose moment has come is in force (D-50).

    Rates of sites and customers live here only. A rate for everybody lives here until it is written to tblconfig:
    while ``applied_at`` is empty it counts as soon as its moment has come, so that a database that cannot be written
    delays nothing in the portal (D-49).
    """

    scope = models.CharField(max_length=12, choices=Scope)
    scope_key = models.CharField(max_length=40, help_text="Site code or customer number; empty for everybody.")
    rate = models.DecimalField("rate per kWh", max_digits=12, decimal_places=4)
    effective_from = models.DateTimeField()
    set_by = models.CharField(max_length=40)
    set_by_name = models.CharField(max_length=150, blank=True)
    set_at = models.DateTimeField(auto_now_add=True)
    notes = models.CharField(max_length=500, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="Since when a process writes it to tblconfig.")
    applied_at = models.DateTimeField(null=True, blank=True, help_text="When it was in tblconfig; everybody only.")
    error = models.CharField(max_length=300, blank=True, help_text="Why it could not be written to tblconfig yet.")

    class Meta:
        ordering = ["scope", "scope_key", "-effective_from", "-id"]
        indexes = [models.Index(fields=["scope", "scope_key", "-effective_from"], name="override_in_force")]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_key}: {self.rate} from {self.effective_from:%Y-%m-%d}"


class ChangeKind(models.TextChoices):
    """What happened to a rate."""

    SET = "set", "Set"
    SCHEDULED = "scheduled", "Scheduled"
    APPLIED = "applied", "Came into force"
    CANCELLED = "cancelled", "Cancelled"
    REMOVED = "removed", "Removed"
    ELSEWHERE = "elsewhere", "Changed in the table"


class TariffChange(models.Model):
    """One entry of the history of rates.

    ``number`` counts the entries of one rate. Two people who decide on the same state want the same number, and the
    database gives it to one of them.
    """

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=10, choices=ChangeKind)
    scope = models.CharField(max_length=12, choices=Scope)
    scope_key = models.CharField(max_length=40, blank=True)
    number = models.PositiveIntegerField()
    rate = models.DecimalField(max_digits=12, decimal_places=4, null=True, help_text="Empty when a rate ended.")
    previous_rate = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    effective_from = models.DateTimeField(null=True)
    set_by = models.CharField(max_length=40)
    set_by_name = models.CharField(max_length=150, blank=True)
    notes = models.CharField(max_length=500, blank=True)
    override = models.ForeignKey(TariffOverride, null=True, on_delete=models.PROTECT, related_name="changes")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint("scope", "scope_key", "number", name="tariff_change_once")]
        indexes = [models.Index(fields=["scope", "scope_key", "-id"], name="tariff_change_of_key")]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_key} {self.kind} {self.rate}"
