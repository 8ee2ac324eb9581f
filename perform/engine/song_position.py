"""The position of the music in bars and beats; it schedules the next beat, bar and clock pulse."""

from perform.engine.metre import Metre
from perform.engine.schedule import EventKind, Schedule
from perform.events import Beat, MetreBegins, OutputEvent
from perform.music.note import TICKS_PER_BEAT

TICKS_PER_PULSE = TICKS_PER_BEAT // 24
OPEN_AHEAD_TICKS = 20  # a bar is opened so long before its bar line
EARLY_PLAYER_TICKS = 40  # a note or command so close before a bar line belongs to the next bar


class SongPosition:
    """The current bar (`bar`, from 0), its metre (`metre`) and its first tick (`bar_tick`).

    `first_unopened`: the first bar that the planner has not laid out yet. `sends_clock`: whether to
    schedule MIDI clock pulses.
    """

    def __init__(self, schedule: Schedule, metre: Metre, sends_clock: bool) -> None:
        self._schedule = schedule
        self._sends_clock = sends_clock
        self.metre = self._opened_metre = self._coming_metre = metre
        self._leading_metre: Metre | None = None  # of the next unopened bar alone
        self._announced: Metre | None = None
        self.bar = self.bar_tick = self.first_unopened = 0

    def restart(self, tick: int, ahead: int = 0) -> int:
        """Clear the schedule and count from `tick`; return how far that is inside its bar.

        `ahead`: how many ticks before `tick` clock pulses begin.
        """
        self._schedule.clear()
        self.metre = self._opened_metre = self._coming_metre
        self._leading_metre = None
        self._announced = None
        self.bar, inside = divmod(tick, self.metre.bar)
        self.first_unopened, self.bar_tick = self.bar, tick - inside
        end = self.bar_tick + self.metre.bar
        self._schedule.add(tick, EventKind.FIRST, (self.bar, self.bar_tick))
        if inside:
            opens = max(end - OPEN_AHEAD_TICKS, tick)
            self._schedule.add(opens, EventKind.OPEN, (self.bar + 1, end))
        self._add_beat(-(-inside // self.metre.beat))
        if self._sends_clock:
            self.add_pulse(-(-(tick - ahead) // TICKS_PER_PULSE) * TICKS_PER_PULSE)
        return inside

    @property
    def first_metre(self) -> Metre:
        """The metre of a start."""
        return self._coming_metre

    @property
    def next_metre(self) -> Metre:
        """The metre of the next unopened bar."""
        return self._leading_metre or self._coming_metre

    @property
    def unopened_tick(self) -> int:
        """The tick at which the next unopened bar begins."""
        opened = self.first_unopened - self.bar
        return self.bar_tick + (opened > 0) * self.metre.bar + (opened > 1) * self._opened_metre.bar

    def set_metre(self, metre: Metre, at_once: bool, first: int = 0) -> None:
        """Change the metre: at once, or from the next bar line on. `first`: see `MetreChanged`."""
        self._coming_metre = metre
        self._leading_metre = Metre(first, metre.beat) if first else None
        if at_once:
            self.metre = self._opened_metre = metre

    def open_bar(self, bar: int) -> Metre:
        """Mark a bar as laid out; return its metre."""
        self._opened_metre, self.first_unopened = self.next_metre, bar + 1
        self._leading_metre = None
        return self._opened_metre

    def begin_beat(self, bar: int, beat: int, tick: int) -> list[OutputEvent]:
        """Begin a beat; schedule the next beat and the opening of the next bar."""
        done: list[OutputEvent] = []
        if beat == 0:
            self.bar, self.bar_tick, self.metre = bar, tick, self._opened_metre
            done += self.announce_metre(tick)
            end = tick + self.metre.bar
            self._schedule.add(end - OPEN_AHEAD_TICKS, EventKind.OPEN, (bar + 1, end))
        self._add_beat(beat + 1)
        return [*done, Beat(tick, bar, beat)]

    def announce_metre(self, tick: int) -> list[OutputEvent]:
        """The metre, where it is not the one that was announced last."""
        if self._announced == self.metre:
            return []
        self._announced = self.metre
        return [MetreBegins(tick, *self.metre)]

    def add_pulse(self, tick: int) -> None:
        """Schedule a clock pulse."""
        self._schedule.add(tick, EventKind.PULSE, ())

    def bar_at(self, tick: int) -> tuple[int, int]:
        """The bar of a tick, and how far it is inside; the current bar for earlier ticks."""
        after, inside = divmod(max(tick - self.bar_tick, 0), self.metre.bar)
        return self.bar + after, inside

    def place_at(self, tick: int) -> float:
        """How much of the current bar has gone by at a tick, as a share; 0 for earlier ticks."""
        return max(tick - self.bar_tick, 0) / self.metre.bar

    def intended_bar_at(self, tick: int) -> tuple[int, int]:
        """As `bar_at`, for what a player does: shortly before a bar line counts as on it."""
        bar, inside = self.bar_at(tick)
        return (bar + 1, 0) if self.metre.bar - inside <= EARLY_PLAYER_TICKS else (bar, inside)

    def _add_beat(self, beat: int) -> None:
        if beat < self.metre.beats:
            tick = self.bar_tick + beat * self.metre.beat
            self._schedule.add(tick, EventKind.BEAT, (self.bar, beat))
        else:
            end = self.bar_tick + self.metre.bar
            self._schedule.add(end, EventKind.BEAT, (self.bar + 1, 0))
