"""Scheduled work of the rates."""

from celery import shared_task

from tariffs import services


@shared_task(name="tariffs.apply_due")
def apply_due() -> None:
    """Write rates for everybody whose moment has come to the customer database."""
    services.apply_due()
