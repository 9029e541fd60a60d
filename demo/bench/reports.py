"""Measures the reports: build and refresh of the rollups, and every report operation.

``python -m demo.bench.reports ACDB.sqlite3 [...]`` prints Markdown tables per database (SQLite files with the tables
of the ACDB). The files are copied, so that the new rows of the refresh stay out of them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo.bench.client import percentile
from demo.bench.tables import table
from demo.environment import ROOT, Stop

REPEATS = 40
NEW_ROWS = 1000
OPERATIONS = (
    "stats/site-summary",
    "om-report/overview",
    "om-report/customer-stats?quarter=2025%20Q4",
    "om-report/customer-growth",
    "om-report/consumption-by-site",
    "om-report/sales-by-site?quarter=2025%20Q4",
    "om-report/cumulative-trends",
    "om-report/avg-consumption-trend",
    "om-report/site-overview",
    "om-report/load-curves-by-type",
    "om-report/daily-load-profiles",
    "om-report/arpu",
    "om-report/monthly-arpu",
    "om-report/consumption-by-tenure",
)
#: The database's own sum over the same groups, in the one statement that nothing can undercut.
OWN_SCAN = """
    SELECT substr(upper(trim([accountnumber])), -3), substr([transaction date], 1, 7), count(*),
           sum([transaction amount]), sum([kwh value])
    FROM [tblaccounthistory1] GROUP BY 1, 2
"""
APPEND = f"""
    INSERT INTO [tblaccounthistory1]
        ([ID], [accountnumber], [meterid], [transaction date], [transaction amount], [rate used], [kwh value],
         [payment])
    SELECT (SELECT max([ID]) FROM [tblaccounthistory1]) + [ID], [accountnumber], [meterid],
           (SELECT max([transaction date]) FROM [tblaccounthistory1]), [transaction amount], [rate used], [kwh value],
           [payment]
    FROM [tblaccounthistory1] ORDER BY [ID] LIMIT {NEW_ROWS}
"""


def main() -> None:
    for name in sys.argv[1:]:
        print(measure_reports(Path(name)), flush=True)


def measure_reports(path: Path) -> str:
    """Build, refresh and operations on one SQLite file with the tables of the ACDB, as Markdown."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        acdb = Path(folder) / "acdb.sqlite3"
        shutil.copy(path, acdb)
        environment = os.environ | {
            "VAR_DIR": folder,
            "SECRET_KEY": "measured",
            "LOG_LEVEL": "ERROR",
            "API_RATE": "1000000/min",
            "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
            "ACDB_URL": f"sqlite:///{acdb}",
            "DJANGO_SETTINGS_MODULE": "ccportal.settings",
            "ALLOWED_HOSTS": "testserver",
        }
        # A process of its own: its memory is that of the refresh, and settings are read once.
        done = subprocess.run(
            [sys.executable, "-m", "demo.bench.reports_child"],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise Stop(f"The reports could not be measured:\n{done.stderr[-2000:]}")
    return shown(json.loads(done.stdout.splitlines()[-1]))


def shown(found: dict[str, Any]) -> str:
    rows, (scan, scan_used), (build, build_used) = found["rows"], found["scan"], found["build"]
    ratios = f"{build / scan:.1f} times the scan, {build_used / scan_used:.1f} by the processor"
    notes = {
        "scan": ("the database's own sum by site and month", f"{rows / scan:,.0f} rows/s"),
        "build": ("full build", f"{rows / build:,.0f} rows/s, {ratios}"),
        "idle": ("refresh with nothing new", ""),
        "refresh": (f"refresh after {NEW_ROWS:,} new rows", ""),
        "thorough": ("comparison of every month", ""),
    }
    steps = [[name, f"{found[key][0]:.2f}", f"{found[key][1]:.2f}", note] for key, (name, note) in notes.items()]
    operations = [
        [
            name,
            f"{percentile(times, 50):.1f}",
            f"{percentile(times, 95):.1f}",
            f"{percentile(anew, 50):.1f}",
            f"{size / 1024:.1f}",
        ]
        for name, (anew, times, size) in found["operations"].items()
    ]
    memory = f"Memory of the process at most {found['memory']:.0f} MB, {found['memory_before']:.0f} MB before."
    return "\n\n".join(
        [
            f"### Reports over {rows:,} transactions",
            table(["step", "seconds", "of a processor", ""], steps),
            memory,
            table(["operation", "median ms", "p95 ms", "median ms, computed anew", "kB"], operations),
        ]
    )


if __name__ == "__main__":
    main()
