"""Scheduled work of the jobs themselves."""

from celery import shared_task

from ccportal.jobs import services


@shared_task(name="jobs.sweep")
def sweep() -> None:
    services.sweep()
