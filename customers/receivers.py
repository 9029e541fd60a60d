"""What the registry does when the customer database was imported."""

from typing import Any

from ccportal.acdb.signals import acdb_imported
from customers.services.directory import refresh_directory


def connect() -> None:
    """Start listening; called once, when Django is ready. Reports, which take types from here, listen after it."""
    acdb_imported.connect(follow_import, dispatch_uid="customers.follow_import")


def follow_import(sender: Any, progress: Any, **_: Any) -> None:
    """Rebuild the directory from the new tables."""
    refresh_directory(progress.step)
