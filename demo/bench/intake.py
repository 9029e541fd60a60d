"""Measures the webhook over real HTTP, and the time from a message to its reply: ``python -m demo.bench.intake``.

SQLite, then PostgreSQL when it is installed. Prints Markdown. ``--seconds N`` for each measurement (10).
What callers wait depends on what else the machine does, hence the load beside it; the processor time of the web
server for one message hardly does.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.bench.__main__ import table
from demo.bench.care import Portal, Sender, delivery, phone, portal
from demo.bench.client import percentile
from demo.bench.server import cpu_seconds, peak_megabytes
from demo.environment import Stop

CUSTOMERS = 3000
CONNECTIONS = 8
AIM = 100  # messages a second
REPLIES = 40


def as_fast_as_possible(port: int, seconds: float, name: str) -> tuple[float, list[float]]:
    """Messages a second and milliseconds of each, from several connections at once."""
    took: list[float] = []
    until = time.monotonic() + seconds

    def send(line: int) -> None:
        sender, number = Sender(port), 0
        while time.monotonic() < until:
            number += 1
            body = delivery(f"{name}-{line}-{number}", phone(1 + (number * CONNECTIONS + line) % CUSTOMERS), "Lumela")
            took.append(timed(sender, body))

    started = time.monotonic()
    together(send)
    return len(took) / (time.monotonic() - started), took


def at_pace(port: int, seconds: float, rate: int, name: str) -> tuple[float, list[float]]:
    """The same at a steady rate: a message is due at its time, whether or not the last one was answered."""
    took: list[float] = []
    started = time.monotonic()
    total = int(seconds * rate)

    def send(line: int) -> None:
        sender = Sender(port)
        for number in range(line, total, CONNECTIONS):
            due = started + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            timed(sender, delivery(f"{name}-{number}", phone(1 + number % CUSTOMERS), "Lumela"))
            took.append((time.monotonic() - due) * 1000)

    together(send)
    return len(took) / (time.monotonic() - started), took


def together(work: Callable[[int], None]) -> None:
    lines = [threading.Thread(target=work, args=(line,)) for line in range(CONNECTIONS)]
    for line in lines:
        line.start()
    for line in lines:
        line.join()


def timed(sender: Sender, body: bytes) -> float:
    started = time.monotonic()
    status = sender.post(body)
    if status != 200:
        raise Stop(f"The webhook answered {status}.")
    return (time.monotonic() - started) * 1000


def until_replied(made: Portal) -> list[float]:
    """Seconds from the webhook's call to the reply's arrival at the vendor, for messages of different people."""
    sender, sent = Sender(made.port), {}
    for number in range(REPLIES):
        who = phone(CUSTOMERS - number)
        sent[who] = time.time()
        timed(sender, delivery(f"reply-{number}", who, "Metara ea ka ha e sebetse"))
        time.sleep(0.25)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        replies = {m["body"]["to"]: m["at"] for m in reversed(made.cloud("/_state")["messages"])}
        if sent.keys() <= replies.keys():
            return [replies[who] - at for who, at in sent.items()]
        time.sleep(0.5)
    raise Stop("Not every message was answered within a minute.")


def measure(folder: Path, name: str, seconds: float, **settings: str) -> list[list[str]]:
    """The rows of one database."""
    rows: list[list[str]] = []
    with portal(folder, CUSTOMERS, **settings) as made:
        web = made.process("web").pid

        def add(what: str, work: Callable[[], tuple[float, list[float]]]) -> None:
            before, load = cpu_seconds(web), os.getloadavg()[0]
            rate, took = work()
            spent = f"{(cpu_seconds(web) - before) / len(took) * 1000:.1f}" if rate else "-"
            waited = (f"{percentile(took, 50):.1f}", f"{percentile(took, 95):.1f}")
            rows.append([f"{name}: {what}", f"{rate:.0f}" if rate else "-", *waited, spent, f"{load:.1f}"])

        add("reply, batching of 2 s included", lambda: (0, [1000 * second for second in until_replied(made)]))
        add(f"{AIM} a second, answered meanwhile", lambda: at_pace(made.port, seconds, AIM, "paced"))
        made.kill("care")
        add(f"{AIM} a second, intake alone", lambda: at_pace(made.port, seconds, AIM, "alone"))
        fast = f"as many as {CONNECTIONS} connections bring, intake alone"
        add(fast, lambda: as_fast_as_possible(made.port, seconds, "fast"))
        print(f"{name}: the largest web process had {peak_megabytes(web):.0f} MB.", file=sys.stderr)
    return rows


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a database in a PostgreSQL of our own; empty when there is none on this machine."""
    from ccportal.core.testing.postgres import binaries, running_postgres

    if binaries() is None:
        yield ""
        return
    with running_postgres() as server:
        yield server.url(server.create_database())


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leave no process behind
    rows: list[list[str]] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(Path(folder), "SQLite", given.seconds)
        with postgres() as url, tempfile.TemporaryDirectory() as folder:
            if url:
                rows += measure(Path(folder), "PostgreSQL", given.seconds, DATABASE_URL=url)
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        return 1
    print(f"## Messages of customers ({os.cpu_count()} cores)\n")
    print(table(["", "messages/s", "median ms", "p95 ms", "CPU ms of web each", "load before"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
