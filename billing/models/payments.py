"""Payments as providers report them, in our own database (docs/algorithms/payments.md).

A payment is stored first and posted second. Its ledger row is known by the entry of the log of changes that wrote it:
``mutation`` is set in the transaction that writes the pending entry down, so a payment is posted once whatever stops.
"""

from django.conf import settings
from django.db import models


class PaymentKind(models.TextChoices):
    """A payment that came in, its reversal, or the reversed money put on another account."""

    PAYMENT = "payment", "Payment"
    REVERSAL = "reversal", "Reversal"
    CORRECTION = "correction", "Moved payment"


class PaymentState(models.TextChoices):
    """Where a payment stands."""

    RECEIVED = "received", "Received"
    MATCHED = "matched", "To be posted"
    POSTED = "posted", "Posted"
    UNMATCHED = "unmatched", "Unmatched"
    REVERSED = "reversed", "Reversed"
    FAILED = "failed", "Failed"


class Queue(models.TextChoices):
    """What staff decided about an unmatched payment; empty while nobody has."""

    ASIDE = "aside", "Put aside"
    REFUNDED = "refunded", "Refund noted"


class Source(models.TextChoices):
    """How a notification came in."""

    WEBHOOK = "webhook", "Provider’s program"
    SMS = "sms", "SMS gateway"
    PASTED = "pasted", "Pasted by staff"


class NotificationState(models.TextChoices):
    """What became of a notification."""

    NEW = "new", "Waiting"
    DONE = "done", "Became a payment"
    DUPLICATE = "duplicate", "Known already"
    REVIEW = "review", "Needs a decision"
    IGNORED = "ignored", "Not a payment"
    DISMISSED = "dismissed", "Dismissed"


class Notification(models.Model):
    """What a provider or gateway sent, byte for byte, stored before anybody looked into it."""

    source = models.CharField(max_length=8, choices=Source)
    provider = models.CharField(max_length=20, help_text="Whose secret signed it; empty for a pasted message.")
    body = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the body: the same one twice is one.")
    received_at = models.DateTimeField(auto_now_add=True)
    received_by = models.CharField(max_length=20, blank=True, help_text="Employee number of who pasted it.")
    state = models.CharField(max_length=10, choices=NotificationState, default=NotificationState.NEW)
    rule = models.CharField(max_length=60, blank=True, help_text="The rule that understood it.")
    understood = models.JSONField(null=True, help_text="Fields that were read.")
    problem = models.CharField(max_length=300, blank=True)
    payment = models.ForeignKey(
        "billing.Payment", null=True, blank=True, on_delete=models.PROTECT, related_name="notifications"
    )
    times = models.PositiveIntegerField(default=1, help_text="How often it was sent.")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint("source", "provider", "digest", name="notification_once")]
        indexes = [
            # Whole: SQLite finds what waits by it whichever state is asked for.
            models.Index(fields=["state"], name="notification_open"),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}: {self.state}"

    @property
    def text(self) -> str:
        """The body as people read it; bytes that are no text are shown as such."""
        return bytes(self.body).decode("utf-8", errors="backslashreplace")


class Payment(models.Model):
    """Money that a provider says it received for us, or the reversal of it. Never deleted."""

    kind = models.CharField(max_length=10, choices=PaymentKind, default=PaymentKind.PAYMENT)
    provider = models.CharField(max_length=20)
    provider_reference = models.CharField(max_length=60, help_text="Upper case, without blanks.")
    amount = models.DecimalField(max_digits=12, decimal_places=2, help_text="In the currency; negative for a reversal.")
    currency = models.CharField(max_length=3)
    payer_phone = models.CharField(max_length=20, blank=True)
    payer_name = models.CharField(max_length=120, blank=True)
    account_given = models.CharField(max_length=60, blank=True, help_text="The account as the payer wrote it.")
    account = models.CharField(max_length=20, blank=True, db_index=True, help_text="Canonical; empty while unmatched.")
    site = models.CharField(max_length=3, blank=True, help_text="Of the account.")
    received_at = models.DateTimeField(db_index=True, help_text="When the provider received it.")
    state = models.CharField(max_length=10, choices=PaymentState, default=PaymentState.RECEIVED)
    problem = models.CharField(max_length=300, blank=True, help_text="Why it is unmatched, or not posted yet.")
    queue = models.CharField(max_length=10, choices=Queue, blank=True)
    confirmed = models.BooleanField(default=True, help_text="Off while only the payer says so, not the provider.")
    note = models.CharField(max_length=500, blank=True, help_text="What staff noted, or the reason of a reversal.")
    origin = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="derived",
        help_text="The payment that this one reverses or moves.",
    )
    recorded_by = models.CharField(max_length=40, blank=True)
    recorded_by_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    claim = models.CharField(max_length=32, blank=True, help_text="Token of the worker that posts it.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True, help_text="Not posted again before.")
    mutation = models.OneToOneField(
        "audit.Mutation", null=True, blank=True, on_delete=models.PROTECT, related_name="payment"
    )
    table_name = models.CharField(max_length=80, blank=True, help_text="Where its ledger row is.")
    row_id = models.CharField(max_length=80, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    kwh = models.DecimalField("kWh", max_digits=14, decimal_places=4, null=True, blank=True)
    rate = models.DecimalField("rate per kWh", max_digits=12, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "provider", "provider_reference", condition=models.Q(kind="payment"), name="payment_reference_once"
            ),
            models.UniqueConstraint("origin", condition=models.Q(kind="reversal"), name="payment_reversed_once"),
            models.UniqueConstraint("origin", condition=models.Q(kind="correction"), name="payment_moved_once"),
            models.CheckConstraint(
                condition=models.Q(kind="payment", origin=None) | ~models.Q(kind="payment") & ~models.Q(origin=None),
                name="payment_origin_of_derived",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="reversal", amount__lt=0) | ~models.Q(kind="reversal") & models.Q(amount__gt=0),
                name="payment_sign",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-received_at"], name="payment_by_state"),
            models.Index(fields=["provider_reference"], name="payment_by_reference"),
            models.Index(fields=["table_name", "row_id"], name="payment_of_row"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.provider} {self.provider_reference}"

    @property
    def is_foreign(self) -> bool:
        """In a currency that is not the ledger's: it cannot be posted as it is."""
        return self.currency != settings.CURRENCY


class PaymentEvent(models.Model):
    """One step in the life of a payment: what happened, who did it."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20)
    text = models.CharField(max_length=500)
    actor_id = models.CharField(max_length=40)
    actor_name = models.CharField(max_length=150, blank=True)
    mutation = models.ForeignKey("audit.Mutation", null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of payment {self.payment_id}"


class LedgerTurn(models.Model):
    """Whose turn it is to write to the ledger of an account: its running balance takes one writer at a time."""

    account = models.CharField(max_length=20, primary_key=True)
    number = models.PositiveBigIntegerField(default=0, help_text="Counts the changes of the account's ledger.")
    mutation = models.ForeignKey("audit.Mutation", null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"{self.account}: {self.number}"


class FormUse(models.Model):
    """A form that was sent and what it wrote; the same form sent again writes nothing."""

    token = models.CharField(max_length=64, unique=True)
    mutation = models.ForeignKey("audit.Mutation", on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"form of entry {self.mutation_id}"
