"""The map between ticks and seconds: start, stop, continue and tempo."""

TICKS_PER_BEAT = 480
SLOWEST_BPM = 20.0
FASTEST_BPM = 400.0


class Transport:
    """A straight line from seconds to ticks that bends at every change of tempo.

    Ticks never jump: a tempo change keeps the tick of the moment, so no note is lost or doubled.
    """

    def __init__(self, bpm: float = 120.0) -> None:
        self._bpm = bpm
        self._anchor_tick = 0.0
        self._anchor_time = 0.0
        self._running = False

    @property
    def running(self) -> bool:
        """Whether ticks pass."""
        return self._running

    @property
    def bpm(self) -> float:
        """Quarter notes a minute."""
        return self._bpm

    def start(self, now: float) -> None:
        """From tick 0, at `now` seconds."""
        self._anchor_tick, self._anchor_time, self._running = 0.0, now, True

    def stop(self, now: float) -> None:
        """Hold the tick of this moment."""
        self._anchor_tick, self._anchor_time = self._exact(now), now
        self._running = False

    def resume(self, now: float) -> None:
        """From the tick at which it stopped."""
        if not self._running:
            self._anchor_time, self._running = now, True

    def set_tempo(self, bpm: float, now: float) -> None:
        """`bpm` from now on; ValueError outside 20 to 400."""
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise ValueError(f"tempo {bpm:g} is outside {SLOWEST_BPM:g} to {FASTEST_BPM:g}")
        self._anchor_tick, self._anchor_time = self._exact(now), now
        self._bpm = bpm

    def tick_at(self, moment: float) -> int:
        """The last tick that has begun by `moment` seconds."""
        return int(self._exact(moment) + 1e-6)  # a due tick must not be missed by one rounding

    def time_of(self, tick: int) -> float:
        """The moment, in seconds, at which a tick begins at the present tempo."""
        return self._anchor_time + (tick - self._anchor_tick) * 60.0 / (self._bpm * TICKS_PER_BEAT)

    def _exact(self, moment: float) -> float:
        if not self._running:
            return self._anchor_tick
        elapsed = moment - self._anchor_time
        return self._anchor_tick + elapsed * self._bpm * TICKS_PER_BEAT / 60.0
