"""Keeps a handful of child processes running, and leaves none behind.

Each child has a process group of its own, so that whatever it starts ends with it, and a guardian ends the groups
should the supervisor be killed outright. A child that ends by itself is started again, later and later.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
ROOT = Path(__file__).resolve().parent.parent
LOG_LIMIT_BYTES = 10_000_000
STEADY_SECONDS = 60
LONGEST_PAUSE = 30.0


def end_with_parent(parent: int) -> None:
    """Ask the kernel for a SIGTERM when the parent process ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)  # it ended before the request was made


@dataclass
class Child:
    """One program: its name, command and environment, and how its starts have gone."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    first_input: str = ""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    start_again: float = 0.0

    def start(self) -> subprocess.Popen[bytes]:
        self.limit_log()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.PIPE if self.first_input else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self.process.stdin:
            with contextlib.suppress(BrokenPipeError):  # it ended at once; the watch sees that
                self.process.stdin.write(self.first_input.encode())
                self.process.stdin.close()
        self.started = time.monotonic()
        return self.process

    def limit_log(self) -> None:
        """Keep one older log beside the present one; it is emptied, not moved, because the child holds it open."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            older = self.log.with_suffix(".old.log")
            try:
                shutil.copyfile(self.log, older)
            except OSError:  # a full disk must not end the portal, and room is what it needs
                older.unlink(missing_ok=True)
            os.truncate(self.log, 0)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tell(self, number: int) -> None:
        """Send a signal to the child and to all it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def last_lines(self, count: int = 5) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"    {line[:300]}" for line in lines[-count:])


@dataclass
class Supervisor:
    """Starts children in the order given, restarts those that end, stops them in reverse."""

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stopping: int = 0
    guardian: subprocess.Popen[str] | None = None

    def listen(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal ask for the end; asking twice ends it at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, number: int, frame: object) -> None:
        self.stopping += 1

    def add(self, child: Child) -> subprocess.Popen[bytes]:
        self.children.append(child)
        process = child.start()
        self._tell_guardian()
        return process

    def _tell_guardian(self) -> None:
        """Let the guardian know which process groups there are."""
        if self.guardian is None:
            command = [sys.executable, "-m", "demo.guardian"]
            self.guardian = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, text=True, start_new_session=True
            )
        groups = [str(child.process.pid) for child in self.children if child.process and child.runs]
        pipe = self.guardian.stdin
        if pipe is not None and self.guardian.poll() is None:
            pipe.write(" ".join(groups) + "\n")
            pipe.flush()

    def watch(self) -> None:
        """Look after the children until somebody asks to stop."""
        while not self.stopping:
            for child in self.children:
                child.limit_log()
                if not child.runs:
                    self._revive(child)
            time.sleep(0.2)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if child.start_again == 0.0:
            steady = now - child.started > STEADY_SECONDS
            child.pause = 1.0 if steady or not child.pause else min(child.pause * 2, LONGEST_PAUSE)
            child.start_again = now + child.pause
            status = child.process.returncode if child.process else None
            self.say(f"{child.name} ended (status {status}); starting it again in {child.pause:.0f} s. Its last lines:")
            self.say(child.last_lines())
            child.tell(signal.SIGKILL)  # what it had started must not hold on to its port
        elif now >= child.start_again:
            child.start_again = 0.0
            child.start()
            self._tell_guardian()

    def stop(self, patience: float = 8.0) -> None:
        """End every child and what it started, the first one last; after ``patience`` seconds by force."""
        first, rest = self.children[:1], self.children[1:]
        for group in (rest, first):
            self._end(group, patience)
        if self.guardian is not None:
            self._tell_guardian()
            self.guardian.communicate()

    def _end(self, group: list[Child], patience: float) -> None:
        deadline = time.monotonic() + patience
        asked = self.stopping
        for child in group:
            child.tell(signal.SIGTERM)
        while any(child.runs for child in group) and time.monotonic() < deadline and self.stopping <= max(asked, 1):
            time.sleep(0.05)
        for child in group:
            child.tell(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
