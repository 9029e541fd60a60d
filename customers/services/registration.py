"""Turns a draft into a customer of the ACDB, once; and changes a customer's record."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from audit.actors import Actor
from audit.models import Mutation, MutationState
from audit.services import create_record, update_record
from ccportal.acdb import gateway
from ccportal.acdb.dates import local_text
from ccportal.acdb.introspection import get_table
from ccportal.core.errors import Conflict
from ccportal.core.periods import local_now
from customers.formats import id_key
from customers.lookalikes import Person, lookalikes, similar_names
from customers.models import Customer, CustomerDraft, DraftState
from customers.services.assignments import present

REGISTERED, CHANGED = "customers.customer.registered", "customers.customer.changed"
PERMISSION = "write_customers"
MIN_AGE = timedelta(minutes=2)
TABLE = Customer._meta.db_table


def register(
    actor: Actor, draft: CustomerDraft, values: Mapping[str, Any], person: Person, accepted: Collection[int]
) -> CustomerDraft:
    """Register the customer of a draft, or say that it was done already; the draft with the customer's number.

    ``values`` are columns of tblcustomer; ``accepted`` the similar customers of whom the actor said that they are
    somebody else, which the log records. ``Conflict`` when there are others by now, or the draft is being saved.
    """
    actor.require(PERMISSION)
    gateway.refuse_if_read_only()
    if not _claim(draft):
        return _done_or_busy(draft)
    try:
        _refuse_doubles(draft, person, accepted)
        table, now = get_table(TABLE), local_text(local_now())
        made = {"RECORD CREATE DATE": now, "RECORD CREATED BY": actor.name[:50]}
        create_record(
            actor,
            TABLE,
            {**values, **present(table, made)},
            event=REGISTERED,
            permission=PERMISSION,
            reason=_reason(draft, accepted),
        )
    finally:
        settle(draft)
    return draft


def change(
    actor: Actor, number: int, values: Mapping[str, Any], expected: Mapping[str, Any], reason: str = ""
) -> Mutation:
    """Write columns of a customer whose old values are ``expected``; ``Conflict`` when they have changed since."""
    return update_record(
        actor, TABLE, str(number), values, event=CHANGED, expected=expected, permission=PERMISSION, reason=reason
    )


def settle(draft: CustomerDraft) -> None:
    """Bring a draft that is being saved into the state that the log of changes says; pending ones stay."""
    entry = Mutation.objects.filter(
        pk__gt=draft.log_floor, event=REGISTERED, table_name=TABLE, reason__startswith=_mark(draft)
    ).first()
    if entry is not None and entry.state == MutationState.PENDING:
        return
    if entry is not None and entry.state == MutationState.APPLIED and entry.record_id.isdecimal():
        draft.state, draft.customer_number = DraftState.DONE, int(entry.record_id)
        draft.typed, draft.name = {}, ""
    else:
        draft.state = DraftState.OPEN
    draft.saving_at = None
    draft.save(update_fields=["state", "customer_number", "typed", "name", "saving_at", "updated_at"])


def tidy() -> None:
    """Settle drafts whose program died while saving."""
    for draft in CustomerDraft.objects.filter(state=DraftState.SAVING, saving_at__lt=timezone.now() - MIN_AGE):
        settle(draft)


def person_of(typed: Mapping[str, Mapping[str, str]]) -> Person:
    """Whom a draft is about, from the texts as typed."""
    personal, location = typed.get("personal", {}), typed.get("location", {})
    return Person(
        first_name=personal.get("first_name", ""),
        last_name=personal.get("last_name", ""),
        middle_name=personal.get("middle_name", ""),
        national_id=personal.get("id_number", ""),
        phones=[text for text in (personal.get("phone", ""), personal.get("phone_2", "")) if text],
        site=location.get("site", ""),
        plot=location.get("plot_number", ""),
    )


def _claim(draft: CustomerDraft) -> bool:
    """Whether this call may save the draft: the first one that asks."""
    tidy()
    floor = Mutation.objects.aggregate(newest=Max("pk"))["newest"] or 0
    claimed = CustomerDraft.objects.filter(pk=draft.pk, state=DraftState.OPEN).update(
        state=DraftState.SAVING, saving_at=timezone.now(), log_floor=floor
    )
    draft.refresh_from_db()
    return bool(claimed)


def _done_or_busy(draft: CustomerDraft) -> CustomerDraft:
    if draft.state == DraftState.DONE:
        return draft
    raise Conflict("This customer is being registered at this moment. Wait a minute, then look at your drafts.")


def _refuse_doubles(draft: CustomerDraft, person: Person, accepted: Collection[int]) -> None:
    if any(found.number not in accepted for found in lookalikes(person)):
        raise Conflict("Somebody like this customer was registered meanwhile. Look whether it is the same person.")
    for other in CustomerDraft.objects.filter(state=DraftState.SAVING).exclude(pk=draft.pk):
        if _same(person, person_of(other.typed)):
            raise Conflict("Somebody else registers a similar customer at this moment. Wait a minute, then save again.")


def _same(one: Person, other: Person) -> bool:
    names = [f"{person.first_name} {person.last_name}" for person in (one, other)]
    same_id = bool(id_key(one.national_id)) and id_key(one.national_id) == id_key(other.national_id)
    return same_id or (one.site == other.site and similar_names(*names))


def _mark(draft: CustomerDraft) -> str:
    return f"Form {draft.reference}."


def _reason(draft: CustomerDraft, accepted: Collection[int]) -> str:
    if not accepted:
        return f"{_mark(draft)} No similar customer was found."
    numbers = ", ".join(map(str, sorted(accepted)))
    return f"{_mark(draft)} Somebody else than the similar customers {numbers}, says who registered it."
