"""Background work of payments."""

from celery import shared_task

from billing.services import notifications


@shared_task(name=notifications.TASK)
def payments() -> None:
    """Understand what came in and write ledger rows; safe to run twice at once and after any crash."""
    notifications.sweep()
