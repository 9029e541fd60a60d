"""One writer at a time for the ledger of an account, so that running balances and previews stay true.

    entry = in_turn("0045MAK", lambda keep: create_record(actor, table, values(), together_with=keep))

``keep`` takes the turn in the transaction that writes the log entry down. Whoever read the account before another
writer took the turn is refused there and begins anew; a turn whose entry is still pending is waited for.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import IntegrityError
from django.db.models import F

from audit.models import Mutation, MutationState
from billing.models import LedgerTurn
from ccportal.core.errors import Conflict

Keep = Callable[[Sequence[Mutation]], None]
WAIT_SECONDS = 3.0
PAUSE_SECONDS = 0.05
BUSY = (
    "Another change of this account is being written at this moment, or was cut off. "
    "Try again in a few minutes; the log of changes says what became of it."
)


class TurnLost(Exception):
    """Another writer was faster; what was read of the account is out of date."""


def in_turn(account: str, write: Callable[[Keep], Any]) -> Any:
    """What ``write`` gives; it is called again when another writer was faster. ``Conflict`` after three seconds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        number = _free(account)
        if number is not None:
            try:
                return write(_keeper(account, number))
            except TurnLost:
                pass
        if time.monotonic() > deadline:
            raise Conflict(BUSY)
        time.sleep(PAUSE_SECONDS)


def _free(account: str) -> int | None:
    """The number of the last change of the account; None while that change is being written."""
    turn = LedgerTurn.objects.filter(pk=account).select_related("mutation").first()
    if turn is None:
        return 0
    return None if turn.mutation is not None and turn.mutation.state == MutationState.PENDING else turn.number


def _keeper(account: str, number: int) -> Keep:
    def keep(entries: Sequence[Mutation]) -> None:
        if number == 0:
            try:
                LedgerTurn.objects.create(account=account, number=1, mutation=entries[0])
            except IntegrityError as error:
                raise TurnLost from error
            return
        turn = LedgerTurn.objects.filter(pk=account, number=number)
        if not turn.update(number=F("number") + 1, mutation=entries[0]):
            raise TurnLost

    return keep
