"""First answers to requests that carried an idempotency key."""

from django.db import models


class IdempotentAnswer(models.Model):
    """What a caller was answered for a key, so that sending the request again does not do it again."""

    caller = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    request_digest = models.CharField(max_length=64, help_text="Of method, address and body.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty while the first request is under way.")
    content_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField(default=bytes)

    class Meta:
        constraints = [models.UniqueConstraint("caller", "key", name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}: {self.status}"
