"""How an entry of the log leaves the state pending."""

import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.models import LinkKind, Mutation, MutationState
from audit.services import chain
from audit.signals import acdb_changed

logger = logging.getLogger(__name__)


def applied(entry: Mutation, **fields: Any) -> None:
    """Record that a change is in the ACDB, and tell the other apps in the same transaction.

    An entry that the reconciler gave up a moment too early is corrected: the writer knows better.
    """
    fields["record_id"] = str(fields.get("record_id", entry.record_id))[:80]
    for name, value in {**fields, "state": MutationState.APPLIED, "settled_at": timezone.now(), "error": ""}.items():
        setattr(entry, name, value)
    names = [*fields, "state", "settled_at", "error"]
    try:
        with transaction.atomic():
            entry.save(update_fields=names)
            acdb_changed.send(sender=Mutation, mutation=entry)
            chain.append([entry.pk], LinkKind.SETTLED)
    except Exception:
        # What depends on the change must not hide that it was made; rollups and directory refresh themselves later.
        logger.exception("a listener failed on entry %s", entry.pk)
        with transaction.atomic():
            entry.save(update_fields=names)
            chain.append([entry.pk], LinkKind.SETTLED)


def failed(entries: Iterable[Mutation], error: str) -> None:
    """Record that changes are not in the ACDB."""
    settled = []
    with transaction.atomic():
        for entry in entries:
            entry.state, entry.error, entry.settled_at = MutationState.FAILED, error[:300], timezone.now()
            pending = Mutation.objects.filter(pk=entry.pk, state=MutationState.PENDING)
            if pending.update(state=entry.state, error=entry.error, settled_at=entry.settled_at):
                settled.append(entry.pk)
        chain.append(settled, LinkKind.SETTLED)
