"""What payments do when the log of changes settles an entry of a ledger."""

from typing import Any

from audit.models import Mutation
from audit.signals import acdb_changed
from billing.models import LegacyTransaction, Transaction
from billing.services import posting

LEDGERS = frozenset({Transaction._meta.db_table, LegacyTransaction._meta.db_table})


def connect() -> None:
    """Start listening; called once, when Django is ready."""
    acdb_changed.connect(follow_ledger, dispatch_uid="billing.follow_ledger")


def follow_ledger(sender: Any, mutation: Mutation, **_: Any) -> None:
    """Mark the payment of a ledger row: posted, or not any more."""
    if mutation.table_name not in LEDGERS:
        return
    if mutation.event in posting.EVENTS:
        posting.settle(mutation)
    else:
        posting.follow_row(mutation)
