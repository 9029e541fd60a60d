"""Log entries for changes to our own database: same transaction, nothing to settle."""

from typing import Any

from django.utils import timezone

from audit.actors import Actor
from audit.models import Action, Mutation, MutationState
from audit.services.chain import append_after_commit
from ccportal.core import logs

Values = dict[str, Any]


def record_change(
    actor: Actor,
    event: str,
    table_name: str,
    record_id: str,
    old: Values | None,
    new: Values | None,
    *,
    action: str = "",
    reason: str = "",
    database: str = "default",
) -> Mutation:
    """Log a change to one of our own tables; call it in the transaction of the change.

    ``old`` and ``new`` are JSON values without secrets; None for what did not or does not exist. ``event`` is a
    dotted past-tense name, like ``tariffs.rate.changed``. ``database`` is ``acdb`` for what concerns the customer
    database as a whole; changes of its records go through ``create_record`` and its like.
    """
    if not action:
        action = Action.CREATE if old is None else Action.DELETE if new is None else Action.UPDATE
    entry = Mutation.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        event=event,
        database=database,
        table_name=table_name,
        record_id=record_id,
        old_values=old,
        new_values=new,
        reason=reason[:500],
        request_id=logs.request_id.get(),
        state=MutationState.APPLIED,
        settled_at=timezone.now(),
    )
    append_after_commit(entry)
    return entry
