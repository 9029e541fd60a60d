"""Scheduled work of the log."""

from celery import shared_task

from audit import services


@shared_task(name="audit.reconcile")
def reconcile() -> None:
    """Settle entries whose writer died between the two databases."""
    services.reconcile()
