"""The API's own benchmark, where it lies beside the project: every operation of the contract on the large database."""

import subprocess
import sys
from pathlib import Path

from demo.bench.server import environment, serving
from demo.environment import ROOT, Stop

BENCHMARK = ROOT.parent / "shared" / "bench" / "api_bench.py"
#: Over a hundred megabytes of JSON a call says more about the line than about the portal.
SKIPPED = "meter-export all"


def measure_api(var: Path) -> str:
    """Markdown tables: one call at a time, eight callers at once, a report page's calls together."""
    if not BENCHMARK.exists():
        return "The API was not measured: its benchmark is not beside the project."
    with serving(var) as (port, pid):
        command = [
            sys.executable, str(BENCHMARK), "--base-url", f"http://127.0.0.1:{port}",
            "--login", f"1001:{environment(var)['DEMO_PASSWORD']}", "--db", str(var / "acdb.sqlite3"),
            "--pid", str(pid), "--skip", SKIPPED, "--load-seconds", "4", "--budget", "20",
        ]  # fmt: skip
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Stop(f"The API could not be measured:\n{ended.stderr[-2000:]}")
    return f"### Every operation of the API on this database\n\n{ended.stdout.strip()}"
