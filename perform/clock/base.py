"""What a clock is: seconds that only grow."""

from typing import Protocol


class Clock(Protocol):
    """A source of seconds; where they count from means nothing, differences do."""

    def now(self) -> float:
        """Seconds now."""
        ...

    def spin_until(self, moment: float) -> None:
        """Return when it is `moment`, which is near, or at once when it is later."""
        ...
