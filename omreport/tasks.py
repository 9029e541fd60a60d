"""Background work of the reports."""

import logging

from celery import shared_task
from django.db.utils import Error as DatabaseError

from omreport.models import RollupState
from omreport.services.rollups import refresh_rollups as refresh

logger = logging.getLogger(__name__)


@shared_task
def refresh_rollups() -> None:
    """Bring the rollups up to date; a failure is recorded where pages and health show it."""
    try:
        refresh()
    except DatabaseError as error:
        logger.error("the rollups could not be refreshed: %s", type(error).__name__)
        RollupState.objects.update_or_create(id=1, defaults={"error": "The customer database could not be read."})
