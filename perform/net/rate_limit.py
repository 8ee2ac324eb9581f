"""How often something may be done."""

import time
from collections.abc import Callable

LONGEST_PAUSE = 30.0
STAYS_SECONDS = 10.0


class RateLimit:
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


class Backoff:
    """How long to wait before what ended is begun again: twice as long each time that it did not stay up for ten
    seconds, from `shortest` to half a minute.
    """

    def __init__(self, shortest: float, now: Callable[[], float] = time.monotonic) -> None:
        self._shortest = shortest
        self._now = now
        self._pause = 0.0
        self._begun = now()

    def next(self) -> float:
        """Seconds from now, after which it is begun again."""
        now = self._now()
        if now - self._begun > STAYS_SECONDS:
            self._pause = 0.0
        self._pause = min(max(2 * self._pause, self._shortest), LONGEST_PAUSE)
        self._begun = now + self._pause
        return self._pause
