"""Setting, scheduling, cancelling and removing rates.

Every decision is taken on a state that somebody saw; when the state has moved on, the decision is refused and the
person is told (``Conflict``). Two decisions at the same instant want the same number in the history, and the database
gives it to one of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.actors import Actor
from ccportal.acdb import gateway
from ccportal.core.errors import Conflict, InvalidInput, NotFound, PortalError
from ccportal.core.periods import meter_zone
from tariffs.models import ChangeKind, Scope, TariffChange, TariffOverride
from tariffs.parsing import check_moment, parse_rate
from tariffs.queries.rates import live
from tariffs.queries.standing import Standing, standing
from tariffs.services import applying, journal

PERMISSION = "change_tariffs"
_TRIES = 4
Result = TypeVar("Result")


class NothingToChange(InvalidInput):
    """The rate is already what it shall become."""

    title = "Nothing to change"


@dataclass(frozen=True)
class RateChange:
    """What shall be: ``key`` is a site code, a customer number or empty; ``effective_from`` None is now."""

    scope: str
    key: str
    rate: Decimal
    effective_from: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What was written down; ``previous`` is the level's own rate that held before, None when it had none."""

    change: TariffChange
    previous: Decimal | None

    @property
    def scheduled(self) -> bool:
        return self.change.kind == ChangeKind.SCHEDULED


def set_rate(actor: Actor, wanted: RateChange, *, seen: str | None = None) -> Outcome:
    """Set a rate now or schedule it; the rate in force stays until then.

    ``seen`` is ``Standing.seen`` of the state the decision was based on; without it any state will do.
    Faults: ``NotAllowed`` (also while the ACDB is read-only and everybody's rate shall change now), ``InvalidInput``,
    ``NothingToChange``, ``Conflict``, ``AcdbUnavailable``. Not inside a transaction.
    """
    actor.require(PERMISSION)
    wanted = _checked(wanted)
    if wanted.scope == Scope.GLOBAL and wanted.effective_from is None:
        gateway.refuse_if_read_only()
    outcome = _one_at_a_time(lambda: _write_down(actor, wanted, seen), again=seen is None)
    row = outcome.change.override
    if row is not None and row.scope == Scope.GLOBAL and not outcome.scheduled:
        _apply_now(actor, row)
    return outcome


def schedule_all(actor: Actor, wanted: Iterable[RateChange]) -> list[Outcome]:
    """Schedule several rates together: all or none. Each needs a moment to come."""
    actor.require(PERMISSION)
    checked = [_checked(one) for one in wanted]
    if any(one.effective_from is None for one in checked):
        raise InvalidInput("Choose a moment to come for rates that change together.", field="effective_from")
    return _one_at_a_time(lambda: [_write_down(actor, one, None) for one in checked], again=True)


def remove(actor: Actor, scope: str, key: str, *, reason: str = "", seen: str | None = None) -> Outcome:
    """End a site's or customer's own rate now, with what is scheduled for it; the next level decides again.

    ``NotFound`` without such a rate; other faults as for ``set_rate``.
    """
    actor.require(PERMISSION)
    if scope == Scope.GLOBAL:
        raise InvalidInput("The rate for everybody cannot be removed; set another one.")
    return _one_at_a_time(lambda: _end(actor, scope, key, reason, seen), again=seen is None)


def cancel(actor: Actor, pk: int, *, reason: str = "") -> TariffChange:
    """Call a scheduled rate off. ``Conflict`` when it has come into force or was cancelled meanwhile."""
    actor.require(PERMISSION)
    return _one_at_a_time(lambda: _call_off(actor, pk, reason), again=True)


# ---------------------------------------------------------------- one decision at a time


def _one_at_a_time(decide: Callable[[], Result], *, again: bool) -> Result:
    """Run a decision in a transaction; when somebody else's came first, decide anew or give up."""
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return decide()
        except IntegrityError as error:
            if not again or attempt == _TRIES - 1:
                raise Conflict("Somebody else changed this rate at the same moment. Look at it again.") from error
    raise AssertionError("unreachable")


def _checked(wanted: RateChange) -> RateChange:
    now = timezone.now()
    moment = check_moment(wanted.effective_from, now) if wanted.effective_from else None
    return RateChange(wanted.scope, wanted.key, parse_rate(wanted.rate), moment, wanted.reason.strip())


def _check_seen(state: Standing, seen: str | None) -> None:
    if seen is None or seen == state.seen:
        return
    name, last = journal.name_of(state.scope, state.key), state.latest
    if last is None or seen.partition(":")[0] == str(state.number):
        raise Conflict(f"{name.capitalize()} was changed outside the portal meanwhile. Look at it again, then decide.")
    when = f"{last.at.astimezone(meter_zone()):%-d %b %Y, %H:%M}"
    raise Conflict(
        f"{last.set_by_name or last.set_by} changed {name} meanwhile ({last.get_kind_display().lower()}, {when}). "
        "Look at it again, then decide."
    )


def _write_down(actor: Actor, wanted: RateChange, seen: str | None) -> Outcome:
    now = timezone.now()
    state = standing(wanted.scope, wanted.key, now)
    _check_seen(state, seen)
    _refuse_no_change(state, wanted)
    moment = wanted.effective_from or now
    kind = ChangeKind.SCHEDULED if wanted.effective_from else ChangeKind.SET
    row = TariffOverride.objects.create(
        scope=wanted.scope,
        scope_key=wanted.key,
        rate=wanted.rate,
        effective_from=moment,
        set_by=actor.id,
        set_by_name=actor.name,
        notes=wanted.reason,
        claimed_at=now if wanted.scope == Scope.GLOBAL and kind == ChangeKind.SET else None,
    )
    change = journal.entry(
        actor,
        kind,
        wanted.scope,
        wanted.key,
        after=state.number,
        rate=wanted.rate,
        previous_rate=state.rate,
        effective_from=moment,
        notes=wanted.reason,
        override=row,
    )
    if wanted.scope != Scope.GLOBAL or kind == ChangeKind.SCHEDULED:
        journal.log(actor, change)
    return Outcome(change, state.rate)


def _refuse_no_change(state: Standing, wanted: RateChange) -> None:
    moment = wanted.effective_from
    if moment is None:
        if state.rate == wanted.rate:
            raise NothingToChange(f"{journal.name_of(state.scope, state.key).capitalize()} is {wanted.rate} already.")
        return
    if any(row.effective_from == moment for row in state.scheduled):
        raise Conflict("A change of this rate is scheduled for that very moment. Cancel it first, or choose another.")
    if state.rate_at(moment) == wanted.rate:
        raise NothingToChange(f"By then {journal.name_of(state.scope, state.key)} is {wanted.rate} anyway.")


def _end(actor: Actor, scope: str, key: str, reason: str, seen: str | None) -> Outcome:
    now = timezone.now()
    state = standing(scope, key, now)
    rows = live().filter(scope=scope, scope_key=key)
    if state.running is None and not state.scheduled:
        raise NotFound(f"There is no such rate: {journal.name_of(scope, key)} was never set, or is removed.")
    _check_seen(state, seen)
    previous = state.rate if state.rate is not None else state.scheduled[0].rate
    rows.update(removed_at=now)
    change = journal.entry(
        actor, ChangeKind.REMOVED, scope, key, after=state.number, previous_rate=previous, effective_from=now,
        notes=reason or "Removed", override=state.running or state.scheduled[0],
    )  # fmt: skip
    journal.log(actor, change)
    return Outcome(change, previous)


def _call_off(actor: Actor, pk: int, reason: str) -> TariffChange:
    row = live().filter(pk=pk).first()
    if row is None:
        raise Conflict("This scheduled change has come into force or was cancelled meanwhile.")
    now = timezone.now()
    if row.effective_from <= now and (row.scope != Scope.GLOBAL or applying.written_by(row)):
        raise Conflict(f"It came into force on {row.effective_from.astimezone(meter_zone()):%-d %b %Y, %H:%M}.")
    # A worker claims by a conditional update as well, so that one of the two finds nothing.
    if not applying.unheld(now).filter(pk=pk).update(removed_at=now):
        raise Conflict("This scheduled change has come into force or was cancelled meanwhile.")
    change = journal.entry(
        actor, ChangeKind.CANCELLED, row.scope, row.scope_key, previous_rate=row.rate,
        effective_from=row.effective_from, notes=reason or "Cancelled", override=row,
    )  # fmt: skip
    journal.log(actor, change)
    return change


def _apply_now(actor: Actor, row: TariffOverride) -> None:
    """Write a rate for everybody to tblconfig; when that fails for certain, take the decision back."""
    try:
        applying.apply_due(before=row)
        applying.carry_out(actor, row)
    except PortalError as error:
        row.refresh_from_db()
        if row.applied_at is None and applying.written_by(row) is None:
            why = error.message
            _one_at_a_time(lambda: _withdraw(row, why), again=True)
        raise


def _withdraw(row: TariffOverride, why: str) -> None:
    if TariffOverride.objects.filter(pk=row.pk, removed_at=None, applied_at=None).update(removed_at=timezone.now()):
        actor = Actor.system()
        change = journal.entry(
            actor, ChangeKind.CANCELLED, row.scope, row.scope_key, previous_rate=row.rate,
            effective_from=row.effective_from, notes=f"Not applied: {why}"[:500], override=row,
        )  # fmt: skip
        journal.log(actor, change)
