"""Brings databases, static files and demo people up to date; does only what is missing.

``python -m demo.prepare`` in an environment that :mod:`demo.environment` has prepared.
"""

import hashlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from demo.environment import ROOT, Stop, prepare_environment, var_dir

SAMPLE = ROOT / "demo" / "sample.accdb"
#: Name, phone and language; nobody has these numbers.
TECHNICIANS = (("Rethabile Mofokeng", "26658990001", "st"), ("Karabo Sello", "26658990002", "en"))


def say(text: str) -> None:
    print(text, flush=True)


def fingerprint_of_files(paths: Iterable[Path]) -> str:
    """Changes when a file is added, removed, resized or touched."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        if path.is_file():
            state = path.stat()
            digest.update(f"{path}|{state.st_size}|{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_private(path: Path, value: Any) -> None:
    """Write JSON that only the owner may read, in one step."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """What ``write_private`` wrote; nothing when there is no such file or it was cut short."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the portal's own database")
        call_command("migrate", interactive=False, verbosity=0)


def collect_static(var: Path) -> None:
    from django.conf import settings
    from django.core.management import call_command

    files = [path for folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*")]
    wanted = fingerprint_of_files([*files, ROOT / "constraints.txt"])
    stamp = var / "static.json"
    if read_json(stamp).get("fingerprint") == wanted and Path(settings.STATIC_ROOT).is_dir():
        return
    say("Compressing static files (some 15 seconds, only when they changed)")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    write_private(stamp, {"fingerprint": wanted})


def wanted_import(var: Path, chosen: str, *, empty: bool) -> tuple[Path, str] | None:
    """The file to import and its fingerprint; None when the customer database is what it should be.

    ``ACDB_FILE`` is imported when its content is not what was imported last. The sample fills an empty database
    and follows its own new versions; it never replaces a file that somebody chose.
    """
    last = read_json(var / "acdb-source.json")
    path = Path(chosen).expanduser().resolve() if chosen else SAMPLE
    if not path.is_file():
        raise Stop(f"ACDB_FILE: there is no file {path}")
    if not chosen and not empty and last.get("source") != "sample":
        return None
    fingerprint = sha256(path)
    return (path, fingerprint) if empty or last.get("sha256") != fingerprint else None


def import_acdb(var: Path) -> None:
    from django.conf import settings
    from django.core.management import CommandError, call_command

    from ccportal.acdb.health import acdb_fault

    chosen = os.environ.get("ACDB_FILE", "")
    embedded = settings.DATABASES["acdb"]["ENGINE"].endswith("sqlite3")
    if not chosen and not (embedded and settings.DEMO):
        return
    found = wanted_import(var, chosen, empty=acdb_fault() is not None)
    if found is None:
        return
    path, fingerprint = found
    say(f"Importing {path.name}")
    try:
        call_command("acdb_import", str(path), quiet=not chosen)
    except CommandError as error:
        raise Stop(f"{path.name} was not imported: {error}") from error
    source = "ACDB_FILE" if chosen else "sample"
    write_private(var / "acdb-source.json", {"source": source, "name": path.name, "sha256": fingerprint})


def prepare_people(var: Path) -> None:
    """The demo employees, with the passwords they had before unless ``DEMO_PASSWORD`` gives one for all."""
    from django.core.management import CommandError, call_command

    path = var / "demo.json"
    known = read_json(path)
    printed = io.StringIO()
    password = os.environ.get("DEMO_PASSWORD") or None
    try:
        call_command("demo_employees", password=password, accounts=path if known else None, stdout=printed)
    except CommandError as error:
        raise Stop(str(error)) from error
    write_private(path, {**known, "accounts": json.loads(printed.getvalue())})


def prepare_generation() -> None:
    """Invented readings for the energy balance; only once, so that what a visitor deletes stays deleted.

    Before the payments of today, which would be the sample's last day with sales.
    """
    from django.conf import settings

    from ccportal.acdb.health import acdb_fault
    from demo.generation import seed

    stamp = settings.VAR_DIR / "generation.json"
    if not stamp.exists() and acdb_fault() is None:
        write_private(stamp, {"readings": seed()})


def prepare_payments() -> None:
    """A few invented payments, once, so that the lists and the queue of the demonstration are not empty."""
    from ccportal.acdb.health import acdb_fault
    from demo.payments import seed

    if acdb_fault() is None and seed():
        say("Sending a few invented payments")


def prepare_triage() -> None:
    """The classifier of messages learns once, so that the first customer need not wait for it."""
    from whatsapp.triage import assess, known_for

    assess("Lumela", known_for())


def prepare_technicians() -> None:
    """Two invented technicians on call for every site, so that a ticket finds somebody; staff may change them."""
    from whatsapp.models import OnCall, Technician

    if Technician.objects.exists():
        return
    for order, (name, phone, language) in enumerate(TECHNICIANS, 1):
        technician = Technician.objects.create(name=name, phone=phone, language=language)
        OnCall.objects.create(technician=technician, order=order)


def main() -> int:
    try:
        prepare_environment()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")
        try:
            django.setup()
        except ImproperlyConfigured as error:
            raise Stop(str(error)) from error
        from django.conf import settings

        # The broker starts after this; what is handed to it now waits in the database.
        logging.getLogger("ccportal.core.broker").setLevel(logging.ERROR)
        var: Path = settings.VAR_DIR
        var.mkdir(parents=True, exist_ok=True)
        migrate()
        collect_static(var)
        import_acdb(var)
        prepare_triage()
        if settings.DEMO:
            prepare_people(var)
            prepare_technicians()
            prepare_generation()
            prepare_payments()
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        return 1
    except (DatabaseError, OSError) as error:
        sys.stderr.write(f"The portal cannot use its files in {var_dir()}: {error}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
