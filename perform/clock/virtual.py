"""Time that passes only when told to: for rendering, and for whole performances in a test."""


class VirtualClock:
    """A clock that stands still until `advance`, or until somebody waits for a moment."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now

    def now(self) -> float:
        """Seconds now."""
        return self._now

    def advance(self, seconds: float) -> float:
        """The new time, `seconds` (0 or more) later."""
        if seconds < 0:
            raise ValueError(f"time cannot go back by {-seconds} s")
        self._now += seconds
        return self._now

    def spin_until(self, moment: float) -> None:
        """It is `moment` now, or later."""
        self._now = max(self._now, moment)
