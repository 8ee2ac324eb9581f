"""The tempo map between ticks and seconds: start, stop, continue, tempo."""

import math
from typing import NamedTuple

TICKS_PER_BEAT = 480
MAX_BEND = 0.12  # a tempo that differs by at most so much sounds pushed, but does not jump
SLOWEST_BPM = 20.0
FASTEST_BPM = 400.0


class TempoLine(NamedTuple):
    """A constant tempo: `tick` (480 a quarter note) is at `moment` (seconds), then `bpm` holds."""

    tick: float
    moment: float
    bpm: float

    @property
    def ticks_per_second(self) -> float:
        """The tempo in ticks a second."""
        return self.bpm * TICKS_PER_BEAT / 60.0

    def tick_at(self, moment: float) -> float:
        """The tick at `moment`."""
        return self.tick + (moment - self.moment) * self.ticks_per_second


class Transport:
    """Maps seconds to ticks, along a line that bends at each change of tempo.

    Ticks never jump: a tempo change keeps the current tick, so no note is lost or doubled. While
    the transport bends towards another line, the map has two pieces; the second is that line.
    """

    def __init__(self, bpm: float = 120.0) -> None:
        self._bpm = bpm
        self._running = False
        self._first_tick = -math.inf  # ticks before it do not come, however late the start is
        self._last_tick = 0.0  # the tick at the last stop: no tick comes twice
        self._draw_line(0.0, 0.0)

    @property
    def running(self) -> bool:
        """Whether ticks pass."""
        return self._running

    @property
    def bpm(self) -> float:
        """Quarter notes a minute."""
        return self._bpm

    def start(self, now: float, held: float = -math.inf) -> None:
        """Start: tick 0 is at `now` seconds, which may lie ahead.

        Ticks before it are negative; none comes before tick `held`.
        """
        self._running, self._first_tick, self._last_tick = True, held, held
        self._draw_line(0.0, now)

    def stop(self, now: float) -> None:
        """Stop at the tick of this moment."""
        here = self.position_at(now)
        if here >= self._first_tick:
            self._last_tick = here
        self._running = False
        self._draw_line(max(here, self._first_tick), now)

    def resume(self, now: float) -> None:
        """Continue at `now` seconds, which may lie ahead, from the tick of the stop."""
        if not self._running:
            self._running, self._first_tick = True, self._anchor_tick
            self._draw_line(self._anchor_tick, now)

    def set_tempo(self, bpm: float, now: float) -> None:
        """Set the tempo from now on; ValueError outside 20 to 400."""
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise ValueError(f"tempo {bpm:g} is outside {SLOWEST_BPM:g} to {FASTEST_BPM:g}")
        here, self._bpm = self.position_at(now), bpm
        self._draw_line(here, now)

    def follow(self, tick: float, moment: float, bpm: float, now: float) -> None:
        """Bend towards the line with `tick` at `moment` and the tempo `bpm`, and stay on it.

        The bend takes a beat, or longer where that would need a tempo more than 12 % off. So no
        tick is skipped, however far the line is.
        """
        here, self._bpm = self.position_at(now), bpm
        distance = TempoLine(tick, moment, bpm).tick_at(now) - here
        self._draw_line(here, now, distance)

    def tap(self, bpm: float, tapped: float, now: float) -> None:
        """Set a tempo; bend the position so that its nearest beat was at the moment `tapped`."""
        tick = self.tick_at(tapped)
        self.set_tempo(bpm, now)
        if self._running:
            beat = (tick + TICKS_PER_BEAT // 2) // TICKS_PER_BEAT * TICKS_PER_BEAT
            self.follow(beat, tapped, bpm, now)

    def jump(self, ticks: float, now: float) -> None:
        """Move on by so many ticks (0 or more) at this moment; only while running."""
        self._draw_line(self.position_at(now) + ticks, now)

    def locate(self, tick: int) -> None:
        """Move to just before a tick, which comes at the next continue; only while stopped."""
        if not self._running:
            self._last_tick = tick - 1.0
            self._draw_line(float(tick), self._anchor_time)

    def position_at(self, moment: float) -> float:
        """The tick at `moment` seconds, with fraction; it may lie before a start that is ahead."""
        if not self._running:
            return self._anchor_tick
        if moment <= self._meeting_time:
            return self._anchor_tick + (moment - self._anchor_time) * self._bent_rate
        return self._meeting_tick + (moment - self._meeting_time) * self._rate

    def tick_at(self, moment: float) -> int:
        """The last tick that has begun by `moment` seconds."""
        position = self.position_at(moment) if self._running else self._last_tick
        # the margin keeps a rounding error from missing a tick that is due
        return math.floor(max(position, self._last_tick) + 1e-6)

    def time_of(self, tick: int) -> float:
        """The moment, in seconds, at which a tick begins by the present map."""
        if tick <= self._meeting_tick:
            return self._anchor_time + (tick - self._anchor_tick) / self._bent_rate
        return self._meeting_time + (tick - self._meeting_tick) / self._rate

    def _draw_line(self, tick: float, moment: float, distance: float = 0.0) -> None:
        """Draw the map from a tick at a moment on. `distance`: ticks to the line that it meets."""
        self._rate = self._bpm * TICKS_PER_BEAT / 60.0
        self._anchor_tick, self._anchor_time = tick, moment
        bend = min(max(distance / TICKS_PER_BEAT, -MAX_BEND), MAX_BEND)
        self._bent_rate = self._rate * (1 + bend)
        lasts = distance / (bend * self._rate) if bend else 0.0
        self._meeting_time = moment + lasts
        self._meeting_tick = tick + lasts * self._bent_rate
