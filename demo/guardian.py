"""Ends the children of a supervisor that was killed and could not do it itself.

Standard input is a pipe from the supervisor: each line holds the process groups that run now, in the order of
their starts. When the pipe closes, the groups of the last line are ended, the first one last, and then by force.
A supervisor that stops in order empties the list before.
"""

import contextlib
import os
import signal
import sys
import time

PATIENCE = 5.0


def tell(group: int, number: int) -> bool:
    """Send a signal to a process group; False when there is no such group any more."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def end(groups: list[int]) -> None:
    for group in groups:
        tell(group, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and any(tell(group, 0) for group in groups):
        time.sleep(0.05)
    for group in groups:
        tell(group, signal.SIGKILL)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    with contextlib.suppress(ValueError):  # the last line may be cut short
        for line in sys.stdin:
            groups = [int(word) for word in line.split()]
    end(groups[1:])
    end(groups[:1])


if __name__ == "__main__":
    main()
