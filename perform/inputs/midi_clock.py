"""Somebody's MIDI clock: pulses, start, stop, continue and song position (MIDI 1.0, system real time)."""

import logging
import time
from collections.abc import Callable
from typing import Literal

from perform.clock.pulse_filter import LOST_BEATS, TICKS_PER_PULSE, PulseFilter
from perform.clock.transport import TempoLine
from perform.events import Event, SongPositionChanged, TransportChanged
from perform.inputs.midi_base import MidiPort
from perform.midi.system import MidiSystem

log = logging.getLogger(__name__)
POSITION, PULSE, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
TICKS_PER_POSITION = 120  # a song position counts sixteenths
WATCH_SECONDS = 0.1
Begin = Callable[[TempoLine, Literal["start", "continue"]], None]


class ClockReader:
    """What clock messages mean, told message by message with the moment of each. Pure.

    `observe` is called with the line through the pulses so far, `begin` with the line on which the
    first pulse after a start or continue stands, `deliver` with everything else. `bpm`: what the tempo is taken
    to be where music begins with the very first pulse.
    """

    def __init__(
        self,
        observe: Callable[[TempoLine], None],
        begin: Begin,
        deliver: Callable[[Event], None],
        bpm: float = 120.0,
    ) -> None:
        self._observe, self._begin, self._deliver = observe, begin, deliver
        self._bpm = bpm
        self._told: float | None = None
        self._pulses = PulseFilter()
        self._line: TempoLine | None = None
        self._starting: Literal["start", "continue"] | None = None
        self._position = 0
        self._last = 0.0
        self._stopped = False
        self.lost = False

    def hear(self, message: list[int], moment: float) -> None:
        """A raw message that arrived at `moment` (seconds); what is no clock is passed over."""
        status = message[0] if message else 0
        if status == PULSE:
            self._pulse(moment)
        elif status == START:
            self._starting = "start"
            self._pulses.locate(0)
        elif status == CONTINUE:
            self._starting = "continue"
            self._pulses.locate(self._position)
        elif status == STOP:
            self._starting, self._stopped = None, True
            self._position = int(self._pulses.tick) + TICKS_PER_PULSE
            self._deliver(TransportChanged("stop"))
        elif status == POSITION and len(message) == 3:
            self._position = (message[1] & 0x7F | (message[2] & 0x7F) << 7) * TICKS_PER_POSITION
            self._deliver(SongPositionChanged(self._position))

    def silent(self, now: float) -> bool:
        """Whether the pulses have just stopped unasked: two beats without one, said once."""
        if self._line is None or self.lost or self._stopped:
            return False
        self.lost = now - self._last > LOST_BEATS * 60.0 / self._line.bpm
        return self.lost

    def _pulse(self, moment: float) -> None:
        self._last, self.lost, self._stopped = moment, False, False
        line = self._pulses.add(moment)
        if line is not None:
            self._told = line.bpm
        elif self._told is not None:  # too few since the silence: the tempo of before
            line = TempoLine(self._pulses.tick, moment, self._told)
        elif self._line is not None or self._starting is not None:
            # many send pulses only while they play, and the first is the downbeat
            line = self._pulses.estimate(self._bpm)
        else:
            return
        self._line = line
        if self._starting is not None:
            action, self._starting = self._starting, None
            self._begin(line, action)
        self._observe(line)


class MidiClock(MidiPort):
    """A port whose clock the music follows; losing it is said, and the music goes on as it went."""

    def __init__(
        self,
        port: str | None,
        virtual: str | None,
        system: MidiSystem,
        observe: Callable[[TempoLine], None],
        begin: Begin,
        deliver: Callable[[Event], None],
        *,
        bpm: float = 120.0,
        late: float = 0.0,
    ) -> None:
        self._reader = ClockReader(observe, begin, deliver, bpm)
        self._late = late
        super().__init__(port, virtual, system, timing=True)
        self._watch = self._loop.call_later(WATCH_SECONDS, self._look)

    def close(self) -> None:
        """Listen no more."""
        self._watch.cancel()
        super().close()

    def _hear(self, message: list[int], moment: float) -> None:
        self._reader.hear(message, moment - self._late)

    def _look(self) -> None:
        if self._reader.silent(time.monotonic()):
            log.warning("the MIDI clock is silent; going on at its last tempo until it comes back")
        self._watch = self._loop.call_later(WATCH_SECONDS, self._look)
