"""An external MIDI clock: pulses, start, stop, continue and song position (MIDI 1.0)."""

import logging
import time
from collections.abc import Callable

from perform.clock.follower import ClockAction
from perform.clock.pulse_filter import LOST_BEATS, TICKS_PER_PULSE, PulseFilter
from perform.clock.transport import TempoLine
from perform.events import Event, SongPositionChanged, TransportChanged
from perform.inputs.midi_base import MidiPort
from perform.midi.settings import MidiConfig

log = logging.getLogger(__name__)
SONG_POSITION, PULSE, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
TICKS_PER_SONG_POSITION = 120  # it counts sixteenths
CHECK_SECONDS = 0.1
Begin = Callable[[TempoLine, ClockAction], None]


class ClockReader:
    """Turns the messages of a MIDI clock into tempo lines and transport events. Pure.

    `observe` is called with the line through the pulses so far, `begin` with the line on which the
    first pulse after a start or continue lies, or after a song position while the clock rolls (a
    loop); `deliver` with everything else. `bpm`: the tempo that is assumed where the music begins
    with the very first pulse.
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
        self._last_bpm: float | None = None
        self._pulses = PulseFilter()
        self._line: TempoLine | None = None
        self._starting: ClockAction | None = None
        self._position = 0
        self._pulse_at = 0.0
        self._stopped = False
        self._rolls: bool | None = None  # None: not known, it may have started before us
        self.lost = False

    def handle(self, message: list[int], moment: float) -> None:
        """Handle a raw message that arrived at `moment` (seconds); ignore all but a clock's."""
        status = message[0] if message else 0
        if status == PULSE:
            self._handle_pulse(moment)
        elif status == START:
            self._starting, self._rolls = "start", True
            self._pulses.locate(0)
        elif status == CONTINUE:
            if not self._rolls:  # else it is where its pulses or its last song position are
                self._pulses.locate(self._position)
            self._starting, self._rolls = "continue", True
        elif status == STOP:
            self._starting, self._stopped, self._rolls = None, True, False
            self._position = int(self._pulses.tick) + TICKS_PER_PULSE
            self._deliver(TransportChanged("stop"))
        elif status == SONG_POSITION and len(message) == 3:
            sixteenths = message[1] & 0x7F | (message[2] & 0x7F) << 7
            self._position = sixteenths * TICKS_PER_SONG_POSITION
            if self._rolls is not False and self._starting != "start":
                self._move()
            self._deliver(SongPositionChanged(self._position))

    def _move(self) -> None:
        """Move to the song position, at which the next pulse is.

        That pulse is not awaited: the beat that it would have had before must not sound.
        """
        due = self._pulses.tick + TICKS_PER_PULSE
        self._pulses.locate(self._position)
        if self._line is None:
            self._starting = self._starting or "locate"
        elif self._starting is None:
            moment = self._line.moment + (due - self._line.tick) / self._line.ticks_per_second
            self._line = TempoLine(float(self._position), moment, self._line.bpm)
            self._begin(self._line, "locate")

    def is_lost(self, now: float) -> bool:
        """Whether the pulses have just ended without a stop, for two beats; True only once."""
        if self._line is None or self.lost or self._stopped:
            return False
        self.lost = now - self._pulse_at > LOST_BEATS * 60.0 / self._line.bpm
        return self.lost

    def _handle_pulse(self, moment: float) -> None:
        self._pulse_at, self.lost, self._stopped = moment, False, False
        line = self._pulses.add(moment)
        if line is not None:
            self._last_bpm = line.bpm
        elif self._last_bpm is not None:  # too few pulses since the silence: the tempo of before
            line = TempoLine(self._pulses.tick, moment, self._last_bpm)
        elif self._line is not None or self._starting is not None:
            # many devices send pulses only while they play, and the first one is the downbeat
            line = self._pulses.estimate(self._bpm)
        else:
            return
        self._line = line
        if self._starting is not None:
            action, self._starting = self._starting, None
            self._begin(line, action)
        self._observe(line)


class MidiClock(MidiPort):
    """The port of an external MIDI clock. When its pulses end, the music goes on at the last tempo.

    `bpm`: see `ClockReader`. `late`: how much later than meant its pulses arrive, in seconds.
    """

    def __init__(
        self,
        port: str | None,
        virtual: str | None,
        midi: MidiConfig,
        observe: Callable[[TempoLine], None],
        begin: Begin,
        deliver: Callable[[Event], None],
        *,
        bpm: float = 120.0,
        late: float = 0.0,
    ) -> None:
        self._reader = ClockReader(observe, begin, deliver, bpm)
        self._late = late
        super().__init__(port, virtual, midi, timing=True)
        self._timer = self._loop.call_later(CHECK_SECONDS, self._check)

    def close(self) -> None:
        """Close the port."""
        self._timer.cancel()
        super().close()

    def _handle(self, message: list[int], moment: float) -> None:
        self._reader.handle(message, moment - self._late)

    def _check(self) -> None:
        if self._reader.is_lost(time.monotonic()):
            log.warning("the MIDI clock is silent; going on at its last tempo until it comes back")
        self._timer = self._loop.call_later(CHECK_SECONDS, self._check)
