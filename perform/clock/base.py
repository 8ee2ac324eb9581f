"""What a clock is: seconds that only grow."""

from typing import Protocol


class Clock(Protocol):
    """A source of seconds; where they count from means nothing, differences do."""

    def now(self) -> float:
        """Seconds now."""
        ...
