"""What the registry does when the customer database was imported or one of its records changed."""

from typing import Any

from audit.models import Mutation
from audit.signals import acdb_changed
from ccportal.acdb.signals import acdb_imported
from customers.services import directory_changes
from customers.services.directory import refresh_directory


def connect() -> None:
    """Start listening; called once, when Django is ready. Reports, which take types from here, listen after it."""
    acdb_imported.connect(follow_import, dispatch_uid="customers.follow_import")
    acdb_changed.connect(follow_change, dispatch_uid="customers.follow_change")


def follow_import(sender: Any, progress: Any, **_: Any) -> None:
    """Rebuild the directory from the new tables."""
    refresh_directory(progress.step)


def follow_change(sender: Any, mutation: Mutation, **_: Any) -> None:
    """Show a change of a customer, an account or a meter in lists and searches at once."""
    directory_changes.follow(mutation)
