"""Runs the programs of mdbtools and believes none of them: their status says nothing about lost rows."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ccportal.acdb.importer.errors import BadFile, ImportImpossible

PROGRAMS = ("mdb-tables", "mdb-schema", "mdb-prop", "mdb-count", "mdb-export")
#: mdb-prop says this on stderr, with status 0, of most tables.
_HARMLESS = ("No properties.", "No MSysRelationships")
SHORT_SECONDS = 120


def require_programs() -> None:
    """``ImportImpossible`` with the line to type when mdbtools is not installed."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise ImportImpossible(
            f"mdbtools is not installed on this machine ({missing[0]} was not found); install it with "
            "`apt-get install mdbtools`."
        )


def output(program: str, *arguments: str, path: Path, fault: str) -> str:
    """What a short-running program prints; ``BadFile(fault)`` when it fails or complains."""
    command = [program, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, env=_environment(), timeout=SHORT_SECONDS, cwd=path.parent, check=False
        )
    except subprocess.TimeoutExpired:
        raise BadFile(f"{fault} The file is damaged: reading it did not come to an end.") from None
    complaint = complaints(done.stderr.decode(errors="replace"))
    if done.returncode or complaint:
        raise BadFile(f"{fault} {explained(complaint)}")
    try:
        return done.stdout.decode()
    except UnicodeDecodeError:
        raise BadFile(f"{fault} Its names are not readable text.") from None


@contextmanager
def stream(program: str, *arguments: str, path: Path, fault: str) -> Iterator[IO[str]]:
    """The output of a long-running program as text; ``BadFile(fault)`` at the end when it failed or complained."""
    with tempfile.TemporaryFile(dir=path.parent) as stderr:
        process = subprocess.Popen(
            [program, *arguments], stdout=subprocess.PIPE, stderr=stderr, env=_environment(), cwd=path.parent
        )
        try:
            with open(process.stdout.fileno(), encoding="utf-8", newline="", closefd=False) as text:  # type: ignore[union-attr]  # a pipe was asked for
                yield text
        except UnicodeDecodeError:
            raise BadFile(f"{fault} It holds bytes that are no text.") from None
        finally:
            process.stdout.close()  # type: ignore[union-attr]  # as above
            if process.poll() is None:
                process.terminate() if _is_waiting(process) else None
            process.wait()
        stderr.seek(0)
        complaint = complaints(stderr.read(4096).decode(errors="replace"))
        if process.returncode or complaint:
            raise BadFile(f"{fault} {explained(complaint)}")


def _is_waiting(process: subprocess.Popen[bytes]) -> bool:
    """True when a program is still busy although nobody reads its output any more."""
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return True
    return False


def complaints(stderr: str) -> str:
    """What of a program's stderr is a complaint."""
    lines = [line.strip() for line in stderr.splitlines()]
    return " ".join(line for line in lines if line and line not in _HARMLESS)


def explained(complaint: str) -> str:
    """A complaint of mdbtools in words; its own text is for programmers."""
    if "Page 2 " in complaint and "not a valid table definition page" in complaint:
        return "It is protected with a password; remove the password from a copy of the file. (Or it is damaged.)"
    if "beyond EOF" in complaint or "reading page" in complaint:
        return "The file is cut off or damaged: parts of it are missing."
    if "ppear to be an Access database" in complaint or "open database" in complaint:
        return "It does not appear to be an Access database."
    return "The file is damaged."


def _environment() -> dict[str, str]:
    """Numbers and texts must not depend on how this machine is set up."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
