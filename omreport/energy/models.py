"""Energy at the sites: what was generated, stored and delivered, as read by loggers and people.

Tables of our own database. ``omreport.models`` names them too, so that other apps find them there.
"""

from django.db import models
from django.db.models import F, Q

from omreport.fields import FixedField


class Channel(models.TextChoices):
    """Where energy is measured at a site; each counts in one direction and is never negative."""

    PV = "pv", "PV"
    GENSET = "genset", "Genset"
    BATTERY_CHARGE = "battery_charge", "Battery charge"
    BATTERY_DISCHARGE = "battery_discharge", "Battery discharge"
    GRID = "grid", "Grid"
    DELIVERED = "delivered", "Delivered"


class EnergyStream(models.Model):
    """A channel of a site that has ever had a reading. Writers lock its row, so that two never interleave."""

    site = models.CharField(max_length=3)
    channel = models.CharField(max_length=20, choices=Channel)
    register_size = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, blank=True,
        help_text="Where its counters start again from 0, in kWh; empty when it is not known.",
    )  # fmt: skip

    class Meta:
        ordering = ["site", "channel"]
        constraints = [models.UniqueConstraint("site", "channel", name="energy_stream_once")]

    def __str__(self) -> str:
        return f"{self.site} {self.channel}"


class UploadState(models.TextChoices):
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked, not stored"
    REFUSED = "refused", "Refused"
    STORING = "storing", "Being stored"
    STORED = "stored", "Stored"
    DISCARDED = "discarded", "Discarded"


class EnergyUpload(models.Model):
    """A file of readings: checked first, stored when a person confirms it, whole or not at all."""

    file_name = models.CharField(max_length=200)
    size = models.PositiveIntegerField(help_text="Bytes.")
    state = models.CharField(max_length=9, choices=UploadState, default=UploadState.CHECKING)
    uploaded_by = models.CharField(max_length=20, help_text="Employee number.")
    created_at = models.DateTimeField(auto_now_add=True)
    stored_at = models.DateTimeField(null=True, blank=True)
    stored_file = models.CharField(max_length=80, blank=True, help_text="Its name in our private folder.")
    findings = models.JSONField(default=dict, help_text="Counts and the first faults.")
    job_id = models.BigIntegerField(null=True, blank=True, help_text="The background run that works on it.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.file_name}: {self.state}"


class MeasuredRow(models.Model):
    """Who measured what where, and how it came to us."""

    site = models.CharField(max_length=3)
    channel = models.CharField(max_length=20, choices=Channel)
    source = models.CharField(max_length=40, help_text="A logger's name, upload, or manual.")
    entered_by = models.CharField(max_length=40, help_text="Employee number, or key:… of a program.")
    entered_at = models.DateTimeField(auto_now=True, help_text="When it was entered or last corrected.")
    upload = models.ForeignKey(EnergyUpload, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        abstract = True


class EnergyReading(MeasuredRow):
    """Energy of one interval, in kWh. Intervals of one site, channel and source never overlap."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    kwh = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        ordering = ["-starts_at", "site", "channel", "source"]
        constraints = [
            models.UniqueConstraint("site", "channel", "source", "starts_at", name="energy_reading_once"),
            models.UniqueConstraint("site", "channel", "source", "ends_at", name="energy_reading_ends_once"),
            models.CheckConstraint(condition=Q(kwh__gte=0), name="energy_reading_not_negative"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="energy_reading_forward"),
        ]
        indexes = [models.Index(fields=["-starts_at"], name="energy_reading_newest")]

    def __str__(self) -> str:
        return f"{self.site} {self.channel} {self.starts_at}: {self.kwh} kWh"


class CounterReading(MeasuredRow):
    """What a register that only counts up showed at a moment, in kWh; energy is the difference of two."""

    at = models.DateTimeField()
    value = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        ordering = ["-at", "site", "channel", "source"]
        constraints = [
            models.UniqueConstraint("site", "channel", "source", "at", name="counter_reading_once"),
            models.CheckConstraint(condition=Q(value__gte=0), name="counter_reading_not_negative"),
        ]
        indexes = [models.Index(fields=["-at"], name="counter_reading_newest")]

    def __str__(self) -> str:
        return f"{self.site} {self.channel} {self.at}: {self.value}"


class EnergyDay(models.Model):
    """What all sources together say of a local day; derived, written with every change of a reading.

    ``kwh`` and ``seconds`` count every interval by its share in the day, ``fine_…`` only intervals that are no
    longer than a day and so say something about it.
    """

    site = models.CharField(max_length=3)
    channel = models.CharField(max_length=20, choices=Channel)
    day = models.DateField()
    period = models.PositiveIntegerField(help_text="The month, 202603.")
    kwh = FixedField()
    seconds = models.PositiveIntegerField()
    fine_kwh = FixedField()
    fine_seconds = models.PositiveIntegerField()
    restarts = models.PositiveSmallIntegerField(default=0, help_text="Counters that fell and were taken to restart.")

    class Meta:
        ordering = ["day", "site", "channel"]
        constraints = [models.UniqueConstraint("site", "channel", "day", name="energy_day_once")]
        indexes = [
            models.Index(fields=["period"], name="energy_day_period"),
            models.Index(fields=["day"], name="energy_day_day"),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.channel} {self.day}"


class AlertKind(models.TextChoices):
    YIELD = "yield", "PV yield out of band"
    LOSS = "loss", "Unaccounted energy out of band"


class EnergyAlert(models.Model):
    """A site whose yield or loss left its band; closed by the check that finds it back inside."""

    site = models.CharField(max_length=3)
    kind = models.CharField(max_length=8, choices=AlertKind)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    day = models.DateField(help_text="The newest day that the finding rests on.")
    value = models.DecimalField(max_digits=16, decimal_places=2)
    low = models.DecimalField(max_digits=16, decimal_places=2)
    high = models.DecimalField(max_digits=16, decimal_places=2)
    unit = models.CharField(max_length=10)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=20, blank=True, help_text="Employee number.")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["closed_at", "-first_seen", "id"]
        constraints = [
            models.UniqueConstraint("site", "kind", condition=Q(closed_at=None), name="energy_alert_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.site}"
