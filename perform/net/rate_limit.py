"""A limit on how often something may happen."""

import time
from collections.abc import Callable


class RateLimit:
    """A token bucket: `rate` times a second in the long run, and `burst` times at once."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float] | None = None) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._now = now or time.monotonic
        self._tokens = self._burst
        self._updated = self._now()

    def allows(self, times: int = 1) -> bool:
        """Whether it may happen now, once or `times` times; if so, that is counted."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        if self._tokens < times:
            return False
        self._tokens -= times
        return True
