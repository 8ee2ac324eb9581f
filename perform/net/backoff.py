"""How long to wait before something that ended is started again."""

import time
from collections.abc import Callable

MAX_DELAY = 30.0
STABLE_SECONDS = 10.0


class Backoff:
    """Restart delays in seconds: from `shortest`, doubled each time, to half a minute at most.

    What ran for more than ten seconds is stable: the next delay is the shortest again.
    """

    def __init__(self, shortest: float, now: Callable[[], float] = time.monotonic) -> None:
        self._shortest = shortest
        self._now = now
        self._delay = 0.0
        self._started = now()

    def next(self) -> float:
        """Seconds to wait from now, until the next start."""
        now = self._now()
        if now - self._started > STABLE_SECONDS:
            self._delay = 0.0
        self._delay = min(max(2 * self._delay, self._shortest), MAX_DELAY)
        self._started = now + self._delay
        return self._delay
