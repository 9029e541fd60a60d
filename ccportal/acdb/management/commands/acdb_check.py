"""``manage.py acdb_check``: are the tables there that the portal needs?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.utils import Error as DatabaseError

from ccportal.acdb.comparison import differences


class Command(BaseCommand):
    help = (
        "Compare the tables of the customer database with what the portal expects and name every difference. "
        "Leaves with status 1 when a table or column is missing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = differences()
        except DatabaseError as error:
            raise CommandError("The customer database does not answer; check ACDB_URL and its server.") from error
        for difference in found:
            style = self.style.ERROR if difference.missing else self.style.WARNING
            self.stdout.write(style(f"{difference.table}: {difference.text}"))
        missing = sum(difference.missing for difference in found)
        if missing:
            raise CommandError(f"{missing} tables or columns that the portal needs are missing.")
        self.stdout.write(self.style.SUCCESS("Everything that the portal needs is there."))
