"""Loses and doubles nothing? ``python -m demo.bench.chaos --messages 1000 --seed 7``.

Real processes: web server, two care workers, beat, Valkey, a fake Cloud API and a fake uGridPlan. While customers
write, any of them is killed and started again, and the fakes answer 500, 429, half, slowly, or nothing after having
acted. Deliveries are repeated as the vendor does until they are taken, and some of them twice. Afterwards everything is
left in peace and counted: every message stored, every fault exactly one ticket here and in uGridPlan, every reply sent
once or visibly failed. Exit status 1 when that is not so.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.bench.care import Portal, Sender, care_worker_command, delivery, phone, portal
from demo.environment import Stop

#: What customers write first, and what then: the same again, or another fault. Category -> words.
FIRST = ("Metara ea ka ha e sebetse", "My meter is not working, the screen is blank", "Metara e bontša error")
AGAIN = ("Metara e ntse e sa sebetse", "The meter is still not working")
OTHER = ("A tree is growing into the power line", "Sefate se oetse holim'a mohala oa motlakase")
KILLED = ("care", "care2", "broker", "cloud", "ugridplan", "web", "beat")
CLOUD_FAULTS = ("500", "429", "502", "half", "drop", "drop-before", "slow")
UGRIDPLAN_FAULTS = ("500", "429", "half", "drop", "dead", "401", "slow")
SENDERS = 4
#: Between two messages of one person: longer than what is answered together.
GAP_SECONDS = 12.0


@dataclass
class Plan:
    """Who writes what, and which faults follow from it."""

    messages: list[tuple[str, int, str]] = field(default_factory=list)
    expected: dict[int, set[str]] = field(default_factory=dict)


def plan(count: int, dice: random.Random) -> Plan:
    """Half as many people as messages; each writes twice."""
    made = Plan()
    people = max(1, count // 2)
    for person in range(1, people + 1):
        made.messages.append((f"wamid.1.{person}", person, dice.choice(FIRST)))
        made.expected[person] = {"meter-issue"}
    for person in range(1, count - people + 1):
        other = dice.random() < 0.5
        made.messages.append((f"wamid.2.{person}", person, dice.choice(OTHER if other else AGAIN)))
        if other:
            made.expected[person].add("vegetation")
    return made


class Trouble(threading.Thread):
    """Kills processes and makes the fakes fail until told to stop; then everything runs again."""

    def __init__(self, made: Portal, dice: random.Random, pauses: tuple[float, float]) -> None:
        super().__init__(daemon=True)
        self.made, self.dice, self.pauses = made, dice, pauses
        self.over = threading.Event()
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        while not self.over.wait(self.dice.uniform(*self.pauses)):
            if self.dice.random() < 0.5:
                self._kill(self.dice.choice(KILLED))
            else:
                self._spoil()

    def _kill(self, name: str) -> None:
        self.made.kill(name)
        self.done[f"killed {name}"] += 1
        self.over.wait(self.dice.uniform(0.2, self.pauses[1]))
        self.made.start(name)

    def _spoil(self) -> None:
        odds = {word: self.dice.uniform(0, 0.06) for word in CLOUD_FAULTS}
        faults = [{"mode": self.dice.choice(UGRIDPLAN_FAULTS)} for _ in range(self.dice.randrange(1, 8))]
        try:
            self.made.cloud("/_mode", {"odds": odds, "slow_seconds": 2})
            self.made.ugridplan("/_faults", faults)
            self.done["spoilt answers"] += 1
        except (OSError, urllib.error.URLError, ValueError):
            self.done["spoiling failed: just killed"] += 1

    def stop(self) -> None:
        self.over.set()
        self.join()
        for name, child in self.made.children.items():
            if not child.runs:
                self.made.start(name)
        patiently(lambda: self.made.cloud("/_mode", {}))
        patiently(lambda: self.made.ugridplan("/_faults", []))


def patiently(ask: Callable[[], Any], seconds: float = 30) -> Any:
    """Ask a process that has only just been started."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def write_all(made: Portal, planned: Plan, rate: float, dice: random.Random) -> int:
    """Deliver everything at about this rate, each until it is taken; how many deliveries that took."""
    started = time.monotonic()
    first = sum(number.startswith("wamid.1.") for number, _, _ in planned.messages)
    taken: dict[int, float] = {}
    calls: Counter[str] = Counter()

    def due(index: int, person: int) -> float:
        """A person's second message follows the first, however late that was taken, by so long that it stands alone."""
        while index >= first and person not in taken:
            time.sleep(0.1)
        return max(started + index / rate, taken.get(person, 0.0) + GAP_SECONDS)

    def work(line: int) -> None:
        sender = Sender(made.port)
        own = random.Random(f"{line}-{dice.random()}")
        for index in range(line, len(planned.messages), SENDERS):
            number, person, text = planned.messages[index]
            time.sleep(max(0.0, due(index, person) - time.monotonic()))
            body = delivery(number, phone(person), text)
            for _ in range(2 if own.random() < 0.1 else 1):
                deliver(sender, body, calls)
            taken.setdefault(person, time.monotonic())

    lines = [threading.Thread(target=work, args=(line,)) for line in range(SENDERS)]
    for one in lines:
        one.start()
    for one in lines:
        one.join()
    return calls["calls"]


def deliver(sender: Sender, body: bytes, calls: Counter[str]) -> None:
    """As the vendor does: until it is taken."""
    while True:
        calls["calls"] += 1
        if sender.post(body) == 200:
            return
        time.sleep(0.3)


def settle(made: Portal, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Wait until nothing is waiting any more, then count; the counts."""
    deadline = time.monotonic() + seconds
    while True:
        found: dict[str, Any] = json.loads(made.python("-m", "demo.bench.chaos_count").splitlines()[-1])
        waiting = found["unanswered"] + found["outbox waiting"]
        if not waiting or time.monotonic() > deadline:
            return found
        say(f"  {found['unanswered']} messages and {found['outbox waiting']} rows of the outbox are waiting")
        time.sleep(3)


def judge(made: Portal, planned: Plan, found: dict[str, Any]) -> tuple[dict[str, int], list[str]]:
    """Figures, and everything that is not as it must be."""
    taken = Counter(m["body"]["biz_opaque_callback_data"] for m in made.cloud("/_state")["messages"])
    theirs = Counter(ticket.get("external_reference", "") for ticket in made.ugridplan("/_tickets"))
    tickets = Counter((ticket["customer"], ticket["category"]) for ticket in found["tickets"])
    expected = Counter((str(person), word) for person, words in planned.expected.items() for word in words)
    wrong = [f"{found['unanswered']} messages were never answered"] if found["unanswered"] else []
    wrong += [f"{found['outbox waiting']} rows of the outbox never ended"] if found["outbox waiting"] else []
    wrong += [f"message {number} was lost" for number, _, _ in planned.messages if number not in set(found["stored"])]
    wrong += [f"{found['doubled']} messages are stored twice"] if found["doubled"] else []
    wrong += [f"tickets of {key}: {tickets[key]} instead of {expected[key]}" for key in tickets.keys() | expected.keys()
              if tickets[key] != expected[key]]  # fmt: skip
    wrong += [f"uGridPlan has {theirs[ticket['reference']]} of {ticket['number']}" for ticket in found["tickets"]
              if theirs[ticket["reference"]] != 1]  # fmt: skip
    wrong += [f"judgement {pk} has no reply" for pk in found["without reply"]]
    for reply in found["replies"]:
        times, state = taken[reply["key"]], reply["state"]
        if times > 1 or (state != "failed" and times != 1):
            wrong.append(f"reply {reply['key']} ({state}) was sent {times} times")
    failed = [reply for reply in found["replies"] if reply["state"] == "failed"]
    figures = {
        "messages stored": len(found["stored"]),
        "tickets here": len(found["tickets"]),
        "tickets in uGridPlan": sum(theirs.values()),
        "replies written": len(found["replies"]),
        "replies sent once": sum(taken[reply["key"]] == 1 for reply in found["replies"] if reply["state"] != "failed"),
        "replies visibly failed": len(failed),
        "of these the vendor had taken": sum(taken[reply["key"]] for reply in failed),
        "replies sent twice": sum(count > 1 for count in taken.values()),
    }
    return figures, wrong


def trial(folder: Path, messages: int, seed: int, rate: float, patience: float, say: Callable[[str], None]) -> bool:
    """One trial; True when nothing was lost or doubled."""
    dice = random.Random(seed)
    planned = plan(messages, dice)
    quick = {
        "OUTBOX_FIRST_PAUSE_SECONDS": "1",
        "OUTBOX_STUCK_SECONDS": "15",
        "WHATSAPP_CLAIM_SECONDS": "10",
        "WHATSAPP_UNCERTAIN_MINUTES": "1" if messages > 100 else "0",
        "UGRIDPLAN_TIMEOUT_SECONDS": "3",
    }
    with portal(folder, len(planned.expected), **quick) as made:
        made.add("care2", care_worker_command("care2"))
        trouble = Trouble(made, dice, (0.5, 2.5))
        started = time.monotonic()
        trouble.start()
        calls = write_all(made, planned, rate, dice)
        trouble.stop()
        say(f"{messages} messages in {calls} deliveries, {time.monotonic() - started:.0f} s; {dict(trouble.done)}")
        found = settle(made, patience, say)
        figures, wrong = judge(made, planned, found)
        say(f"all ended {time.monotonic() - started:.0f} s after the first message")
    for name, figure in figures.items():
        say(f"  {name}: {figure}")
    for fault in wrong[:20]:
        say(f"WRONG: {fault}")
    say("nothing lost, nothing doubled" if not wrong else f"{len(wrong)} faults")
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=10, help="messages a second")
    parser.add_argument("--patience", type=float, default=400, help="seconds until everything must have ended")
    parser.add_argument("--keep", default="", help="a folder for databases and logs, kept afterwards")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leave no process behind
    with tempfile.TemporaryDirectory() as folder:
        try:
            kept = Path(given.keep or folder)
            good = trial(
                kept, given.messages, given.seed, given.rate, given.patience, lambda text: print(text, flush=True)
            )
        except Stop as stop:
            sys.stderr.write(f"{stop}\n")
            return 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
