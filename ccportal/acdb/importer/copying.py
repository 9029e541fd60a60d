"""Takes a private copy of the file to be imported, so that nobody can change it meanwhile."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from ccportal.acdb.importer.errors import BadFile, DiskFull, ImportImpossible
from ccportal.acdb.importer.faults import is_disk_full
from ccportal.acdb.importer.source import Progress

_CHUNK = 1024 * 1024
#: An upload that nobody has imported for so long is that of a process that died.
FORGOTTEN_SECONDS = 2 * 24 * 3600
_WORK_PREFIX = "work-"
_SIGNATURES = {
    b"\x00\x01\x00\x00Standard ACE DB\x00": "access",
    b"\x00\x01\x00\x00Standard Jet DB\x00": "access",
    b"SQLite format 3\x00": "sqlite",
}


@dataclass(frozen=True)
class Copied:
    """The private copy; ``kind`` is ``access`` or ``sqlite``, ``size`` in bytes."""

    path: Path
    kind: str
    size: int
    sha256: str
    warnings: tuple[str, ...]


def import_dir() -> Path:
    """Where uploads wait and imports work: private, on the disk of the portal's data."""
    path = Path(settings.VAR_DIR) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def clean_left_overs() -> None:
    """Remove what an import that was killed has left; call it only while holding the import lock."""
    for path in import_dir().glob(f"{_WORK_PREFIX}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in import_dir().glob("upload-*"):
        if time.time() - path.stat().st_mtime > FORGOTTEN_SECONDS:
            path.unlink(missing_ok=True)


@contextmanager
def private_copy(source: Path, progress: Progress) -> Iterator[Copied]:
    """A copy that is removed at the end. ``BadFile`` says why the file is not one that can be imported."""
    kind = check_file(source)
    if kind == "sqlite":
        _refuse_open_sqlite(source)
    lock = source.with_suffix(".laccdb" if source.suffix.lower() != ".mdb" else ".ldb")
    warnings = (
        ("The file was open in Access while it was copied; changes that Access had not saved are missing.",)
        if lock.exists()
        else ()
    )
    try:
        with tempfile.TemporaryDirectory(prefix=_WORK_PREFIX, dir=import_dir()) as folder:
            path = Path(folder) / "source"
            sha256 = _copy(source, path, progress)
            yield Copied(path, kind, path.stat().st_size, sha256, warnings)
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull("the copy of the file") from error
        raise ImportImpossible(f"The file could not be copied: {(error.strerror or 'read error').lower()}.") from error


def check_file(path: Path) -> str:
    """The kind of a file by its first bytes, whatever it is called."""
    if path.is_dir():
        raise BadFile(f"{path.name} is a directory, not a file.")
    try:
        with path.open("rb") as file:
            start = file.read(20)
    except FileNotFoundError:
        raise BadFile(f"There is no file {path.name}.") from None
    except OSError as error:
        raise BadFile(f"{path.name} cannot be read: {(error.strerror or 'read error').lower()}.") from error
    if not start:
        raise BadFile(f"{path.name} is empty.")
    for signature, kind in _SIGNATURES.items():
        if start.startswith(signature[:19]):
            return kind
    raise BadFile(f"{path.name} does not appear to be an Access database: it does not begin like one.")


def _refuse_open_sqlite(source: Path) -> None:
    """Rows that are still in the write-ahead log would be missing from a copy of the file."""
    log = source.with_name(f"{source.name}-wal")
    if log.exists() and log.stat().st_size:
        raise BadFile(f"{source.name} is in use by another program; end that program and import again.")


def _copy(source: Path, target: Path, progress: Progress) -> str:
    """Copy and hash; ``BadFile`` when somebody wrote to the file meanwhile."""
    before = source.stat()
    _require_space(before.st_size)
    progress.step("Copying the file", total=before.st_size)
    digest, done = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("wb") as writing:
        # One byte more than expected is enough to know; a file that keeps growing must not fill the disk.
        while done <= before.st_size and (chunk := reading.read(_CHUNK)):
            writing.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            progress.advance(done)
    after = source.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or done != before.st_size:
        raise BadFile(f"{source.name} was changed while it was copied; close it in Access and import again.")
    return digest.hexdigest()


def _require_space(size: int) -> None:
    free = shutil.disk_usage(import_dir()).free
    if free < size:
        raise DiskFull(f"the copy of the file ({size // 2**20 + 1:,} MB needed, {free // 2**20:,} MB free)")
