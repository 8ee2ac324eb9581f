"""MIDI clock pulses while the music is stopped, for an output whose clock is continuous."""

import asyncio
import math

from perform.clock.base import Clock
from perform.clock.realtime import SPIN_SECONDS, TOO_LATE_SECONDS, Alarm
from perform.clock.transport import TICKS_PER_BEAT, Transport
from perform.errors import OutputError
from perform.events import ClockPulse, OutputEvent, TransportMessage
from perform.interfaces import Output

TICKS_PER_PULSE = TICKS_PER_BEAT // 24
NO_TICK = -1


class IdleClock:
    """Passes all events on, with pulses while the transport is stopped, or waits to start.

    The pulses have the tempo of the transport. Who follows a clock counts those after a start. So a
    start goes out behind the last idle pulse, and the next one is the first of the music; or of a
    count-in, behind which the start goes out at once. `clock`:
    its seconds are those at which the output gets what is due. `ahead`: how much it goes before
    the monotonic clock. `spin`: see `Alarm`.
    """

    def __init__(
        self,
        output: Output,
        transport: Transport,
        clock: Clock,
        ahead: float = 0.0,
        spin: float = SPIN_SECONDS,
    ) -> None:
        self._output = output
        self._transport = transport
        self._clock = clock
        self._ahead = ahead
        self._error: OutputError | None = None
        self._last = clock.now()  # the moment of the last pulse
        self._due: float | None = self._last  # of the next idle one; None where the music has it
        self._rolls = self._counts_in = False
        self._start: TransportMessage | None = None  # what waits for the last idle pulse
        self._first = 0  # the tick of the music's first pulse then
        self._alarm = Alarm(asyncio.get_running_loop(), self._on_alarm, spin)
        self._set_alarm()

    def send(self, event: OutputEvent) -> None:
        """Send an event. OutputError when a pulse found the output gone."""
        if self._error is not None:
            raise self._error
        if isinstance(event, TransportMessage):
            self._change(event)
        else:
            self._output.send(event)

    def close(self) -> None:
        """Send no more pulses, and close the output."""
        self._alarm.close()
        self._output.close()

    def _change(self, message: TransportMessage) -> None:
        counted, self._counts_in = self._counts_in, message.action == "count-in"
        if counted and message.action == "start":
            self._output.send(message)
            return
        now = self._clock.now()
        if self._due is None:  # until now the music had the pulses
            self._last = now
        self._start = None
        self._rolls = message.action != "stop"
        if self._rolls:
            tick = 0 if message.action == "start" else message.tick
            self._first = -(-tick // TICKS_PER_PULSE) * TICKS_PER_PULSE
            self._start = message
            self._plan()
        else:
            place = self._transport.position_at(now) / TICKS_PER_PULSE
            self._last = now - (place - math.floor(place)) * self._seconds
            self._due = self._last + self._seconds
            self._output.send(message)
        self._set_alarm()

    def _plan(self) -> None:
        """Find the next idle pulse; where there is none, what waits for the last one goes out."""
        if not self._rolls:
            self._due = self._last + self._seconds
            return
        begins = self._transport.time_of(self._first)
        # at least half a pulse after the last one, and a whole one before the music
        pulses = math.floor((begins - self._last) / self._seconds - 0.5)
        self._due = begins - pulses * self._seconds if pulses >= 1 else None
        if self._due is None and self._start is not None:
            message, self._start = self._start, None
            self._output.send(message)

    @property
    def _seconds(self) -> float:
        """The length of a pulse."""
        return 60.0 / (24 * self._transport.bpm)

    def _on_alarm(self) -> None:
        due = self._due
        if due is None:
            return
        try:
            self._clock.spin_until(due)
            self._last = due
            if self._clock.now() - due > TOO_LATE_SECONDS:  # after a stall, none is made up for
                self._last = self._clock.now()
            else:
                self._output.send(ClockPulse(NO_TICK, idle=True))
            self._plan()
            self._set_alarm()
        except OutputError as error:  # the next call of `send` raises it
            self._error = error

    def _set_alarm(self) -> None:
        self._alarm.set(None if self._due is None else self._due - self._ahead)
