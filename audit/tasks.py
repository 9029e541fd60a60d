"""Scheduled work of the log."""

from celery import shared_task

from audit import services


@shared_task(name="audit.reconcile")
def reconcile() -> None:
    """Settle entries whose writer died between the two databases, and seal what one left unsealed."""
    services.reconcile()
    services.seal_late()


@shared_task(name="audit.verify")
def verify() -> None:
    """Check the chain over the log; pages and health show what came out."""
    services.check_and_note()
