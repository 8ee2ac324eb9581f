"""Tap tempo."""

import itertools
from collections import deque
from statistics import median

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM

MAX_TAPS, MAX_TAP_SECONDS = 8, 60.0 / SLOWEST_BPM


class TapTempo:
    """Finds a tempo from taps: the median of the last intervals. A pause starts it anew."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=MAX_TAPS)

    def tap(self, moment: float) -> float | None:
        """Quarter notes a minute after a tap; None after the first tap, and above 400."""
        if self._moments and moment - self._moments[-1] > MAX_TAP_SECONDS:
            self._moments.clear()
        self._moments.append(moment)
        if len(self._moments) < 2:
            return None
        moments = list(self._moments)
        seconds = median(b - a for a, b in itertools.pairwise(moments))
        return 60.0 / seconds if seconds >= 60.0 / FASTEST_BPM else None
