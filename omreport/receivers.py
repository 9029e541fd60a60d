"""What the reports do when the customer database was imported."""

from typing import Any

from ccportal.acdb.signals import acdb_imported
from omreport.services import rollups


def connect() -> None:
    """Start listening; called once, when Django is ready. The directory listens first: types come from it."""
    acdb_imported.connect(follow_import, dispatch_uid="omreport.follow_import")


def follow_import(sender: Any, progress: Any, **_: Any) -> None:
    """Compare every month with the new tables; IDs of the old ones mean nothing any more."""
    rollups.refresh(progress.step, thorough=True)
