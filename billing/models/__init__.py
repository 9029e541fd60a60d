"""The ledger of the ACDB, and the payments that are ours."""

from billing.models.ledger import HistoryRow, LegacyTransaction, Transaction
from billing.models.payments import (
    FormUse,
    LedgerTurn,
    Notification,
    NotificationState,
    Payment,
    PaymentEvent,
    PaymentKind,
    PaymentState,
    Queue,
    Source,
)

__all__ = [
    "FormUse",
    "HistoryRow",
    "LedgerTurn",
    "LegacyTransaction",
    "Notification",
    "NotificationState",
    "Payment",
    "PaymentEvent",
    "PaymentKind",
    "PaymentState",
    "Queue",
    "Source",
    "Transaction",
]
