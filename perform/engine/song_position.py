"""Where the music stands among bars and beats, and when the next of them are due."""

from perform.engine.metre import Metre
from perform.engine.schedule import EventKind, Schedule
from perform.events import Beat, MetreBegins, OutputEvent
from perform.music.note import TICKS_PER_BEAT

TICKS_PER_PULSE = TICKS_PER_BEAT // 24
EARLY_OPEN = 20  # ticks before its line that a bar is opened
EARLY_TICKS = 40  # before a bar line, in which a player means the bar to come


class SongPosition:
    """`bar` plays, in `metre`, and began at `tick`; `unopened` is the first bar that is not laid out yet, and `coming`
    the metre of such bars.

    `pulses`: somebody follows our MIDI clock.
    """

    def __init__(self, schedule: Schedule, metre: Metre, pulses: bool) -> None:
        self._schedule = schedule
        self._pulses = pulses
        self.metre = self._opened = self.coming = metre
        self._told: Metre | None = None
        self.bar = self.tick = self.unopened = 0

    def restart(self, tick: int) -> int:
        """Forget all that was due and count from a tick; how far that is inside its bar."""
        self._schedule.clear()
        self.metre = self._opened = self.coming
        self._told = None
        self.bar, inside = divmod(tick, self.metre.bar)
        self.unopened, self.tick = self.bar, tick - inside
        end = self.tick + self.metre.bar
        self._schedule.add(tick, EventKind.FIRST, (self.bar, self.tick))
        if inside:
            self._schedule.add(max(end - EARLY_OPEN, tick), EventKind.OPEN, (self.bar + 1, end))
        self._add_beat(-(-inside // self.metre.beat))
        if self._pulses:
            self.pulse(-(-tick // TICKS_PER_PULSE) * TICKS_PER_PULSE)
        return inside

    def change(self, metre: Metre, at_once: bool) -> None:
        """Another metre, from the next bar line on or at once."""
        self.coming = metre
        if at_once:
            self.metre = self._opened = metre

    def open(self, bar: int) -> Metre:
        """A bar is laid out; in which metre."""
        self._opened, self.unopened = self.coming, bar + 1
        return self._opened

    def beat(self, bar: int, beat: int, tick: int) -> list[OutputEvent]:
        """A beat of a bar begins; the next is due in its time, and the opening of the next bar."""
        told: list[OutputEvent] = []
        if beat == 0:
            self.bar, self.tick, self.metre = bar, tick, self._opened
            if self._told != self.metre:
                self._told = self.metre
                told.append(MetreBegins(tick, *self.metre))
            end = tick + self.metre.bar
            self._schedule.add(end - EARLY_OPEN, EventKind.OPEN, (bar + 1, end))
        self._add_beat(beat + 1)
        return [*told, Beat(tick, bar, beat)]

    def pulse(self, tick: int) -> None:
        """A pulse is due."""
        self._schedule.add(tick, EventKind.PULSE, ())

    def at(self, tick: int) -> tuple[int, int]:
        """The bar of a tick that is not before the one that plays, and how far it is in it."""
        after, inside = divmod(max(tick - self.tick, 0), self.metre.bar)
        return self.bar + after, inside

    def meant(self, tick: int) -> tuple[int, int]:
        """As `at`, for what a player does: a hair ahead of a bar is its beginning."""
        bar, inside = self.at(tick)
        return (bar + 1, 0) if self.metre.bar - inside <= EARLY_TICKS else (bar, inside)

    def _add_beat(self, beat: int) -> None:
        if beat < self.metre.beats:
            self._schedule.add(self.tick + beat * self.metre.beat, EventKind.BEAT, (self.bar, beat))
        else:
            self._schedule.add(self.tick + self.metre.bar, EventKind.BEAT, (self.bar + 1, 0))
