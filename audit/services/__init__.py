"""Writing to the ACDB and to the log: what other apps call."""

from audit.services.chain import seal_late
from audit.services.own import record_change
from audit.services.reconciling import reconcile
from audit.services.records import (
    Change,
    apply_changes,
    create_record,
    delete_record,
    permission_for,
    update_record,
)
from audit.services.reverts import Preview, preview, revert
from audit.services.verifying import check_and_note

__all__ = [
    "Change",
    "Preview",
    "apply_changes",
    "check_and_note",
    "create_record",
    "delete_record",
    "permission_for",
    "preview",
    "reconcile",
    "record_change",
    "revert",
    "seal_late",
    "update_record",
]
