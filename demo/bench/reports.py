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

from demo.bench.client import percentile
from demo.environment import ROOT

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
        with tempfile.TemporaryDirectory() as folder:
            acdb = Path(folder) / "acdb.sqlite3"
            shutil.copy(name, acdb)
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
                check=True,
            )
            report(json.loads(done.stdout))


def report(found: dict) -> None:
    rows = found["rows"]
    print(f"\n### {rows:,} transactions\n")
    print("| step | seconds | |\n| --- | ---: | --- |")
    print(f"| the database's own sum by site and month | {found['scan']:.2f} | {rows / found['scan']:,.0f} rows/s |")
    ratio = found["build"] / found["scan"]
    print(f"| full build | {found['build']:.2f} | {rows / found['build']:,.0f} rows/s, {ratio:.1f} times the scan |")
    print(f"| refresh after {NEW_ROWS:,} new rows | {found['refresh']:.2f} | |")
    print(f"| refresh with nothing new | {found['idle']:.2f} | |")
    print(f"| comparison of every month | {found['thorough']:.2f} | |")
    print(f"\nMemory at most {found['memory']:.0f} MB.\n")
    print("| operation | median ms | p95 ms | median ms, computed anew | kB |\n| --- | ---: | ---: | ---: | ---: |")
    for name, (anew, times, size) in found["operations"].items():
        usual = f"{percentile(times, 50):.1f} | {percentile(times, 95):.1f}"
        print(f"| {name} | {usual} | {percentile(anew, 50):.1f} | {size / 1024:.1f} |")


if __name__ == "__main__":
    main()
