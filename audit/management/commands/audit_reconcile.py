"""``manage.py audit_reconcile``: settle log entries whose writer stopped in the middle."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.services import reconcile
from audit.services.reconciling import MIN_AGE


class Command(BaseCommand):
    help = "Settle pending entries of the log of changes by looking at the customer database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--now", action="store_true", help="Also entries of the last two minutes; only while nobody is writing."
        )

    def handle(self, *args: Any, now: bool, **options: Any) -> None:
        outcome = reconcile(timedelta(0) if now else MIN_AGE)
        self.stdout.write(
            f"{outcome['applied']} had been made, {outcome['failed']} had not, {outcome['pending']} still pending"
        )
