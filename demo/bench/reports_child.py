"""One database measured: started by :mod:`demo.bench.reports`, prints JSON."""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django


def seconds(work: Callable[[], Any]) -> tuple[float, float]:
    """On the clock, and of a processor: the second says more on a machine that others use."""
    begun, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - used


class Memory:
    """The most memory of its own that this process had; mapped database files, which are not, count apart."""

    def __init__(self) -> None:
        self.most, self.start = 0, own_memory()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.most = max(self.most, own_memory())
            time.sleep(0.02)


def own_memory() -> int:
    """Bytes, as Linux counts them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def main() -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from customers.services.directory import refresh_directory
    from demo.bench.reports import APPEND, OWN_SCAN
    from omreport.models import RollupState
    from omreport.services import rollups

    def run(sql: str) -> None:
        with connections["acdb"].cursor() as cursor:
            cursor.execute(sql)
            if sql is OWN_SCAN:
                cursor.fetchall()

    call_command("migrate", verbosity=0)
    refresh_directory()
    memory = Memory()
    found: dict[str, Any] = {"scan": min(seconds(lambda: run(OWN_SCAN)) for _ in range(2))}
    found["build"] = seconds(rollups.rebuild)
    found["rows"] = RollupState.objects.get().source_rows
    found["idle"] = seconds(rollups.refresh)
    run(APPEND)
    found["refresh"] = seconds(rollups.refresh)
    found["thorough"] = seconds(lambda: rollups.refresh(thorough=True))
    found["memory"], found["memory_before"] = memory.most / 1e6, memory.start / 1e6
    found["operations"] = operations()
    json.dump(found, sys.stdout)


def operations() -> dict[str, tuple[list[float], list[float], int]]:
    """Milliseconds of calls that compute and of calls that find a kept answer, and the size of the answer."""
    from django.test import Client

    from ccportal.accounts.models import Employee
    from demo.bench.reports import OPERATIONS, REPEATS
    from omreport import kept

    client = Client()
    client.force_login(
        Employee.objects.create_user("1001", "not-used-here", name="Bench", role="generic"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    found = {}
    for name in OPERATIONS:
        anew: list[float] = []
        times: list[float] = []
        size = 0
        for turn in range(REPEATS):
            # The first quarter of the calls finds nothing kept, as the first caller after a refresh does.
            measured = anew if turn < REPEATS // 4 else times
            if measured is anew:
                kept.forget()
            begun = time.perf_counter()
            answer = client.get(f"/api/{name}")
            measured.append((time.perf_counter() - begun) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{name}: {answer.status_code}")
            size = len(answer.content)
        found[name] = (anew, times, size)
    return found


if __name__ == "__main__":
    main()
