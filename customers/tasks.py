"""Background work of the registry."""

import logging

from celery import shared_task
from django.db.utils import Error as DatabaseError

from customers.models import DirectoryState
from customers.services import assignments, drafts, registration
from customers.services.directory import refresh_directory as refresh

logger = logging.getLogger(__name__)


@shared_task(name="customers.refresh_directory")
def refresh_directory() -> None:
    """Follow changes that other programs made in the ACDB; a failure is recorded where pages and health show it."""
    try:
        refresh()
    except DatabaseError as error:
        logger.error("the directory could not be refreshed: %s", type(error).__name__)
        DirectoryState.objects.update_or_create(id=1, defaults={"error": "The customer database could not be read."})


@shared_task(name="customers.tidy")
def tidy() -> None:
    """Settle registrations and meter assignments whose program died; forget old drafts."""
    registration.tidy()
    assignments.tidy()
    drafts.forget()
