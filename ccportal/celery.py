"""The Celery application: tasks of every app, the schedule in one table, request ids carried into tasks."""

import logging
import logging.config
import os
import time
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import before_task_publish, setup_logging, task_failure, task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")

app = Celery("ccportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

logger = logging.getLogger("ccportal.task")
_HEADER = "portal_request_id"

MINUTE = 60
#: Task -> every so many seconds, or a crontab in the meters' zone. A run that no worker takes before the next one is
#: due is dropped, so that an outage leaves no pile of stale runs.
SCHEDULE: dict[str, float | crontab] = {
    "outbox.send": 5,
    "whatsapp.sweep": 5,
    "billing.payments": 15,
    "jobs.heartbeat": 15,
    "jobs.sweep": 15,
    "audit.reconcile": MINUTE,
    "tariffs.apply_due": MINUTE,
    "whatsapp.watch_clocks": 30,
    "whatsapp.pull_tickets": MINUTE,
    "customers.refresh_directory": 10 * MINUTE,
    "customers.tidy": 10 * MINUTE,
    "omreport.refresh_rollups": MINUTE,
    "omreport.verify_rollups": 10 * MINUTE,
    "omreport.check_energy": 60 * MINUTE,
    "audit.clean_exports": 60 * MINUTE,
    "audit.verify": crontab(hour="2", minute="40"),
    "whatsapp.check_cloud": MINUTE,
    "whatsapp.clean": crontab(hour="3", minute="45"),
    "whatsapp.forget": crontab(hour="3", minute="55"),
    "accounts.clean": crontab(hour="3", minute="35"),
    "jobs.clean": crontab(hour="3", minute="40"),
    "omreport.clean_files": crontab(hour="3", minute="50"),
}


def _entry(task: str, when: float | crontab) -> dict[str, Any]:
    expires = 12 * 60 * MINUTE if isinstance(when, crontab) else max(when - 1, 1)
    return {"task": task, "schedule": when, "options": {"expires": expires}}


app.conf.beat_schedule = {task: _entry(task, when) for task, when in SCHEDULE.items()}


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    """The portal's own logging instead of Celery's."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@before_task_publish.connect
def send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """What a request causes in the background is logged under the request's id."""
    from ccportal.core import logs

    if headers is not None:
        headers.setdefault(_HEADER, logs.request_id.get())


@task_prerun.connect
def begin(task: Any = None, **_: Any) -> None:
    """Give the task the number of the request that caused it, so that their lines in the log belong together."""
    from ccportal.core import logs

    given = getattr(task.request, _HEADER, None)
    task.request.portal_token = logs.request_id.set(given or logs.new_request_id())
    task.request.portal_started = time.perf_counter()


@task_failure.connect
def report(sender: Any = None, exception: BaseException | None = None, **_: Any) -> None:
    """Type and stack; arguments and the words of the exception may hold personal data."""
    logger.error("task failed", exc_info=exception, extra={"task": sender.name})


@task_postrun.connect
def end(task: Any = None, state: str = "", **_: Any) -> None:
    """Log how the task ended and how many milliseconds it took."""
    from ccportal.core import logs

    started = getattr(task.request, "portal_started", None)
    elapsed = round((time.perf_counter() - started) * 1000, 1) if started is not None else None
    logger.log(_level(task.name), "task", extra={"task": task.name, "state": state, "ms": elapsed})
    token = getattr(task.request, "portal_token", None)
    if token is not None:
        logs.request_id.reset(token)


def _level(name: str) -> int:
    """Ticks of the schedule every few seconds would bury everything else."""
    when = SCHEDULE.get(name)
    return logging.DEBUG if isinstance(when, int | float) else logging.INFO
