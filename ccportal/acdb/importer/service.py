"""Runs an import: copy, check, read into staging, verify, swap, tell the apps."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import connections
from django.utils import timezone

from ccportal.acdb.importer.access import AccessReader
from ccportal.acdb.importer.convert import Converter
from ccportal.acdb.importer.copying import Copied, clean_left_overs, private_copy
from ccportal.acdb.importer.errors import BadFile, DiskFull, ImportImpossible, RepeatedKey
from ccportal.acdb.importer.expected import fitted, missing_optional, models_by_table, require_tables
from ccportal.acdb.importer.faults import is_database_fault, is_disk_full, is_repeated_key
from ccportal.acdb.importer.report import ImportReport, TableReport
from ccportal.acdb.importer.source import Progress, Reader, SourceTable
from ccportal.acdb.importer.sqlite import SqliteReader
from ccportal.acdb.importer.targets import STAGING, PostgresTarget, SqliteTarget, target_for
from ccportal.acdb.models import AcdbImport, ImportState
from ccportal.acdb.signals import acdb_imported
from ccportal.acdb.sql import acdb
from ccportal.core.errors import PortalError

logger = logging.getLogger(__name__)
Target = SqliteTarget | PostgresTarget
_READERS: dict[str, type[AccessReader] | type[SqliteReader]] = {"access": AccessReader, "sqlite": SqliteReader}
FAULT = "Something went wrong on our side; the log says what. The data that was there is unchanged."
STOPPED = "The import was stopped in the middle. The data that was there is unchanged."


@dataclass(frozen=True)
class _Plan:
    """One table: as it stands in the file, and as it will stand in the ACDB."""

    source: SourceTable
    stored: SourceTable
    staging: str
    report: TableReport
    empty_columns: int


def run_import(record: AcdbImport, path: Path, progress: Progress) -> AcdbImport:
    """Replace the tables of the ACDB by those of a file and record what was found.

    All or nothing: on any fault the tables stay as they were, the record says why, and the fault is raised (as a
    ``PortalError`` where it is one that people can mend). Receivers of ``acdb_imported`` run before this returns.
    """
    started = time.monotonic()
    try:
        _refuse_shared_database()
        target = target_for(acdb())
        with target.lock():
            _settle_stopped(record)
            _begin(record)
            report = _replace_tables(record, path, target, progress)
    except Exception as error:
        fault = _explained(error)
        _end(record, state=ImportState.FAILED, error=fault.message if isinstance(fault, PortalError) else FAULT)
        if fault is error:
            raise
        raise fault from error
    except BaseException:  # Ctrl-C, or the end of the worker
        _end(record, state=ImportState.FAILED, error=STOPPED)
        raise
    report.seconds = round(time.monotonic() - started, 1)
    _end(record, state=ImportState.DONE, rows=report.rows, report=report.to_json())
    _tell(record, report, progress)
    report.seconds = round(time.monotonic() - started, 1)
    _end(record, report=report.to_json())
    return record


def _replace_tables(record: AcdbImport, path: Path, target: Target, progress: Progress) -> ImportReport:
    clean_left_overs()
    target.clean()
    try:
        with private_copy(path, progress) as copied:
            _save(record, size=copied.size, sha256=copied.sha256)
            reader = _READERS[copied.kind](copied.path)
            report, plans = _plan(reader, copied, target, progress)
            for number, plan in enumerate(plans, 1):
                _stage(reader, target, plan, number, len(plans), progress)
        progress.step("Putting the new tables in place")
        report.removed_tables = _no_longer_there(target, plans)
        target.swap({plan.stored.name: plan.staging for plan in plans}, report.removed_tables)
    except BaseException:
        _drop_staging(target)
        raise
    _finish(target, report, progress)
    return report


def _plan(reader: Reader, copied: Copied, target: Target, progress: Progress) -> tuple[ImportReport, list[_Plan]]:
    progress.step("Looking at the tables of the file")
    tables = reader.tables()
    require_tables(tables)
    report = ImportReport(reader.format, warnings=list(copied.warnings))
    report.missing_optional = missing_optional(tables)
    report.linked_tables = reader.linked_tables()
    known = models_by_table()
    plans = []
    for number, table in enumerate(tables, 1):
        stored, added, said = fitted(table, folds_case=target.folds_case)
        target.check_names(stored)
        report.warnings += said
        described = TableReport(stored.name, table.name.casefold() in known, len(table.columns), table.rows)
        report.tables.append(described)
        complete = replace(stored, columns=(*stored.columns, *added))
        plans.append(_Plan(table, complete, f"{STAGING}{number}", described, len(added)))
    return report, plans


def _stage(reader: Reader, target: Target, plan: _Plan, number: int, of: int, progress: Progress) -> None:
    """Read one table into its staging table and count what arrived, on both sides."""
    report = plan.report
    progress.step(f"Reading {report.name} (table {number} of {of})", total=report.expected)
    target.create(plan.staging, plan.stored)
    converter = Converter(plan.source, reader.null, exact_decimals=target.exact_decimals)
    try:
        target.load(plan.staging, plan.stored, _rows(reader, converter, plan, progress))
    except Exception as error:
        if is_repeated_key(error):
            raise RepeatedKey(report.name) from error
        raise
    report.findings = converter.findings
    if report.rows < report.expected:
        raise BadFile(
            f"The table {report.name} gave {report.rows:,} of its {report.expected:,} rows: the file is damaged. "
            "Compact and repair it in Access, then import again."
        )
    stored = target.count(plan.staging)
    if stored != report.rows:
        raise ImportImpossible(f"{report.rows:,} rows of {report.name} were read but {stored:,} were stored.")
    target.index(plan.staging, number, plan.stored)


def _rows(reader: Reader, converter: Converter, plan: _Plan, progress: Progress) -> Iterator[tuple]:
    """The rows of a table as the engine gets them; a file that gives far more than it claims is damaged."""
    report, limit = plan.report, 2 * plan.report.expected + 10_000
    filler = (None,) * plan.empty_columns
    with reader.blocks(plan.source) as blocks:
        for block in blocks:
            rows = converter.rows(block)
            yield from (row + filler for row in rows) if filler else rows
            report.rows += len(block[0])
            progress.advance(report.rows)
            if report.rows > limit:
                raise BadFile(f"The table {report.name} gives more rows than it has: the file is damaged.")


def _no_longer_there(target: Target, plans: list[_Plan]) -> list[str]:
    """Tables that the previous import brought and this file has not; tables of other origin are left alone."""
    last = AcdbImport.objects.filter(state=ImportState.DONE).first()
    if last is None or last.findings is None:
        return []
    live = set(target.live_tables())
    stored = {plan.stored.name for plan in plans}
    return sorted(table.name for table in last.findings.tables if table.name in live - stored)


def _finish(target: Target, report: ImportReport, progress: Progress) -> None:
    """The new tables are in place; nothing from here on may take them back."""
    progress.step("Tidying up")
    try:
        target.clean()
        target.after_swap()
    except Exception as error:
        if not is_database_fault(error):
            raise
        logger.exception("the old tables could not be removed: %s", type(error).__name__)
        report.warnings.append("The old tables could not be removed; the next import does it.")


def _drop_staging(target: Target) -> None:
    try:
        target.clean()
    except Exception as error:
        if not is_database_fault(error):
            raise
        logger.warning("staging tables stay until the next import: %s", type(error).__name__)


def _tell(record: AcdbImport, report: ImportReport, progress: Progress) -> None:
    """Run the receivers; what fails there is reported, for the data is imported whatever they do."""
    answers = acdb_imported.send_robust(
        sender=AcdbImport,
        import_id=record.pk,
        actor=record.requested_by,
        file_name=record.file_name,
        sha256=record.sha256,
        rows=report.rows,
        tables={table.name: table.rows for table in report.tables},
        progress=progress,
    )
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            name = f"{receiver.__module__}.{receiver.__qualname__}"
            logger.error("after the import %s failed: %s", name, type(answer).__name__, exc_info=answer)
            what = answer.message if isinstance(answer, PortalError) else "see the log"
            report.warnings.append(f"A follow-up ({receiver.__module__.split('.')[0]}) failed: {what}")


def _explained(error: Exception) -> Exception:
    if isinstance(error, PortalError):
        return error
    if is_disk_full(error):
        return DiskFull("the new tables")
    if is_database_fault(error):
        logger.error("import failed: %s", type(error).__name__, exc_info=error)
        return ImportImpossible("The customer database did not take the new tables; the log says why.")
    return error


def _refuse_shared_database() -> None:
    """Our own tables must never be among those an import replaces."""
    ours, theirs = connections["default"].settings_dict, acdb().settings_dict
    same = all(ours.get(name) == theirs.get(name) for name in ("ENGINE", "NAME", "HOST", "PORT"))
    if same:
        raise ImportImpossible("DATABASE_URL and ACDB_URL name the same database; give the customer database its own.")


def _settle_stopped(record: AcdbImport) -> None:
    """Whoever holds the lock is the only import there is: others that say they run have died."""
    running = AcdbImport.objects.filter(state=ImportState.RUNNING).exclude(pk=record.pk)
    running.update(state=ImportState.FAILED, error=STOPPED, finished_at=timezone.now())


def _begin(record: AcdbImport) -> None:
    _save(record, state=ImportState.RUNNING, started_at=timezone.now(), error="")


def _end(record: AcdbImport, **fields: Any) -> None:
    _save(record, finished_at=timezone.now(), **fields)


def _save(record: AcdbImport, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(record, name, value)
    record.save(update_fields=list(fields))


def shown_name(name: str) -> str:
    """A file's name as it is shown: the last part, without control characters."""
    plain = "".join(character for character in name.replace("\\", "/").rsplit("/", 1)[-1] if character.isprintable())
    return plain[:200] or "file"
