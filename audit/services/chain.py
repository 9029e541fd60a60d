"""The hash chain over the log: appending to it and checking it (docs/decisions/0009).

Each entry gets a link when it is written and one when it is settled; a link holds the digest of what the entry said
and of the link before it. Whoever changes, removes, inserts or reorders entries afterwards breaks the chain there;
whoever cuts its end off is found out by an anchor: a number and digest that were noted elsewhere.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit.calculations import GENESIS, content_digest, link_digest
from audit.models import AuditLink, LinkKind, Mutation, MutationState

logger = logging.getLogger(__name__)
#: Writers seal within milliseconds; what is older was left by one that stopped.
LATE_AFTER = timedelta(minutes=2)
#: An entry that claims to be older and was never sealed is not sealed any more: the check reports it.
LATE_UNTIL = timedelta(days=7)


def append(entries: Sequence[int], kind: str) -> None:
    """Vouch for entries (by number) as they are in the database now.

    The chain's first link is the lock: writers queue for it, so that the chain cannot fork. Call it as the last thing
    in a short transaction, because it is held until the commit, and nothing may be waited for meanwhile.
    """
    with transaction.atomic():
        _begin()
        AuditLink.objects.select_for_update().get(number=0)
        last = AuditLink.objects.order_by("-number").only("number", "digest")[0]
        number, digest = last.number, last.digest
        links = []
        for entry in Mutation.objects.filter(pk__in=entries).order_by("pk"):
            number += 1
            content = content_digest(entry, settled=kind != LinkKind.MADE)
            digest = link_digest(digest, number, entry.pk, kind, content)
            links.append(AuditLink(number=number, mutation=entry, kind=kind, content=content, digest=digest))
        AuditLink.objects.bulk_create(links)


def append_after_commit(entry: Mutation) -> None:
    """Vouch for an entry of our own database once its transaction is committed.

    Not inside it: it may be long, and hold locks that the next in the queue has. Should the process die in between,
    the schedule seals the entry and says so.
    """
    transaction.on_commit(lambda: append([entry.pk], LinkKind.SETTLED), robust=True)


def seal_late() -> int:
    """Seal what writers that stopped have left unsealed; the number of entries. The links say that it was late."""
    now = timezone.now()
    recent = Mutation.objects.filter(at__gt=now - LATE_UNTIL, at__lt=now - LATE_AFTER)
    unsealed = recent.filter(links=None).exclude(state=MutationState.PENDING)
    numbers = list(unsealed.order_by("at", "pk").values_list("pk", flat=True)[:1000])
    if numbers:
        append(numbers, LinkKind.LATE)
        logger.warning("sealed %s entries of the log that their writers had left: first %s", len(numbers), numbers[0])
    return len(numbers)


def _begin() -> None:
    """The link before the first; the migration makes it."""
    if not AuditLink.objects.filter(number=0).exists():
        AuditLink.objects.bulk_create(
            [AuditLink(number=0, kind=LinkKind.MADE, content=GENESIS, digest=GENESIS)], ignore_conflicts=True
        )
