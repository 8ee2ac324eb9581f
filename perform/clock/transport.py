"""The map between ticks and seconds: start, stop, continue and tempo."""

import math

TICKS_PER_BEAT = 480
MOST_BEND = 0.12  # a tempo this far off is heard as a push, not as a jump
SLOWEST_BPM = 20.0
FASTEST_BPM = 400.0


class Transport:
    """A straight line from seconds to ticks that bends at every change of tempo.

    Ticks never jump: a tempo change keeps the tick of the moment, so no note is lost or doubled.
    """

    def __init__(self, bpm: float = 120.0) -> None:
        self._bpm = bpm
        self._rate = _ticks_a_second(bpm)
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
        """From tick 0, at `now` seconds, which may be ahead: ticks before it are negative."""
        self._rate = _ticks_a_second(self._bpm)
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
        self._bpm, self._rate = bpm, _ticks_a_second(bpm)

    def follow(self, tick: float, moment: float, bpm: float, now: float) -> None:
        """Bend towards a line on which `tick` is at `moment` and time goes on at `bpm`.

        What is missing is made up over a beat, at a tempo at most 12 % off, so however far away the
        line is, no tick is ever passed over.
        """
        here = self._exact(now)
        rate = _ticks_a_second(bpm)
        away = tick + (now - moment) * rate - here
        bend = min(max(away / TICKS_PER_BEAT, -MOST_BEND), MOST_BEND)
        self._anchor_tick, self._anchor_time = here, now
        self._bpm, self._rate = bpm, rate * (1 + bend)

    def locate(self, tick: int) -> None:
        """Stand at a tick; only while stopped."""
        if not self._running:
            self._anchor_tick = float(tick)

    def tick_at(self, moment: float) -> int:
        """The last tick that has begun by `moment` seconds."""
        return math.floor(
            self._exact(moment) + 1e-6
        )  # a due tick must not be missed by one rounding

    def time_of(self, tick: int) -> float:
        """The moment, in seconds, at which a tick begins at the present tempo."""
        return self._anchor_time + (tick - self._anchor_tick) / self._rate

    def _exact(self, moment: float) -> float:
        if not self._running:
            return self._anchor_tick
        return self._anchor_tick + (moment - self._anchor_time) * self._rate


def _ticks_a_second(bpm: float) -> float:
    return bpm * TICKS_PER_BEAT / 60.0
