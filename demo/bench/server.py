"""A portal of its own for measuring: its own folder, its own port, the production web server."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo import run
from demo.environment import ROOT, Stop, free_port

WORKERS = 2


def environment(var: Path) -> dict[str, str]:
    """Settings of a demo installation whose files are in ``var``; nothing limits the number of calls."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "ccportal.settings",
        "PYTHONPATH": str(ROOT),
        "ENV_FILE": str(var / "env"),
        "VAR_DIR": str(var),
        "SECRET_KEY": "only-for-measuring-only-for-measuring-only-for-measuring",
        "DEMO": "1",
        "DEMO_PASSWORD": "Lebone-le-leholo-9",
        "LOG_LEVEL": "WARNING",
        "API_RATE": "1000000/min",
        "API_ANONYMOUS_RATE": "1000000/min",
        "API_SIGN_IN_RATE": "1000000/min",
    }


def manage(var: Path, *words: str) -> str:
    """What a command of ``manage.py`` printed."""
    ended = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(var),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise Stop(f"manage.py {words[0]} failed:\n{ended.stderr[-2000:]}")
    return ended.stdout


@contextmanager
def serving(var: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of a web server on this folder."""
    port = free_port()
    web = run.children("127.0.0.1", port, var / "log")[0]
    web.environment = environment(var)
    process = web.start()
    try:
        deadline = time.monotonic() + 60
        while run.health("127.0.0.1", port) != 200:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Stop(f"The web server did not start:\n{web.last_lines()}")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        web.tell(15)
        process.wait(timeout=30)


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we were looking
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting.extend(children.get(found[-1], []))
    return found


def cpu_seconds(pid: int) -> float:
    """The processor time that the process and all that it started have used so far."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid: int) -> float:
    """The largest resident memory that any process of the family has had, in MB."""
    peaks = []
    for member in family(pid):
        for line in Path(f"/proc/{member}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                peaks.append(int(line.split()[1]) / 1024)
    return max(peaks)
