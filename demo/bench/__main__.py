"""Measures pages, lookups and the import, prints Markdown and writes docs/benchmarks.md.

``python -m demo.bench [--quick]``; ``--quick`` uses a small database and writes nothing, to try the harness itself.
"""

import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from demo.bench.api import measure_api
from demo.bench.client import Client, Timing, percentile
from demo.bench.data import FEW, HUGE, LARGE, MANY_CUSTOMERS, QUICK, Samples, Size, database, samples
from demo.bench.pages import PAGES, SEARCH, Page
from demo.bench.reports import measure_reports
from demo.bench.server import WORKERS, environment, manage, peak_megabytes, serving
from demo.bench.tables import table
from demo.environment import ROOT, Stop

REPORT = ROOT / "docs" / "benchmarks.md"
SAMPLE = ROOT / "demo" / "sample.accdb"
SIGN_INS = 15
IMPORTS = 3  # the quickest counts


#: What follows it in the document was measured by other commands, and stays.
BY_HAND = "<!-- Measured by commands of their own: -->"


def prepare(source: Path, var: Path) -> str:
    """An installation with this database; what its import took, as a sentence."""
    var.mkdir(parents=True, exist_ok=True)
    manage(var, "migrate", "--verbosity", "0")
    manage(var, "collectstatic", "--no-input", "--verbosity", "0")
    command = [sys.executable, "manage.py", "acdb_import", "--quiet", str(source)]
    took, memory = seconds_and_megabytes(command, environment(var))
    manage(var, "demo_employees", "--password", environment(var)["DEMO_PASSWORD"])
    rows = stored_rows(var / "acdb.sqlite3")
    return (
        f"Importing it from a {source.suffix} file, directory and report sums included: {rows:,} rows in {took:.0f} s "
        f"({rows / took:,.0f} rows/s), {memory:.0f} MB at most."
    )


def stored_rows(acdb: Path) -> int:
    with closing(sqlite3.connect(f"file:{acdb}?mode=ro", uri=True)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names)


def count_queries(var: Path, drawn: Samples) -> dict[str, list[int]]:
    path = var / "samples.json"
    path.write_text(json.dumps(asdict(drawn)), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "demo.bench.queries", str(path)],
        cwd=ROOT,
        env=environment(var),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise Stop(f"The queries could not be counted:\n{ended.stderr[-2000:]}")
    counts: dict[str, list[int]] = json.loads(ended.stdout.splitlines()[-1])
    return counts


def measure(var: Path, pages: list[Page], repeat: int) -> str:
    """The table of the pages of one installation."""
    drawn = samples(var / "acdb.sqlite3")
    queries = count_queries(var, drawn)
    with serving(var) as (port, pid):
        client = Client("127.0.0.1", port)
        password = environment(var)["DEMO_PASSWORD"]
        sign_ins = [client.sign_in("1001", password, "/sign-in/") for _ in range(SIGN_INS)]
        timings = [client.time_page(page, drawn, repeat) for page in pages]
        peak = peak_megabytes(pid)
    timings.append(Timing("Sign in (Argon2 included)", percentile(sign_ins, 50), percentile(sign_ins, 95), 0))
    rows = [
        [
            timing.name,
            f"{timing.median:.1f}",
            f"{timing.p95:.1f}",
            "/".join(str(count) for count in sorted(set(queries.get(timing.name, [])))) or "-",
            f"{timing.size / 1000:.1f}" if timing.size else "-",
        ]
        for timing in timings
    ]
    shown = table(["page or lookup", "median ms", "p95 ms", "queries", "kB (gzip)"], rows)
    return f"{shown}\n\nPeak memory of the largest web process: {peak:.0f} MB."


def measure_size(size: Size, folder: Path, pages: list[Page], repeat: int, *, api: bool = False) -> str:
    var = folder / f"var-{size.name.replace(' ', '-')}"
    imported = prepare(database(size, folder), var)
    print(imported, flush=True)
    head = f"## {size.customers:,} customers, {size.transactions:,} transactions, {size.readings:,} readings"
    measured = [head, measure(var, pages, repeat), imported, *([measure_api(var)] if api else [])]
    return "\n\n".join(measured)


def seconds_and_megabytes(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Wall time and peak memory of a command, of its largest process."""
    started = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise Stop(f"{command[0]} failed:\n{process.stderr.read().decode()[-2000:]}")
        process.returncode = 0
    return time.monotonic() - started, usage.ru_maxrss / 1024


def export_seconds(tables: list[str]) -> float:
    started = time.monotonic()
    for name in tables:
        subprocess.run(["mdb-export", str(SAMPLE), name], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def reading_seconds(var: Path) -> float:
    command = [sys.executable, "-m", "demo.bench.reading", str(SAMPLE)]
    return float(subprocess.check_output(command, cwd=ROOT, env=environment(var), text=True).splitlines()[-1])


def measure_import(folder: Path) -> str:
    """acdb_import of the sample against mdb-export of the same tables."""
    names = subprocess.run(["mdb-tables", "-1", str(SAMPLE)], capture_output=True, text=True, check=True).stdout
    tables = [name for name in names.splitlines() if name]
    rows = sum(int(subprocess.check_output(["mdb-count", str(SAMPLE), name])) for name in tables)
    alone = min(export_seconds(tables) for _ in range(IMPORTS))
    with tempfile.TemporaryDirectory(dir=folder) as var:
        manage(Path(var), "migrate", "--verbosity", "0")
        command = [sys.executable, "manage.py", "acdb_import", "--quiet", str(SAMPLE)]
        took, memory = min(seconds_and_megabytes(command, environment(Path(var))) for _ in range(IMPORTS))
        reading = min(reading_seconds(Path(var)) for _ in range(IMPORTS))
    lines = [
        ["`mdb-export` alone, CSV thrown away", f"{alone:.2f}", f"{rows / alone:,.0f}", "-"],
        ["`acdb_import`: check, read, store, count, swap", f"{reading:.2f}", f"{rows / reading:,.0f}", "-"],
        [
            "the whole command, with directory and report sums",
            f"{took:.2f}",
            f"{rows / took:,.0f}",
            f"{memory:.0f}",
        ],
    ]
    head = f"## Import of the sample Access file ({SAMPLE.stat().st_size / 1e6:.1f} MB, {rows:,} rows)"
    return f"{head}\n\n" + table(["", "seconds", "rows/s", "peak MB"], lines)


def introduction() -> str:
    return (
        "# Benchmarks\n\n"
        f"Written by `make bench`: a real server (granian, {WORKERS} processes) on SQLite, real HTTP over one kept\n"
        "connection, generated data, a signed-in super admin. Times are what the caller waits, one call at a time.\n"
        "Figures move with the machine; compare them with each other.\n\n"
        f"Measured on {os.cpu_count()} cores with Python {platform.python_version()} ({platform.machine()})."
    )


def main() -> int:
    quick = "--quick" in sys.argv[1:]
    folder = Path(os.environ.get("BENCH_DIR", ROOT / "var" / "bench")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        parts = [introduction(), measure_import(folder)]
        if quick:
            parts.append(measure_size(QUICK, folder, PAGES, 10))
        else:
            parts.append(measure_size(LARGE, folder, PAGES, 100, api=True))
            parts.append(measure_size(MANY_CUSTOMERS, folder, SEARCH, 100))
            parts.append("## Reports")
            parts += [measure_reports(database(size, folder)) for size in (FEW, LARGE, HUGE)]
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        return 1
    report = "\n\n".join(parts) + "\n"
    print(report)
    if not quick:
        _, mark, kept = REPORT.read_text(encoding="utf-8").partition(BY_HAND)
        REPORT.write_text(f"{report}\n{mark}{kept}" if mark else report, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
