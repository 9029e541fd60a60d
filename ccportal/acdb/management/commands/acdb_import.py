"""``manage.py acdb_import FILE``: replace the customer database by an Access file."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from ccportal.acdb.importer.report import ImportReport
from ccportal.acdb.importer.service import run_import, shown_name
from ccportal.acdb.models import AcdbImport
from ccportal.core.errors import PortalError

_REDRAW_SECONDS = 0.2
_LINE_SECONDS = 10.0
_BAR = 24


class Command(BaseCommand):
    help = (
        "Replace the tables of the customer database by those of an Access file (.accdb, .mdb) or a SQLite file, "
        "all or nothing. Safe to repeat; on any fault the data that was there stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="The file; it is copied first and never changed.")
        parser.add_argument("--by", default="", metavar="EMPLOYEE", help="Employee number to record as the actor.")
        parser.add_argument("--quiet", action="store_true", help="Print faults only.")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        record = AcdbImport.objects.create(file_name=shown_name(path.name), requested_by=options["by"][:20])
        progress = Silence() if options["quiet"] else Printed(self.stdout)
        try:
            run_import(record, path, progress)
        except PortalError as error:
            raise CommandError(error.message) from error
        finally:
            progress.close()
        if not options["quiet"] and record.findings:
            self._print(record, record.findings)

    def _print(self, record: AcdbImport, report: ImportReport) -> None:
        width = max(len(table.name) for table in report.tables)
        for table in report.tables:
            known = "" if table.known else "  (not used by the portal)"
            self.stdout.write(f"{table.name:<{width}}  {table.rows:>12,} rows{known}")
            for finding in table.findings:
                self.stdout.write(f"    {finding.sentence} (e.g. {', '.join(finding.examples)})")
        for name in report.missing_optional:
            self.stdout.write(f"not in the file: {name} (optional)")
        for name in report.linked_tables:
            self.stdout.write(f"linked only, kept in another file: {name}")
        for name in report.removed_tables:
            self.stdout.write(f"removed, no longer in the file: {name}")
        for warning in report.warnings:
            self.stdout.write(self.style.WARNING(f"warning: {warning}"))
        self.stdout.write(
            self.style.SUCCESS(
                f"Imported {report.rows:,} rows of {len(report.tables)} tables from {record.file_name} "
                f"in {report.seconds} s."
            )
        )


class Silence:
    """Progress that nobody wants to see."""

    def step(self, text: str, total: int = 0) -> None: ...

    def advance(self, done: int) -> None: ...

    def close(self) -> None: ...


class Printed:
    """A bar that is redrawn on a terminal; elsewhere a line for each step, and one now and then in a long one."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._drawn = out.isatty()
        self._text, self._total, self._at = "", 0, 0.0

    def step(self, text: str, total: int = 0) -> None:
        self._text, self._total, self._at = text, total, time.monotonic()
        self._write(0)

    def advance(self, done: int) -> None:
        pause = _REDRAW_SECONDS if self._drawn else _LINE_SECONDS
        if time.monotonic() - self._at >= pause:
            self._at = time.monotonic()
            self._write(done)

    def close(self) -> None:
        if self._drawn:
            self._out.write("\r\x1b[K", ending="")
            self._out.flush()

    def _write(self, done: int) -> None:
        if not self._drawn:
            share = f": {done:,} of {self._total:,}" if done and self._total else ""
            self._out.write(f"{self._text}{share}")
            return
        filled = min(_BAR * done // self._total, _BAR) if self._total else 0
        bar = f" [{'#' * filled}{'.' * (_BAR - filled)}] {done:,}" if self._total else ""
        self._out.write(f"\r\x1b[K{self._text}{bar}", ending="")
        self._out.flush()
