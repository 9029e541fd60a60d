"""Who writes and what was written, as the channels deliver it."""

from django.db import models


class Channel(models.TextChoices):
    CLOUD = "cloud", "WhatsApp Cloud API"
    LINKED = "linked", "Linked device"
    SIMULATOR = "simulator", "Simulator"


class Contact(models.Model):
    """Somebody on a channel. The key is what the channel calls them: a phone, a business-scoped or a privacy id."""

    channel = models.CharField(max_length=10, choices=Channel)
    key = models.CharField(max_length=120, help_text="The channel's own name for this person.")
    phone = models.CharField(max_length=20, blank=True, help_text="International digits; empty when not known.")
    name = models.CharField(max_length=150, blank=True, help_text="As the person calls themselves on the channel.")
    customer_number = models.CharField(max_length=20, blank=True, help_text="Empty until matched or told.")
    account_number = models.CharField(max_length=20, blank=True)
    site_code = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=8, blank=True, help_text="Last recognised: st, en or fr.")
    last_inbound_at = models.DateTimeField(null=True, blank=True, help_text="Opens the 24 hours of free answers.")
    claim = models.CharField(max_length=32, blank=True, help_text="Token of the worker that answers this person.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True, help_text="When told to slow down.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["channel", "key"], name="one_contact_per_key")]
        indexes = [
            models.Index(fields=["phone"], name="contact_by_phone"),
            models.Index(fields=["customer_number"], name="contact_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} contact {self.pk}"


class Mode(models.TextChoices):
    BOT = "bot", "Answered by the portal"
    STAFF = "staff", "Taken over"


class ConversationState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class Awaiting(models.TextChoices):
    """The question that the next message of the customer is expected to answer."""

    NOTHING = "", "Nothing"
    WHICH_CUSTOMER = "which_customer", "Which of several customers"
    PLACE = "place", "Account number or village"
    DESCRIPTION = "description", "What is wrong"
    POWER_BACK = "power_back", "Whether it is fixed"


class Conversation(models.Model):
    """Messages with one contact that belong together."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="conversations", db_index=False)
    state = models.CharField(max_length=8, choices=ConversationState, default=ConversationState.OPEN)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.BOT)
    taken_by = models.CharField(max_length=20, blank=True, help_text="Employee number of who took over.")
    taken_by_name = models.CharField(max_length=150, blank=True)
    awaiting = models.CharField(max_length=16, choices=Awaiting, default=Awaiting.NOTHING, blank=True)
    awaiting_details = models.JSONField(default=dict, blank=True, help_text="For instance the choices offered.")
    ticket = models.ForeignKey(
        "whatsapp.Ticket", null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    unread = models.PositiveIntegerField(default=0, help_text="Messages of the customer nobody on the staff has seen.")
    needs_staff = models.BooleanField(default=False, help_text="The portal could not help; a person should look.")
    started_at = models.DateTimeField(auto_now_add=True)
    last_message_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0, help_text="Grows with every change; open pages ask for newer.")

    class Meta:
        ordering = ["-last_message_at", "-id"]
        indexes = [
            models.Index(fields=["state", "-last_message_at"], name="conversation_inbox"),
            models.Index(fields=["contact", "-last_message_at"], name="conversation_of_contact"),
            models.Index(fields=["awaiting", "last_message_at"], name="conversation_unplaced"),
            models.Index(fields=["state"], condition=models.Q(needs_staff=True), name="conversation_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=models.Q(state="open"), name="one_open_conversation_per_contact"
            )
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}: {self.state}"


class Direction(models.TextChoices):
    IN = "in", "From the customer"
    OUT = "out", "To the customer"


class Author(models.TextChoices):
    CUSTOMER = "customer", "Customer"
    TECHNICIAN = "technician", "Technician"
    PORTAL = "portal", "Portal"
    STAFF = "staff", "Staff"


class MessageKind(models.TextChoices):
    TEXT = "text", "Text"
    IMAGE = "image", "Photo"
    AUDIO = "audio", "Voice"
    VIDEO = "video", "Video"
    DOCUMENT = "document", "Document"
    LOCATION = "location", "Location"
    TEMPLATE = "template", "Template"
    OTHER = "other", "Something else"


class MessageState(models.TextChoices):
    """Inbound messages are received, then processed; outbound ones go from waiting to read, or fail visibly."""

    RECEIVED = "received", "Waiting to be answered"
    PROCESSED = "processed", "Dealt with"
    QUEUED = "queued", "Waiting to be sent"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    READ = "read", "Read"
    FAILED = "failed", "Failed"


class Message(models.Model):
    """One message, stored before anything else is done with it."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="messages", db_index=False)
    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    channel = models.CharField(max_length=10, choices=Channel)
    external_id = models.CharField(max_length=160, blank=True, help_text="The channel's message id; empty until sent.")
    direction = models.CharField(max_length=3, choices=Direction)
    author = models.CharField(max_length=10, choices=Author)
    author_id = models.CharField(max_length=20, blank=True, help_text="Employee number of who wrote it.")
    author_name = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=10, choices=MessageKind, default=MessageKind.TEXT)
    text = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True, help_text="Position, template name, what it answers to.")
    state = models.CharField(max_length=10, choices=MessageState)
    error = models.CharField(max_length=300, blank=True)
    outbox_key = models.CharField(max_length=120, blank=True, db_index=True, help_text="The outbox row that sends it.")
    sent_at = models.DateTimeField(help_text="By the channel's clock.")
    created_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], condition=~models.Q(external_id=""), name="one_message_per_id"
            )
        ]
        indexes = [
            models.Index(fields=["contact", "id"], name="message_of_contact"),
            models.Index(fields=["contact"], condition=models.Q(state="received"), name="message_unanswered"),
            models.Index(fields=["id"], condition=models.Q(state="queued"), name="message_unsent"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}: {self.direction} {self.state}"


class MediaState(models.TextChoices):
    WAITING = "waiting", "Being fetched"
    STORED = "stored", "Stored"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Could not be fetched"
    DELETED = "deleted", "Deleted after its time"


class Media(models.Model):
    """A photo, voice message or file that came with a message; the bytes are in the private media folder."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="media")
    external_id = models.CharField(max_length=200, blank=True, help_text="What the channel calls the file.")
    mime = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.CharField(max_length=200, blank=True, help_text="Name below the media folder; never from input.")
    state = models.CharField(max_length=8, choices=MediaState, default=MediaState.WAITING)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "media"

    def __str__(self) -> str:
        return f"media {self.pk}: {self.state}"


class Receipt(models.Model):
    """A delivery status as the channel reported it; they come out of order, and before we know the message id."""

    channel = models.CharField(max_length=10, choices=Channel)
    external_id = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=MessageState)
    error = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id", "state"], name="one_receipt_per_state")
        ]

    def __str__(self) -> str:
        return f"receipt {self.state}"


class Link(models.Model):
    """State of a connection that lives outside the web server: the linked device, the exchange of tickets."""

    name = models.CharField(max_length=40, primary_key=True)
    state = models.CharField(max_length=20, blank=True)
    details = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"


class CannedReply(models.Model):
    """A text staff can send with one press."""

    title = models.CharField(max_length=80, unique=True)
    text_sesotho = models.TextField("Sesotho", blank=True)
    text_english = models.TextField("English")
    text_french = models.TextField("French", blank=True)

    class Meta:
        ordering = ["title"]
        verbose_name_plural = "canned replies"

    def __str__(self) -> str:
        return self.title
