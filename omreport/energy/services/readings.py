"""Storing readings, all of a batch or none; correcting and deleting single ones, which is logged.

``examine`` says what storing would do and changes nothing; ``store`` does it. Whoever writes holds the rows of
``EnergyStream`` of what it writes, so that two loggers that send the same interval at once are told the same.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.actors import Actor
from audit.services import record_change
from ccportal.core.errors import InvalidInput, NotFound, PortalError
from ccportal.core.periods import meter_zone
from omreport.energy.models import CounterReading, EnergyReading, EnergyStream, EnergyUpload
from omreport.energy.parsing import Entry, Fault
from omreport.energy.services import days

Stored = EnergyReading | CounterReading
#: What holds a batch of readings: the site, channel and source they share.
Group = tuple[str, str, str]
PERMISSION = "enter_generation"
_PER_INSERT = 500


class Refused(PortalError):
    """A batch that was not stored; ``faults`` says why, reading by reading."""

    status = 422
    title = "Nothing was stored"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.place)
        conflicts = any(fault.conflict for fault in faults)
        if conflicts and all(fault.conflict for fault in faults):
            self.status = 409
        number = len(self.faults)
        what = "1 reading does not fit" if number == 1 else f"{number} readings do not fit"
        super().__init__(f"Nothing was stored: {what}. {self.faults[0].message}")


@dataclass
class Plan:
    """What storing a batch would do."""

    new: list[Entry] = field(default_factory=list)
    already: int = 0
    corrections: list[tuple[Stored, Entry]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """How many readings were added, were there already with the same value, and were corrected."""

    added: int
    already: int
    corrected: int


def examine(entries: Sequence[Entry], *, correct: bool = False) -> Plan:
    """What storing the entries would do now; ``correct`` lets them replace stored values that differ."""
    plan = Plan()
    groups: dict[Group, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.site, entry.channel, entry.source].append(entry)
    for group, batch in groups.items():
        if len({entry.is_counter for entry in batch}) > 1 or _other_kind(group, counter=batch[0].is_counter):
            plan.faults += [_mixed(entry) for entry in batch]
        elif batch[0].is_counter:
            _plan_counters(plan, group, batch, correct=correct)
        else:
            _plan_intervals(plan, group, batch, correct=correct)
    return plan


def store(
    entries: Sequence[Entry],
    actor: Actor,
    *,
    upload: EnergyUpload | None = None,
    correct: bool = False,
    reason: str = "",
) -> Outcome:
    """Store all entries or none; ``Refused`` with every fault.

    ``NotAllowed`` without the permission; a correction needs a ``reason``.
    """
    actor.require(PERMISSION)
    if correct and not reason.strip():
        raise InvalidInput("Say why stored readings are corrected.", field="reason")
    with transaction.atomic():
        streams = _lock({entry.stream for entry in entries})
        plan = examine(entries, correct=correct)
        if plan.faults:
            raise Refused(plan.faults)
        _insert(plan.new, actor, upload)
        for stored, entry in plan.corrections:
            _change(stored, {"value" if entry.is_counter else "kwh": entry.value}, actor, reason)
        changed = [*plan.new, *(entry for _, entry in plan.corrections)]
        _rebuild(streams, changed)
    return Outcome(len(plan.new), plan.already, len(plan.corrections))


def correct_reading(kind: type[Stored], pk: int, values: dict[str, Any], actor: Actor, reason: str) -> Stored:
    """Change times or value of one stored reading; ``values`` by field. The same rules as for a new one hold."""
    actor.require(PERMISSION)
    with transaction.atomic():
        stored = _locked(kind, pk)
        before = _span(stored)
        entry = _entry_of(stored, values)
        others = examine_one(entry, without=stored)
        if others:
            raise Refused(others)
        _change(stored, values, actor, reason)
        after = _span(stored)
        days.rebuild(_stream(stored), min(before[0], after[0]), max(before[1], after[1]))
    return stored


def delete_reading(kind: type[Stored], pk: int, actor: Actor, reason: str) -> None:
    """Delete one stored reading for a reason."""
    actor.require(PERMISSION)
    with transaction.atomic():
        stored = _locked(kind, pk)
        span = _span(stored)
        record_change(
            actor, "energy.reading.deleted", kind._meta.db_table, str(pk), logged(stored), None, reason=reason
        )
        stored.delete()
        days.rebuild(_stream(stored), *span)


# ---------------------------------------------------------------- planning


def _other_kind(group: Group, *, counter: bool) -> bool:
    """Whether the source already has readings of the other kind for this channel: both would count twice."""
    other: type[Stored] = EnergyReading if counter else CounterReading
    site, channel, source = group
    return other.objects.filter(site=site, channel=channel, source=source).exists()


def _mixed(entry: Entry) -> Fault:
    return Fault(
        entry.place,
        "source",
        f"{entry.source} gives both counter values and intervals for {entry.channel} at {entry.site}; they would count "
        "twice. Name another source for one of them.",
        conflict=True,
    )


def _plan_counters(plan: Plan, group: Group, batch: list[Entry], *, correct: bool) -> None:
    site, channel, source = group
    known = CounterReading.objects.filter(site=site, channel=channel, source=source)
    known = known.filter(at__range=(min(e.start for e in batch), max(e.start for e in batch)))
    stored = {row.at: row for row in known}
    seen: dict[datetime, Entry] = {}
    for entry in batch:
        earlier = seen.setdefault(entry.start, entry)
        if earlier is not entry:
            _twice(plan, entry, earlier)
        elif entry.start in stored:
            _against(plan, entry, stored[entry.start], stored[entry.start].value, correct=correct)
        else:
            plan.new.append(entry)


def _plan_intervals(plan: Plan, group: Group, batch: list[Entry], *, correct: bool) -> None:
    site, channel, source = group
    known = EnergyReading.objects.filter(site=site, channel=channel, source=source)
    stored = list(
        known.filter(starts_at__lt=max(map(_end, batch)), ends_at__gt=min(e.start for e in batch)).order_by("starts_at")
    )
    starts = [row.starts_at for row in stored]
    latest: Entry | None = None
    for entry in sorted(batch, key=lambda entry: (entry.start, entry.place)):
        if latest and (entry.start, entry.end) == (latest.start, latest.end):
            _twice(plan, entry, latest)
            continue
        if latest and entry.start < _end(latest):
            plan.faults.append(_overlap(entry, f"the interval of {_where(latest)}", latest.start, _end(latest)))
            continue
        latest = entry
        _place(plan, entry, stored, starts, correct=correct)


def _place(plan: Plan, entry: Entry, stored: list[EnergyReading], starts: list[datetime], *, correct: bool) -> None:
    """Compare an interval with the stored ones, which do not overlap each other."""
    index = bisect_left(starts, entry.start)
    near = stored[max(index - 1, 0) : index + 1]
    for row in near:
        if (row.starts_at, row.ends_at) == (entry.start, entry.end):
            _against(plan, entry, row, row.kwh, correct=correct)
            return
    for row in near:
        if row.starts_at < _end(entry) and entry.start < row.ends_at:
            plan.faults.append(_overlap(entry, "a stored interval", row.starts_at, row.ends_at, conflict=True))
            return
    plan.new.append(entry)


def _against(plan: Plan, entry: Entry, stored: Stored, value: Decimal, *, correct: bool) -> None:
    if value == entry.value:
        plan.already += 1
    elif correct:
        plan.corrections.append((stored, entry))
    else:
        message = (
            f"{entry.site} {entry.channel} of {entry.source} at {_local(entry.start)} is stored with {value:,.4f} kWh, "
            f"not {entry.value:,.4f}. If the new value is right, correct the stored one and say why."
        )
        plan.faults.append(Fault(entry.place, "value" if entry.is_counter else "kwh", message, conflict=True))


def _twice(plan: Plan, entry: Entry, earlier: Entry) -> None:
    if entry.value == earlier.value:
        plan.already += 1
    else:
        message = f"The same time stands in {_where(earlier)} with {earlier.value:,.4f} kWh; keep one of them."
        plan.faults.append(Fault(entry.place, "value" if entry.is_counter else "kwh", message))


def _overlap(entry: Entry, what: str, start: datetime, end: datetime, *, conflict: bool = False) -> Fault:
    message = (
        f"{_local(entry.start)} to {_local(_end(entry))} overlaps {what}, {_local(start)} to {_local(end)}, of the "
        "same site, channel and source; change the times, or name another source."
    )
    return Fault(entry.place, "start", message, conflict)


def _where(entry: Entry) -> str:
    return f"row {entry.place}"


def _end(entry: Entry) -> datetime:
    return entry.end or entry.start


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(meter_zone()):%-d %b %Y, %H:%M}"


# ---------------------------------------------------------------- writing


def _lock(wanted: Iterable[tuple[str, str]]) -> list[EnergyStream]:
    """The streams, locked until the transaction ends; always in the same order, so that nobody waits in a circle."""
    ordered = sorted(wanted)
    EnergyStream.objects.bulk_create(
        [EnergyStream(site=site, channel=channel) for site, channel in ordered], ignore_conflicts=True
    )
    rows = EnergyStream.objects.select_for_update().filter(
        site__in={site for site, _ in ordered}, channel__in={channel for _, channel in ordered}
    )
    return [row for row in rows.order_by("site", "channel") if (row.site, row.channel) in set(ordered)]


def _insert(entries: Sequence[Entry], actor: Actor, upload: EnergyUpload | None) -> None:
    shared = {"entered_by": actor.id[:40], "upload": upload}
    EnergyReading.objects.bulk_create(
        [
            EnergyReading(
                site=e.site,
                channel=e.channel,
                source=e.source,
                starts_at=e.start,
                ends_at=_end(e),
                kwh=e.value,
                **shared,
            )
            for e in entries
            if not e.is_counter
        ],
        batch_size=_PER_INSERT,
    )
    CounterReading.objects.bulk_create(
        [
            CounterReading(site=e.site, channel=e.channel, source=e.source, at=e.start, value=e.value, **shared)
            for e in entries
            if e.is_counter
        ],
        batch_size=_PER_INSERT,
    )


def _change(stored: Stored, values: dict[str, Any], actor: Actor, reason: str) -> None:
    old = logged(stored)
    for name, value in values.items():
        setattr(stored, name, value)
    stored.entered_by = actor.id[:40]
    stored.save()
    table, key = stored._meta.db_table, str(stored.pk)
    record_change(actor, "energy.reading.corrected", table, key, old, logged(stored), reason=reason)


def _rebuild(streams: Sequence[EnergyStream], changed: Sequence[Entry]) -> None:
    spans: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for entry in changed:
        start, end = spans.get(entry.stream, (entry.start, _end(entry)))
        spans[entry.stream] = min(start, entry.start), max(end, _end(entry))
    for stream in streams:
        key = stream.site, stream.channel
        if key in spans:
            days.rebuild(stream, *spans[key])


# ---------------------------------------------------------------- single readings


def logged(stored: Stored) -> dict[str, Any]:
    """A reading as the log keeps it."""
    names = ("starts_at", "ends_at", "kwh") if isinstance(stored, EnergyReading) else ("at", "value")
    values = {name: getattr(stored, name) for name in ("site", "channel", "source", *names)}
    return {name: value.isoformat() if isinstance(value, datetime) else str(value) for name, value in values.items()}


def examine_one(entry: Entry, without: Stored | None = None) -> list[Fault]:
    """Why a reading would not fit beside the stored ones, leaving one of them out."""
    kind: type[Stored] = CounterReading if entry.is_counter else EnergyReading
    near: Any = kind.objects.filter(site=entry.site, channel=entry.channel, source=entry.source)
    if without is not None:
        near = near.exclude(pk=without.pk)
    if entry.is_counter:
        taken = near.filter(at=entry.start).exists()
        message = f"There is another value of this counter at {_local(entry.start)}; correct or delete that one."
        return [Fault(entry.place, "at", message, conflict=True)] if taken else []
    row = near.filter(starts_at__lt=entry.end, ends_at__gt=entry.start).first()
    return [_overlap(entry, "a stored interval", row.starts_at, row.ends_at, conflict=True)] if row else []


def _locked(kind: type[Stored], pk: int) -> Stored:
    """A stored reading with its stream locked; ``NotFound`` when it is gone."""
    stored = kind.objects.filter(pk=pk).first()
    if stored is None:
        raise NotFound("This reading is not there any more.")
    _lock({(stored.site, stored.channel)})
    again = kind.objects.filter(pk=pk).first()
    if again is None:
        raise NotFound("This reading is not there any more.")
    return again


def _stream(stored: Stored) -> EnergyStream:
    return EnergyStream.objects.get(site=stored.site, channel=stored.channel)


def _span(stored: Stored) -> tuple[datetime, datetime]:
    if isinstance(stored, EnergyReading):
        return stored.starts_at, stored.ends_at
    return stored.at, stored.at


def _entry_of(stored: Stored, values: dict[str, Any]) -> Entry:
    """A stored reading with other values, as if it were given anew."""
    counter = isinstance(stored, CounterReading)
    start = values.get("at" if counter else "starts_at", _span(stored)[0])
    end = None if counter else values.get("ends_at", _span(stored)[1])
    value = values.get("value" if counter else "kwh", Decimal(0))
    return Entry(1, stored.site, stored.channel, stored.source, start, end, value)
