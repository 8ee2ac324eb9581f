"""What a clock is."""

from typing import Protocol


class Clock(Protocol):
    """A source of seconds that never go back. Only differences matter, not where they start."""

    def now(self) -> float:
        """Seconds now."""
        ...

    def spin_until(self, moment: float) -> None:
        """Return at `moment`, which is near; at once when it is over."""
        ...
