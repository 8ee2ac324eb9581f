"""How often something may be done."""

import time
from collections.abc import Callable


class Pace:
    """Counts what is done: `a_second` in the long run, and `at_once` in a burst."""

    def __init__(
        self, a_second: float, at_once: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._a_second = a_second
        self._at_once = float(at_once)
        self._now = now
        self._left = self._at_once
        self._seen = now()

    def allows(self, times: int = 1) -> bool:
        """Whether it may be done once more, or so many times."""
        now = self._now()
        self._left = min(self._at_once, self._left + (now - self._seen) * self._a_second)
        self._seen = now
        if self._left < times:
            return False
        self._left -= times
        return True
