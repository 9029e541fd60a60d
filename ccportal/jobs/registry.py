"""Which Celery task runs which kind of job.

    @job_task("acdb.import", label="Import of the customer database")
    def import_acdb(job: Job, progress: Progress) -> dict | None:
        progress.step("Reading the file", total=rows)
        ...
        return {"rows": 1200, "url": "/import/7/"}

Put the function into the ``tasks`` module of an app; those modules are loaded when Django starts. What it returns
is kept as the job's result: plain JSON, shown to people as a list; the key ``url`` becomes a link, keys that
begin with an underscore are not shown.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class JobKind:
    """A kind of background work.

    ``task`` is the name of the Celery task, which takes the job's id. ``max_attempts`` says how often it is begun
    again when its worker dies in the middle; 1 for work that must not be repeated without a person's decision.
    """

    name: str
    label: str
    task: str
    max_attempts: int = 2


_kinds: dict[str, JobKind] = {}


def register(name: str, *, label: str, task: str, max_attempts: int = 2) -> JobKind:
    """Make a kind known; ``ValueError`` when another task has it already."""
    kind = JobKind(name, label, task, max_attempts)
    if _kinds.setdefault(name, kind) != kind:
        raise ValueError(f"job kind {name!r} is registered twice")
    return kind


def kind_of(name: str) -> JobKind:
    """The registered kind; ``LookupError`` when no task module registers it."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no task is registered for jobs of kind {name!r}") from None


def known(name: str) -> bool:
    return name in _kinds


def kinds() -> list[JobKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.label)


def label_of(name: str) -> str:
    """What people call this kind of work; the bare name for a kind that no longer exists."""
    return _kinds[name].label if name in _kinds else name
