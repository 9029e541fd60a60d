"""Scheduled work of the jobs and the outbox themselves."""

from celery import shared_task

from ccportal.jobs import outbox, services


@shared_task(name="jobs.sweep")
def sweep() -> None:
    """Send again what no worker took, give away what a dead worker left."""
    services.sweep()


@shared_task(name=outbox.TASK)
def send_outbox() -> None:
    """See what is due."""
    outbox.dispatch()


@shared_task(name=outbox.TASK_OF_KIND)
def send_outbox_kind(kind: str) -> None:
    """Send what is due of one kind."""
    outbox.send_due(kind)


@shared_task(name="jobs.heartbeat")
def heartbeat() -> None:
    """Say that schedule, broker and worker are alive."""
    services.beat()


@shared_task(name="jobs.clean")
def clean() -> None:
    """Forget what ended long ago."""
    services.clean()
    outbox.clean()
