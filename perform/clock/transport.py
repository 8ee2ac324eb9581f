"""The map between ticks and seconds: start, stop, continue and tempo."""

import math

TICKS_PER_BEAT = 480
MOST_BEND = 0.12  # a tempo this far off is heard as a push, not as a jump
SLOWEST_BPM = 20.0
FASTEST_BPM = 400.0


class Transport:
    """A straight line from seconds to ticks that bends at every change of tempo.

    Ticks never jump: a tempo change keeps the tick of the moment, so no note is lost or doubled. While
    it bends towards another line it is two pieces, the second of which is that line.
    """

    def __init__(self, bpm: float = 120.0) -> None:
        self._bpm = bpm
        self._running = False
        self._from = -math.inf  # where it goes on from, however far ahead that is
        self._held = 0.0  # what it was told at last, so that no tick comes twice
        self._draw(0.0, 0.0)

    @property
    def running(self) -> bool:
        """Whether ticks pass."""
        return self._running

    @property
    def bpm(self) -> float:
        """Quarter notes a minute."""
        return self._bpm

    def start(self, now: float, held: float = -math.inf) -> None:
        """From tick 0, at `now` seconds, which may be ahead: ticks before it are negative, but none before `held`."""
        self._running, self._from, self._held = True, held, held
        self._draw(0.0, now)

    def stop(self, now: float) -> None:
        """Hold the tick of this moment."""
        here = self.place_at(now)
        if here >= self._from:
            self._held = here
        self._running = False
        self._draw(max(here, self._from), now)

    def resume(self, now: float) -> None:
        """From the tick at which it stopped, at `now` seconds, which may be ahead: it stands until then."""
        if not self._running:
            self._running, self._from = True, self._anchor_tick
            self._draw(self._anchor_tick, now)

    def set_tempo(self, bpm: float, now: float) -> None:
        """`bpm` from now on; ValueError outside 20 to 400."""
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise ValueError(f"tempo {bpm:g} is outside {SLOWEST_BPM:g} to {FASTEST_BPM:g}")
        here, self._bpm = self.place_at(now), bpm
        self._draw(here, now)

    def follow(self, tick: float, moment: float, bpm: float, now: float) -> None:
        """Bend towards a line on which `tick` is at `moment` and time goes on at `bpm`, and stay on it.

        What is missing is made up over a beat, or as long as that takes at a tempo 12 % off, so
        however far away the line is, no tick is ever passed over.
        """
        here, self._bpm = self.place_at(now), bpm
        away = tick + (now - moment) * _ticks_a_second(bpm) - here
        self._draw(here, now, away)

    def locate(self, tick: int) -> None:
        """Stand before a tick, which comes when it goes on; only while stopped."""
        if not self._running:
            self._held = tick - 1.0
            self._draw(float(tick), self._anchor_time)

    def place_at(self, moment: float) -> float:
        """Where the line is at `moment` seconds, in ticks, also where it lies before a start that is ahead."""
        if not self._running:
            return self._anchor_tick
        if moment <= self._meeting_time:
            return self._anchor_tick + (moment - self._anchor_time) * self._bent
        return self._meeting_tick + (moment - self._meeting_time) * self._rate

    def tick_at(self, moment: float) -> int:
        """The last tick that has begun by `moment` seconds."""
        place = self.place_at(moment) if self._running else self._held
        # a due tick must not be missed by one rounding
        return math.floor(max(place, self._held) + 1e-6)

    def time_of(self, tick: int) -> float:
        """The moment, in seconds, at which a tick begins at the present tempo."""
        if tick <= self._meeting_tick:
            return self._anchor_time + (tick - self._anchor_tick) / self._bent
        return self._meeting_time + (tick - self._meeting_tick) / self._rate

    def _draw(self, tick: float, moment: float, away: float = 0.0) -> None:
        """Go on from a tick at a moment; `away`: how many ticks ahead the line is that is to be met."""
        self._rate = _ticks_a_second(self._bpm)
        self._anchor_tick, self._anchor_time = tick, moment
        bend = min(max(away / TICKS_PER_BEAT, -MOST_BEND), MOST_BEND)
        self._bent = self._rate * (1 + bend)
        lasts = away / (bend * self._rate) if bend else 0.0
        self._meeting_time = moment + lasts
        self._meeting_tick = tick + lasts * self._bent


def _ticks_a_second(bpm: float) -> float:
    return bpm * TICKS_PER_BEAT / 60.0
