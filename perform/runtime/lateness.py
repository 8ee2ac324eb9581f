"""How late notes were sent, as a histogram."""

import math

BUCKETS_PER_DECADE = 20
FINEST_SECONDS = 1e-6
AUDIBLE_SECONDS = 0.005


class Lateness:
    """Counts notes by how much later than meant they were sent, in buckets 12 % wide.

    The buckets cover 1 us to 10 s. `worst`: the largest lateness in seconds.
    """

    def __init__(self) -> None:
        self._buckets = [0] * (7 * BUCKETS_PER_DECADE + 1)
        self.count = 0
        self.worst = 0.0

    def add(self, seconds: float) -> None:
        """Count one note."""
        self._buckets[min(_bucket(seconds), len(self._buckets) - 1)] += 1
        self.count += 1
        self.worst = max(self.worst, seconds)

    @property
    def audible(self) -> int:
        """How many notes were late enough to hear: over 5 ms."""
        return sum(self._buckets[_bucket(AUDIBLE_SECONDS) :])

    def histogram(self) -> list[tuple[float, int]]:
        """(seconds, notes) of each bucket with notes, ascending: at most so late."""
        return [(_edge(place), notes) for place, notes in enumerate(self._buckets) if notes]

    def summary(self) -> str:
        """The notes in each decade of milliseconds, as a text: "0.1 ms 40, 1 ms 2"."""
        decades: dict[float, int] = {}
        for seconds, notes in self.histogram():
            decade = 10.0 ** math.ceil(math.log10(1000 * seconds) - 1e-9)
            decades[decade] = decades.get(decade, 0) + notes
        return ", ".join(f"{edge:g} ms {notes}" for edge, notes in decades.items()) or "no notes"

    def percentile(self, share: float) -> float:
        """Seconds that `share` (0 to 1) of the notes were no later than; 0 without notes."""
        target, counted = share * self.count, 0
        for place, notes in enumerate(self._buckets):
            counted += notes
            if notes and counted >= target:
                return min(_edge(place), self.worst)
        return 0.0


def _bucket(seconds: float) -> int:
    ratio = max(seconds, FINEST_SECONDS) / FINEST_SECONDS
    return int(math.log10(ratio) * BUCKETS_PER_DECADE)


def _edge(place: int) -> float:
    """The upper edge of a bucket, in seconds."""
    return float(FINEST_SECONDS * 10 ** ((place + 1) / BUCKETS_PER_DECADE))
