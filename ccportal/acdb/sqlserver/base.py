"""``ENGINE`` of an ACDB on SQL Server.

mssql-django reads times in the zone of the connection but sends them in UTC; with local times in the columns
(semantics 6) every comparison and every new time would be off by the offset of the zone.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone
from mssql import base, operations


class DatabaseOperations(operations.DatabaseOperations):  # type: ignore[misc]  # the package has no types
    def adapt_datetimefield_value(self, value: Any) -> Any:
        """A time as the columns hold it: local, without a zone."""
        if isinstance(value, datetime) and timezone.is_aware(value):
            return timezone.make_naive(value, self.connection.timezone)
        return value


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]  # the package has no types
    ops_class = DatabaseOperations
