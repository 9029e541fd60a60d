"""Outages as the tickets know them, and the customers they are divided by."""

from datetime import datetime

from django.utils import timezone

from ccportal.core.periods import Quarter
from omreport.queries import connected
from omreport.reliability import Line, Outage, by_site_and_quarter
from whatsapp.models import Incident


def outages(site: str = "") -> list[Outage]:
    """Every incident as an outage, of one site when asked for."""
    rows = Incident.objects.order_by("started_at", "id")
    if site:
        rows = rows.filter(site_code=site)
    names = ("site_code", "started_at", "resolved_at", "customers_affected")
    return [Outage(*row) for row in rows.values_list(*names)]


def customers_served(quarters: set[Quarter]) -> dict[tuple[str, Quarter], int]:
    """Customers connected by the end of each quarter, per site; by date or first transaction (D-35)."""
    found: dict[tuple[str, Quarter], int] = {}
    for (site, quarter), count in connected().items():
        for wanted in quarters:
            if quarter <= wanted:
                found[site, wanted] = found.get((site, wanted), 0) + count
    return found


def lines(site: str = "", now: datetime | None = None) -> list[Line]:
    """The indices of every site and quarter with incidents, newest quarter first."""
    found = outages(site)
    served = customers_served({outage.quarter for outage in found}) if found else {}
    return by_site_and_quarter(found, served, now or timezone.now())
