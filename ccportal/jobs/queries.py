"""What the pages show of background work and of the outbox."""

from typing import Any

from django.db.models import Count, QuerySet

from ccportal.accounts.models import Employee
from ccportal.core.errors import NotFound
from ccportal.jobs.models import Job, OutboxMessage, OutboxState

WAITING = (OutboxState.QUEUED, OutboxState.RETRYING, OutboxState.SENDING)


def job_list(*, kind: str = "", state: str = "") -> QuerySet[Job]:
    """Background runs, newest first; their input and result are not read."""
    jobs = Job.objects.defer("input", "result")
    if kind:
        jobs = jobs.filter(kind=kind)
    if state:
        jobs = jobs.filter(state=state)
    return jobs


def get_job(pk: int) -> Job:
    job = Job.objects.filter(pk=pk).first()
    if job is None:
        raise NotFound("There is no such background run.")
    return job


def kinds_seen() -> list[str]:
    return list(Job.objects.order_by("kind").values_list("kind", flat=True).distinct())


def result_lines(job: Job) -> list[tuple[str, Any]]:
    """The plain values of a result as people read them; ``url`` and names with an underscore are not for the list."""
    return [
        (name.replace("_", " ").capitalize(), value)
        for name, value in (job.result or {}).items()
        if name != "url" and not name.startswith("_") and isinstance(value, str | int | float)
    ]


def result_url(job: Job) -> str:
    """Where the result is; only addresses of this portal."""
    url = str((job.result or {}).get("url", ""))
    return url if url.startswith("/") and not url.startswith("//") else ""


def name_of(employee_no: str) -> str:
    """Who asked for a run, for people."""
    if not employee_no:
        return "the schedule"
    employee = Employee.objects.filter(employee_no=employee_no).first()
    return str(employee) if employee else employee_no


def outbox_list(*, kind: str = "", state: str = "") -> QuerySet[OutboxMessage]:
    """Messages, newest first, without what they say."""
    messages = OutboxMessage.objects.defer("payload")
    if kind:
        messages = messages.filter(kind=kind)
    if state == "waiting":
        messages = messages.filter(state__in=WAITING)
    elif state:
        messages = messages.filter(state=state)
    return messages


def get_message(pk: int) -> OutboxMessage:
    message = OutboxMessage.objects.filter(pk=pk).first()
    if message is None:
        raise NotFound("There is no such message.")
    return message


def outbox_kinds() -> list[str]:
    return list(OutboxMessage.objects.order_by("kind").values_list("kind", flat=True).distinct())


def outbox_counts() -> dict[str, int]:
    """Messages that wait and that failed."""
    by_state = dict(OutboxMessage.objects.order_by().values_list("state").annotate(Count("pk")))
    return {
        "waiting": sum(by_state.get(state, 0) for state in WAITING),
        "failed": by_state.get(OutboxState.FAILED, 0),
    }
