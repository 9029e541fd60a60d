"""Background work of the reports."""

import logging

from celery import shared_task
from django.db.utils import Error as DatabaseError

from ccportal.core.errors import Conflict
from omreport.services import rollups

logger = logging.getLogger(__name__)


@shared_task(name="omreport.refresh_rollups")
def refresh_rollups() -> None:
    """Follow the ledger: new rows and the portal's own changes; costs next to nothing when there are none."""
    _refresh(thorough=False)


@shared_task(name="omreport.verify_rollups")
def verify_rollups() -> None:
    """Compare every month with the customer database, to see what other programs changed or deleted."""
    _refresh(thorough=True)


def _refresh(*, thorough: bool) -> None:
    """A failure is recorded where pages and health show it; the old figures stay."""
    try:
        rollups.refresh(thorough=thorough)
    except Conflict:
        logger.info("the rollups were refreshed by another worker")
    except DatabaseError as error:
        logger.error("the rollups could not be refreshed: %s", type(error).__name__)
        rollups.record_failure()
