"""Stops asking a service that keeps failing, for a while."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Opens after ``failures`` faults in a row; lets one question through after ``pause`` seconds. Per process."""

    def __init__(self, failures: int = 3, pause: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures = failures
        self.pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._closed_until = 0.0

    def may_ask(self) -> bool:
        """Whether to ask now. After the pause the first who asks is let through, the others wait for the outcome."""
        with self._lock:
            if self._in_a_row < self.failures:
                return True
            if self._clock() < self._closed_until:
                return False
            self._closed_until = self._clock() + self.pause
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._in_a_row = 0

    def failed(self) -> None:
        with self._lock:
            self._in_a_row += 1
            self._closed_until = self._clock() + self.pause
