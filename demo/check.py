"""Runs every check of `make test`, says how each went, and leaves with 1 when one failed.

``python -m demo.check [--only-lint]``. All of them run even when an early one fails, so that one run shows all there is
to put right.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from demo.environment import ROOT

PYTHON = sys.executable
PROGRAMS = Path(PYTHON).parent


@dataclass(frozen=True)
class Check:
    """A command that leaves with 0 when all is well."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    shown: bool = False  # its output is shown while it runs, not only when it fails


def signing_key() -> str:
    """A fresh ES256 private key."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def production() -> dict[str, str]:
    """An environment like that of a production installation, with secrets nobody else knows."""
    return {
        "PRODUCTION": "1",
        "DEMO": "0",
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "JWT_SIGNING_KEY": signing_key(),
        "ALLOWED_HOSTS": "portal.example",
        "CSRF_TRUSTED_ORIGINS": "https://portal.example",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": "postgresql://portal:secret@db.example/portal",
        "ACDB_URL": "postgresql://portal:secret@db.example/acdb",
        "REDIS_URL": "redis://broker.example:6379/0",
    }


def lint_checks() -> list[Check]:
    manage = [PYTHON, "manage.py"]
    templates = [str(path) for path in sorted((ROOT / "templates").rglob("*.html"))]
    return [
        Check("ruff lint", [PYTHON, "-m", "ruff", "check", "."]),
        Check("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Check("imports point one way", [str(PROGRAMS / "lint-imports")]),
        Check("types", [PYTHON, "-m", "mypy", "."]),
        Check("templates", [str(PROGRAMS / "djhtml"), "--check", *templates]),
        Check("system check", [*manage, "check", "--fail-level", "WARNING"]),
        Check("production settings", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production()),
        Check("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"]),
    ]


def test_run(kinds_file: Path) -> Check:
    # Two processes, each with whole files: fixtures that start servers serve all tests of a file.
    # The files in the order of conftest.py, the longest first.
    command = [PYTHON, "-m", "pytest", "-p", "demo.testkinds", "--numprocesses", "2", "--dist", "loadfile"]
    command += ["--no-loadscope-reorder", "--cov", "--cov-report", "term", "--durations", "15"]
    return Check("tests, and coverage", command, {"TEST_KINDS_FILE": str(kinds_file)}, shown=True)


def run(check: Check, environment: dict[str, str]) -> tuple[bool, float]:
    """Whether the check passed, and how many seconds it took."""
    started = time.monotonic()
    ended = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**environment, **check.environment},
        stdin=subprocess.DEVNULL,
        stdout=None if check.shown else subprocess.PIPE,
        stderr=None if check.shown else subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed, seconds = ended.returncode == 0, time.monotonic() - started
    print(f"{'ok    ' if passed else 'FAILED'} {check.name} ({seconds:.1f} s)", flush=True)
    if not passed and not check.shown:
        print(ended.stdout, flush=True)
    return passed, seconds


def report_kinds(kinds_file: Path) -> None:
    """How many tests of each kind there were, and the closing line."""
    if not kinds_file.exists():
        return
    kinds: dict[str, dict[str, int]] = json.loads(kinds_file.read_text(encoding="utf-8"))
    total: Counter[str] = Counter()
    print("\nTests by kind")
    for kind, counts in sorted(kinds.items(), key=lambda entry: -sum(entry[1].values())):
        total.update(counts)
        others = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("failed", "skipped") if counts.get(outcome))
        print(f"  {kind:14} {counts.get('passed', 0):5} passed{', ' + others if others else ''}")
    print(f"\ntests: {total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)


def main() -> int:
    only_lint = "--only-lint" in sys.argv[1:]
    failed = []
    with tempfile.TemporaryDirectory(prefix="portal-checks-") as folder:
        environment = {
            # make tells its children that they run under make; a make that a test starts is not one of them.
            **{name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")},
            "SECRET_KEY": secrets.token_urlsafe(50),
            "VAR_DIR": str(Path(folder) / "var"),
            "DEMO": "0",
            "PYTHONPATH": str(ROOT),
        }
        (Path(folder) / "var").mkdir()
        kinds_file = Path(folder) / "kinds.json"
        checks = [*lint_checks(), *([] if only_lint else [test_run(kinds_file)])]
        for check in checks:
            passed, _ = run(check, environment)
            if not passed:
                failed.append(check.name)
        report_kinds(kinds_file)
    if failed:
        print(f"\nFailed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
