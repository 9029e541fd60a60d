"""What the portal understood of a message, and what staff taught it."""

from django.db import models

from whatsapp.models.channels import Conversation, Message


class Category(models.TextChoices):
    """Semantics 24.7."""

    NO_POWER = "no-power", "No power"
    EQUIPMENT_FAILURE = "equipment-failure", "Equipment failure"
    METER_ISSUE = "meter-issue", "Meter issue"
    BILLING = "billing", "Billing"
    INSTALLATION = "installation", "Installation"
    VEGETATION = "vegetation", "Vegetation"
    VANDALISM = "vandalism", "Vandalism"
    COMPLAINT = "complaint", "Complaint"
    GENERAL_INQUIRY = "general-inquiry", "General inquiry"


class Priority(models.TextChoices):
    """Semantics 24.8."""

    P1 = "P1", "P1 outage"
    P2 = "P2", "P2 degraded"
    P3 = "P3", "P3 not critical"
    P4 = "P4", "P4 scheduled"


class TriageSource(models.TextChoices):
    MODEL = "model", "Language model"
    CLASSIFIER = "classifier", "Local classifier"
    RULES = "rules", "Rules"


class TriageResult(models.Model):
    """One judgement, with what staff corrected."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="judgements")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="judgements", help_text="The last one.")
    text = models.TextField(help_text="The messages judged, joined.")
    category = models.CharField(max_length=20, choices=Category)
    priority = models.CharField(max_length=2, choices=Priority)
    site_code = models.CharField(max_length=10, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=8, blank=True)
    needs_ticket = models.BooleanField()
    needs_information = models.BooleanField()
    safety = models.BooleanField()
    confidence = models.FloatField(help_text="0 to 1.")
    source = models.CharField(max_length=10, choices=TriageSource)
    at = models.DateTimeField(auto_now_add=True)
    corrected_category = models.CharField(max_length=20, choices=Category, blank=True)
    corrected_priority = models.CharField(max_length=2, choices=Priority, blank=True)
    corrected_by = models.CharField(max_length=20, blank=True)
    corrected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["-at"], name="triage_latest")]

    def __str__(self) -> str:
        return f"{self.category} {self.priority}"


class TriageExample(models.Model):
    """A labelled message that staff added by correcting a judgement; training reads it with the repository's own."""

    text = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    category = models.CharField(max_length=20, choices=Category)
    safety = models.BooleanField(default=False)
    judgement = models.OneToOneField(
        TriageResult, null=True, blank=True, on_delete=models.SET_NULL, related_name="example"
    )
    created_by = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"example {self.pk}: {self.category}"
