"""The count-in: bars that are counted before the music begins, at negative ticks."""

from perform.engine.metre import Metre
from perform.engine.schedule import EventKind, Schedule

LONGEST_COUNT_IN = 8  # bars
TICKS_BEFORE_START = 20  # a pulse: who follows our clock gets the start, and then the first pulse


class CountIn:
    """Schedules the beats of a count-in. `bars`: its length at the next start; 0 for none.

    `counting`: whether one has begun, and those who follow our clock have not been started yet.
    """

    def __init__(self, schedule: Schedule, bars: int) -> None:
        self._schedule = schedule
        self.bars = bars
        self.counting = False

    def begin(self, ticks: int, metre: Metre) -> None:
        """Schedule the beats of the last so many ticks before tick 0, in whole bars of a metre.

        The bars before the first one of the music are counted backwards: -1 is the last.
        """
        self.counting = True
        for bar in range(-ticks // metre.bar, 0):
            for beat in range(metre.beats):
                tick = bar * metre.bar + beat * metre.beat
                self._schedule.add(tick, EventKind.COUNT, (bar, beat))
        self._schedule.add(-TICKS_BEFORE_START, EventKind.START, ())
