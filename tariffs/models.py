"""Rates: the global one of the ACDB, and our overrides with their history (semantics 15)."""

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
    """A rate for a site or a customer from a moment on; the newest whose moment has come is in force (D-50)."""

    scope = models.CharField(max_length=12, choices=Scope)
    scope_key = models.CharField(max_length=40, help_text="Site code or customer number.")
    rate = models.DecimalField("rate per kWh", max_digits=12, decimal_places=4)
    effective_from = models.DateTimeField()
    set_by = models.CharField(max_length=20)
    set_by_name = models.CharField(max_length=150, blank=True)
    set_at = models.DateTimeField(auto_now_add=True)
    notes = models.CharField(max_length=500, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["scope", "scope_key", "-effective_from", "-id"]
        indexes = [models.Index(fields=["scope", "scope_key", "-effective_from"], name="override_in_force")]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_key}: {self.rate} from {self.effective_from:%Y-%m-%d}"
