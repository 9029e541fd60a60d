"""``manage.py rollups refresh | rebuild | check``"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.utils import Error as DatabaseError

from ccportal.core.errors import PortalError
from omreport.models import RollupState
from omreport.services import rollups
from omreport.services.check import differences

MOST_SHOWN = 50


class Command(BaseCommand):
    help = "Bring the rollups of the reports up to date, build them anew, or prove them equal to the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = parser.add_subparsers(dest="action", required=True)
        refresh = kinds.add_parser("refresh", help="compare every month and add up again what changed")
        refresh.add_argument("--quick", action="store_true", help="only new rows and what the portal changed")
        kinds.add_parser("rebuild", help="add up everything again")
        kinds.add_parser("check", help="compare with a direct computation; status 1 and a list when they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "check":
                self._check()
            elif options["action"] == "rebuild":
                self._say(rollups.rebuild(self._step))
            else:
                self._say(rollups.refresh(self._step, thorough=not options["quick"]))
        except PortalError as error:
            raise CommandError(error.message) from error
        except DatabaseError as error:
            rollups.record_failure()
            raise CommandError(f"{rollups.UNREADABLE} ({type(error).__name__})") from error

    def _step(self, text: str) -> None:
        self.stdout.write(f"  {text}")

    def _say(self, state: RollupState) -> None:
        self.stdout.write(
            f"{state.source_rows:,} rows of {state.source_table} as of {state.refreshed_at:%d %b %Y %H:%M} UTC"
        )

    def _check(self) -> None:
        found = differences()
        for line in found[:MOST_SHOWN]:
            self.stderr.write(line)
        if found:
            raise CommandError(f"{len(found)} figures differ; run: manage.py rollups rebuild")
        self.stdout.write("Every figure equals the customer database.")
