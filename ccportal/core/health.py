"""What monitoring and other programs may know of the portal's health. Public: nothing sensitive, no internals.

``status`` speaks of the customer database, as the contract wants; ``portal`` is for whoever operates this. Each part
is asked on its own, so that a broken one is reported instead of breaking the answer. The whole costs a few
milliseconds.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.utils import Error as DatabaseError
from django.utils import timezone

from audit.models import ChainCheck
from billing.models import Notification, NotificationState, Payment, PaymentState
from ccportal.acdb.health import acdb_fault
from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.acdb.router import ACDB
from ccportal.core import broker
from ccportal.core.periods import local_now
from ccportal.jobs.models import Job, JobState, OutboxMessage, OutboxState, Pulse
from customers.models import Customer, DirectoryState
from omreport.models import RollupState
from tariffs.models import Scope, TariffOverride
from whatsapp.models import Link

logger = logging.getLogger(__name__)
Report = dict[str, Any]
UNAVAILABLE = "unavailable"
WAITING = (OutboxState.QUEUED, OutboxState.RETRYING, OutboxState.SENDING)
OUTSIDE_DATABASE = {"broker", "acdb_read_only"}


def report() -> Report:
    """The contract's ``Health`` and, under ``portal``, the state of the parts around it."""
    return {
        **_customer_database(),
        "db_path": f"acdb ({connections[ACDB].vendor})",
        # The contract wants local time without a zone.
        "timestamp": local_now().replace(tzinfo=None).isoformat(timespec="microseconds"),
        "version": settings.VERSION,
        "portal": _parts(),
    }


def _customer_database() -> Report:
    try:
        fault = acdb_fault()
        if fault is None:
            return {"status": "ok", "customer_count": Customer.objects.count()}
    except (DatabaseError, OSError) as error:
        logger.warning("health: the customer database failed: %s", type(error).__name__)
        return {"status": "db_error", "error": "The customer database does not answer."}
    return {"status": "no_db" if "empty" in fault else "db_error", "error": fault}


def _parts() -> Report:
    """Our own database is tried once: if it is silent, each further question would wait as long again."""
    reached = _asked("database", _reach_database) != UNAVAILABLE
    return {
        name: _asked(name, part) if reached or name in OUTSIDE_DATABASE else UNAVAILABLE for name, part in PARTS.items()
    }


def _reach_database() -> None:
    with connections["default"].cursor():
        pass


def _asked(name: str, part: Callable[[], Any]) -> Any:
    try:
        return part()
    except (DatabaseError, OSError) as error:
        logger.warning("health: %s failed: %s", name, type(error).__name__)
        return UNAVAILABLE


def _worker_age() -> int | None:
    """Seconds since the worker last did a scheduled task; None if it never did."""
    pulse = Pulse.objects.filter(name="worker").first()
    return None if pulse is None else int((timezone.now() - pulse.at).total_seconds())


def _links() -> dict[str, dict[str, Any]]:
    """Parts outside the web server, as they last said of themselves, and how many seconds ago."""
    now = timezone.now()
    rows = Link.objects.exclude(name__endswith=".command").exclude(name="ugridplan")
    return {row.name: {"state": row.state, "age_seconds": int((now - row.at).total_seconds())} for row in rows}


def _ugridplan() -> Report:
    """Whether uGridPlan answered when it was last asked, and how much of our tickets it has not taken yet."""
    link = Link.objects.filter(name="ugridplan").only("state").first()
    state = (link.state if link else "not asked yet") if settings.UGRIDPLAN_URL else "not set up"
    ours = OutboxMessage.objects.filter(kind__startswith="ugridplan.")
    return {
        "state": state,
        "waiting": ours.filter(state__in=WAITING).count(),
        "failed": ours.filter(state=OutboxState.FAILED).count(),
    }


def _outbox_waiting() -> int:
    return OutboxMessage.objects.filter(state__in=WAITING).count()


def _payments() -> dict[str, int]:
    """Money that waits: for a person, or for its row in the ledger."""
    waiting = (PaymentState.RECEIVED, PaymentState.UNMATCHED)
    unmatched = Payment.objects.filter(state__in=waiting, queue="").count()
    return {
        "for_staff": unmatched + Notification.objects.filter(state=NotificationState.REVIEW).count(),
        "to_post": Payment.objects.filter(state=PaymentState.MATCHED).count(),
    }


def _rates_overdue() -> int:
    """Scheduled rates whose moment has come and that are not in the customer database yet."""
    return TariffOverride.objects.filter(
        scope=Scope.GLOBAL, removed_at=None, applied_at=None, effective_from__lte=timezone.now()
    ).count()


def _jobs_unfinished() -> int:
    return Job.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).count()


def _last_import() -> str | None:
    done = AcdbImport.objects.filter(state=ImportState.DONE).only("finished_at").first()
    return _iso(done.finished_at if done else None)


def _refreshed(model: type[DirectoryState] | type[RollupState]) -> str | None:
    state = model.objects.only("refreshed_at").first()
    return _iso(state.refreshed_at if state else None)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _audit_chain() -> str:
    """What the last check of the log found; never what an entry says."""
    check = ChainCheck.objects.first()
    return "not checked yet" if check is None else "broken" if check.faults else "ok"


PARTS: dict[str, Callable[[], Any]] = {
    "broker": lambda: "ok" if broker.reachable() else UNAVAILABLE,
    "worker_age_seconds": _worker_age,
    "links": _links,
    "ugridplan": _ugridplan,
    "outbox_waiting": _outbox_waiting,
    "outbox_failed": lambda: OutboxMessage.objects.filter(state=OutboxState.FAILED).count(),
    "payments": _payments,
    "rates_overdue": _rates_overdue,
    "jobs_unfinished": _jobs_unfinished,
    "last_import": _last_import,
    "directory_as_of": lambda: _refreshed(DirectoryState),
    "rollups_as_of": lambda: _refreshed(RollupState),
    "audit_chain": _audit_chain,
    "acdb_read_only": lambda: settings.ACDB_READ_ONLY,
}
