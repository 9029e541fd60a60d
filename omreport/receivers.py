"""How the reports follow what changes in the customer database."""

from contextlib import suppress
from functools import partial
from typing import Any

from django.db import transaction

from audit.models import Mutation
from audit.signals import acdb_changed
from billing.models import LegacyTransaction, Transaction
from ccportal.acdb.signals import acdb_imported
from ccportal.core import broker
from ccportal.core.errors import Conflict
from ccportal.core.periods import Month
from omreport.models import RollupState
from omreport.services import rollups

LEDGERS = {Transaction._meta.db_table, LegacyTransaction._meta.db_table}
DATE = "transaction date"
REFRESH = "omreport.refresh_rollups"
#: So many times the schedule may get in before an import gives up.
OVERTAKEN = 3


def connect() -> None:
    """Start listening; called once, when Django is ready. The directory listens first: types come from it."""
    acdb_imported.connect(follow_import, dispatch_uid="omreport.follow_import")
    acdb_changed.connect(follow_change, dispatch_uid="omreport.follow_change")


def follow_import(sender: Any, progress: Any, **_: Any) -> None:
    """Compare every month with the new tables; IDs of the old ones mean nothing any more.

    A refresh of the schedule that ends meanwhile may have seen the old tables: then compare again.
    """
    for _again in range(OVERTAKEN):
        with suppress(Conflict):
            rollups.refresh(progress.step, thorough=True)
            return
    rollups.refresh(progress.step, thorough=True)


def follow_change(sender: Any, mutation: Mutation, **_: Any) -> None:
    """Mark the months that a change of the ledger touched, and have a worker bring the reports up to date at once."""
    if mutation.table_name not in LEDGERS:
        return
    if not _on_top(mutation):
        for month in {month_in(values) for values in (mutation.old_values, mutation.new_values) if values is not None}:
            rollups.mark_changed(month)
    transaction.on_commit(partial(broker.send, REFRESH, expires=60))


def _on_top(mutation: Mutation) -> bool:
    """True for a new row with the highest ID: a refresh finds it by that, and need not add up its month again."""
    state = RollupState.objects.filter(source_table=mutation.table_name).first()
    created = mutation.old_values is None and mutation.record_id.isdecimal()
    return bool(created and state and int(mutation.record_id) > state.source_max_id)


def month_in(values: dict[str, Any]) -> Month | None:
    """The month of a logged ledger row, None when it has no date.

    >>> str(month_in({"Transaction Date": "2026-03-31 23:45:00"}))
    '2026-03'
    """
    text = next((str(value or "") for name, value in values.items() if name.lower() == DATE), "")
    year, month = text[:4], text[5:7]
    return Month(int(year), int(month)) if year.isdecimal() and month.isdecimal() else None
