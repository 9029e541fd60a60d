"""How soon a ticket is to be acknowledged and resolved: the one table, in minutes.

The clocks run from the report, day and night. When a ticket is opened again they begin anew: the fault counts as new.
``SLA_RESPOND_MINUTES`` and ``SLA_RESOLVE_MINUTES`` replace the numbers, four each, from P1 to P4.
"""

from datetime import datetime, timedelta

from django.conf import settings

from whatsapp.models import Priority


def deadlines(priority: str, at: datetime) -> tuple[datetime, datetime]:
    """Acknowledged by then, resolved by then."""
    place = list(Priority.values).index(priority)
    respond, resolve = settings.SLA_RESPOND_MINUTES[place], settings.SLA_RESOLVE_MINUTES[place]
    return at + timedelta(minutes=respond), at + timedelta(minutes=resolve)
