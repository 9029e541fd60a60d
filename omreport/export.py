"""The meter export: every power reading with the type and site of its meter, as JSON in pieces (semantics 14)."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet

from ccportal.core.errors import InvalidInput
from ccportal.core.periods import FIRST_DAY, LAST_DAY, meter_zone
from ccportal.core.text import clean
from customers.models import LegacyMeter, Meter
from omreport.functions import LocalStamp
from omreport.meters import meter_key
from omreport.models import Reading

READINGS_AT_A_TIME = 1000
#: More meters than this are sifted here, not by the database: engines limit the parameters of a query.
MOST_PARAMETERS = 900


@dataclass(frozen=True)
class ExportFilter:
    """What is exported; the texts are kept as given for the answer."""

    given: dict[str, str | None]
    customer_type: str
    site: str
    start: date | None
    end: date | None


def parse_filter(customer_type: str | None, site: str | None, start: str | None, end: str | None) -> ExportFilter:
    """The parameters of the export; ``InvalidInput`` for a text that is no day, or an end before the start."""
    first, last = parse_day(start, "start_date"), parse_day(end, "end_date")
    if first and last and last < first:
        raise InvalidInput("end_date is before start_date.", field="end_date")
    given = {"customer_type": customer_type, "site": site, "start_date": start, "end_date": end}
    return ExportFilter(given, (customer_type or "").strip().upper(), (site or "").strip().upper(), first, last)


def parse_day(text: str | None, field: str) -> date | None:
    if not text:
        return None
    try:
        if len(text) != len("2026-11-21"):
            raise ValueError(text)
        day = date.fromisoformat(text)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError(text)
    except ValueError:
        raise InvalidInput(f"{field} must be a day like 2026-11-21.", field=field) from None
    return day


@dataclass(frozen=True)
class _Registered:
    customer_type: str
    site: str


def _registry() -> tuple[str, dict[str, _Registered]]:
    """Meters with a type, of the large registry or, when that is empty, the small one; and its table."""
    model = LegacyMeter if LegacyMeter._default_manager.exists() else Meter
    found: dict[str, _Registered] = {}
    rows = model._default_manager.order_by("meter_id", "account")
    for text, kind, community in rows.values_list("meter_id", "customer_type", "community"):
        key = meter_key(text)
        if clean(kind) and key:
            found[key] = _Registered(clean(kind).upper(), clean(community).upper())
    return model._meta.db_table, found


class MeterExport:
    """One export; reading it through costs memory for the meters and one piece only.

    The site of a reading is that of its meter in the registry, for the filter and for the answer (D-48). The last day
    is included (D-46). Rows come in the order of the table.
    """

    def __init__(self, wanted: ExportFilter) -> None:
        self.wanted = wanted
        self.table, registry = _registry()
        self.known = set(registry)
        self.chosen = {
            key: meter
            for key, meter in registry.items()
            if wanted.customer_type in ("", meter.customer_type) and wanted.site in ("", meter.site)
        }
        meters = self._rows().exclude(meter_id=None).values_list("meter_id", "community")
        self.counts = list(meters.annotate(n=Count("meter_id")))

    def json(self) -> Iterator[str]:
        """The answer of the contract, in pieces."""
        types: Counter[str] = Counter()
        sites: Counter[str] = Counter()
        yield '{"readings": ['
        piece: list[str] = []
        separator = ""
        for reading in self._readings():
            types[reading["customer_type"]] += 1
            sites[reading["site"]] += 1
            piece.append(json.dumps(reading))
            if len(piece) == READINGS_AT_A_TIME:
                yield separator + ",".join(piece)
                piece, separator = [], ","
        if piece:
            yield separator + ",".join(piece)
        yield f'], "meta": {json.dumps(self._meta(types, sites))}}}'

    def _rows(self) -> QuerySet[Reading]:
        rows = Reading._default_manager.filter(power_kw__isnull=False).order_by()
        if self.wanted.start:
            rows = rows.filter(at__gte=_midnight(self.wanted.start))
        if self.wanted.end:
            rows = rows.filter(at__lt=_midnight(self.wanted.end + timedelta(days=1)))
        return rows

    def _readings(self) -> Iterator[dict[str, Any]]:
        rows = self._rows()
        spellings = {text for text, _, _ in self.counts if meter_key(text) in self.chosen}
        if len(spellings) <= MOST_PARAMETERS and (self.wanted.site or self.wanted.customer_type):
            rows = rows.filter(meter_id__in=sorted(spellings))
        columns = rows.values_list("meter_id", LocalStamp("at"), "power_kw")
        for text, stamp, power in columns.iterator(chunk_size=READINGS_AT_A_TIME):
            meter = self.chosen.get(meter_key(text))
            if meter:
                yield {
                    "timestamp": stamp or "",
                    "kw": round(power, 4),
                    "customer_type": meter.customer_type,
                    "site": meter.site,
                    "meterid": clean(text),
                }

    def _meta(self, types: Counter[str], sites: Counter[str]) -> dict[str, Any]:
        return {
            "total_readings": types.total(),
            "skipped_no_type": self._skipped(),
            "meter_source": self.table,
            "customer_types": types,
            "sites": sites,
            "filters": self.wanted.given,
        }

    def _skipped(self) -> int:
        """Readings of the period, and the site when one is asked for, whose meter has no type in the registry."""
        return sum(
            n
            for text, community, n in self.counts
            if meter_key(text) not in self.known and self.wanted.site in ("", clean(community).upper())
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, meter_zone())
