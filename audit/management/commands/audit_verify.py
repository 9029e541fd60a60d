"""``manage.py audit_verify``: has anybody tampered with the log of changes?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.services import verifying
from ccportal.core.errors import InvalidInput


class Command(BaseCommand):
    help = "Check the hash chain over the log of changes; prints an anchor to be noted elsewhere. Status 1: broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor", action="append", default=[], metavar="NUMBER:DIGEST", help="What an earlier run printed."
        )
        parser.add_argument(
            "--restored",
            action="store_true",
            help="The log was restored from a backup: set the anchors noted on this machine aside.",
        )

    def handle(self, *args: Any, anchor: list[str], restored: bool, **options: Any) -> None:
        try:
            given = [verifying.Anchor.parse(text) for text in anchor]
        except InvalidInput as error:
            raise CommandError(error.message) from None
        if restored:
            verifying.forget_anchors()
        found = verifying.verify(verifying.noted_anchors() + given)
        if found.late:
            self.stdout.write(
                f"{len(found.late)} entries were sealed late, for writers that stopped; the first is {found.late[0]}"
            )
        if found.unsealed:
            self.stdout.write(f"{found.unsealed} entries of the last two minutes are not sealed yet")
        for fault in found.faults[1:20]:
            self.stderr.write(fault)
        if found.faults:
            raise CommandError(f"BROKEN, first here: {found.faults[0]} ({len(found.faults)} in all)")
        verifying.note(found.head)
        self.stdout.write(f"unchanged: {found.entries} entries, {found.head.number} links")
        self.stdout.write(f"anchor {found.head}")
