"""Faults as tickets, who reported them, who repairs them, and outages that many report."""

from django.db import models

from whatsapp.models.channels import Contact, Media, Message
from whatsapp.models.triage import Category, Priority


class IncidentState(models.TextChoices):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Restored"


class Incident(models.Model):
    """An outage at a site or on a feeder that several customers report: one dispatch, one notice to all."""

    site_code = models.CharField(max_length=10)
    feeder = models.CharField(max_length=40, blank=True, help_text="Empty when the whole site or not known.")
    state = models.CharField(max_length=8, choices=IncidentState, default=IncidentState.OPEN)
    started_at = models.DateTimeField(help_text="First report.")
    resolved_at = models.DateTimeField(null=True, blank=True)
    customers_affected = models.PositiveIntegerField(
        default=0, help_text="Reporters, or the number staff or uGridPlan state."
    )

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["site_code", "-started_at"], name="incident_of_site")]

    def __str__(self) -> str:
        return f"incident {self.pk} at {self.site_code}"


class TicketState(models.TextChoices):
    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    IN_PROGRESS = "in_progress", "In progress"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    REOPENED = "reopened", "Reopened"


#: States in which somebody still has to do something.
UNFINISHED = (TicketState.OPEN, TicketState.ACKNOWLEDGED, TicketState.IN_PROGRESS, TicketState.REOPENED)


class Technician(models.Model):
    """Somebody who repairs; reached by WhatsApp, by e-mail as well."""

    name = models.CharField(max_length=150)
    phone = models.CharField(max_length=20, unique=True, help_text="International digits.")
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=8, default="en")
    employee_number = models.CharField(max_length=20, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class OnCall(models.Model):
    """Who is called for a site, in which order."""

    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="duties")
    site_code = models.CharField(max_length=10, blank=True, help_text="Empty: any site, after those of the site.")
    order = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["site_code", "order", "id"]
        verbose_name = "on-call duty"
        verbose_name_plural = "on-call duties"
        constraints = [models.UniqueConstraint(fields=["technician", "site_code"], name="one_duty_per_site")]

    def __str__(self) -> str:
        return f"duty {self.pk}"


class Ticket(models.Model):
    """A fault. It lives here first, with its own number, and follows to uGridPlan."""

    number = models.CharField(max_length=30, unique=True, help_text="Our own, like CC-MAK-2026-0065.")
    reference = models.CharField(max_length=64, unique=True, help_text="Stable name that uGridPlan is given.")
    external_id = models.CharField(max_length=40, blank=True, db_index=True, help_text="uGridPlan's number.")
    external_state = models.CharField(max_length=30, blank=True, help_text="Last state seen in uGridPlan.")
    external_at = models.DateTimeField(null=True, blank=True, help_text="When uGridPlan says it got that state.")
    site_code = models.CharField(max_length=10, blank=True, help_text="Empty when not known yet.")
    category = models.CharField(max_length=20, choices=Category)
    priority = models.CharField(max_length=2, choices=Priority)
    equipment_category = models.CharField(max_length=20)
    ticket_type = models.CharField(max_length=20, default="corrective")
    safety = models.BooleanField(default=False)
    fault_description = models.TextField(help_text="English summary.")
    original_text = models.TextField(blank=True, help_text="What the customer wrote (D-115).")
    reported_by = models.CharField(max_length=200)
    customer_number = models.CharField(max_length=20, blank=True)
    account_number = models.CharField(max_length=20, blank=True)
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets")
    technician = models.ForeignKey(Technician, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets")
    state = models.CharField(max_length=12, choices=TicketState, default=TicketState.OPEN)
    created_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopenings = models.PositiveSmallIntegerField(default=0)
    resolution_note = models.TextField(blank=True)
    respond_by = models.DateTimeField(help_text="Acknowledged by then, or the SLA is breached.")
    resolve_by = models.DateTimeField(help_text="Resolved by then, or the SLA is breached.")
    response_breached_at = models.DateTimeField(null=True, blank=True)
    resolution_breached_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["state", "site_code"], name="ticket_board"),
            models.Index(fields=["site_code", "-created_at"], name="ticket_of_site"),
            models.Index(fields=["customer_number"], name="ticket_of_customer"),
        ]

    def __str__(self) -> str:
        return f"ticket {self.number}"


class Report(models.Model):
    """One person's report of a ticket's fault, and what they were told."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="reports")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    customer_number = models.CharField(max_length=20, blank=True)
    account_number = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    told_resolved_at = models.DateTimeField(null=True, blank=True)
    power_back = models.BooleanField(null=True, help_text="The answer to our question; empty while unanswered.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "contact"], name="one_report_per_contact"),
            models.UniqueConstraint(fields=["message", "ticket"], name="one_report_per_message"),
        ]
        indexes = [models.Index(fields=["customer_number"], name="report_of_customer")]

    def __str__(self) -> str:
        return f"report {self.pk}"


class TicketEvent(models.Model):
    """One line of a ticket's history: change of state, comment, photo, offer, alert."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=40, help_text="Dotted, past tense, like comment.added or state.changed.")
    actor = models.CharField(max_length=150, help_text="Name or role for people.")
    actor_id = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True)
    media = models.ForeignKey(Media, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    external_id = models.CharField(max_length=60, blank=True, help_text="uGridPlan's id of a comment.")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.PROTECT, related_name="events")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "external_id"], condition=~models.Q(external_id=""), name="one_event_per_external_id"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class OfferState(models.TextChoices):
    OFFERED = "offered", "Asked"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "No answer"
    ARRIVED = "arrived", "On site"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Withdrawn"


class Offer(models.Model):
    """A ticket put to a technician, and how they answered."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="offers")
    technician = models.ForeignKey(Technician, on_delete=models.PROTECT, related_name="offers")
    round = models.PositiveSmallIntegerField(default=1, help_text="How often the list has been gone through.")
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.OFFERED)
    offered_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=models.Q(state__in=["accepted", "arrived"]), name="one_technician_at_work"
            ),
            models.UniqueConstraint(fields=["ticket", "technician", "round"], name="one_offer_per_round"),
        ]
        indexes = [models.Index(fields=["state", "answer_by"], name="offer_due")]

    def __str__(self) -> str:
        return f"offer {self.pk}: {self.state}"
