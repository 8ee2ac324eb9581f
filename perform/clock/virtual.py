"""A clock that moves only when the caller advances it: for rendering, and for whole tests."""


class VirtualClock:
    """A clock that stands still until `advance` or `spin_until`."""

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
        """Set the time to `moment`, unless it is over."""
        self._now = max(self._now, moment)
