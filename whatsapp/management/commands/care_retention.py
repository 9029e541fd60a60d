"""``manage.py care_retention [--dry-run]``"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from whatsapp.services import retention


class Command(BaseCommand):
    help = (
        "Delete files and words of WhatsApp messages that are older than WHATSAPP_KEEP_FILES_DAYS and "
        "WHATSAPP_KEEP_TEXTS_DAYS, as every night. Tickets keep their own words."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        found = retention.due() if dry_run else retention.run()
        verb = "would be deleted" if dry_run else "deleted"
        self.stdout.write(f"{found.files} files and the words of {found.texts} messages {verb}.")
